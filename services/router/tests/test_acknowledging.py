"""Acknowledgements as the store keeps them: one for each sender and day, whatever happens to the look-ups."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events.commands import ChangeChannel, EraseContact
from events.workspace import Acknowledgement, EmailSettings
from router.rebuild import rebuild
from router.testing import CHANNEL, SUPPORT, Workbench, kinds, mail
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real


def test_a_sender_is_told_once_in_24_hours_also_within_a_batch_and_after_a_rebuild(bench: Workbench) -> None:
    bench.set_up_workspace()
    settings = EmailSettings(address=SUPPORT, acknowledgement=Acknowledgement(text="We have it, {{contact.name}}."))
    assert bench.command(ChangeChannel(channel_id=CHANNEL, email=settings), DEFAULT_WORKSPACE_ID).state == "done"

    first = bench.receive(mail("a@c.example"), mail("A@c.example"), mail("b@c.example"))
    assert kinds(first).count("ReplyQueued") == 2
    told = next(event for event in first if event.type == "ReplyQueued")
    assert str(told.actor) == "system" and told.data.personal.text == "We have it, Maria."
    rebuild(bench.parts)
    assert "ReplyQueued" not in kinds(bench.receive(mail("a@c.example")))
    machine = mail("c@c.example", known={"automated": "auto-submitted", "automated_kind": "auto_reply"})
    assert "ReplyQueued" not in kinds(bench.receive(machine))
    bench.now += timedelta(hours=25)
    assert "ReplyQueued" in kinds(bench.receive(mail("a@c.example")))
    bench.command(EraseContact(), first[0].stream)
    assert bench.count("acknowledged") == 1
