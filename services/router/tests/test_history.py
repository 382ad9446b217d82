"""What lay in a mailbox before it was connected: kept under its own time, resolved, and nothing follows from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from events.commands import ChangeChannel
from events.conversations import ConversationResolved
from events.envelope import AnyEnvelope
from events.notifications import SetNotificationPreferences
from events.values import Bounce
from events.workspace import Acknowledgement, EmailSettings
from router.testing import ANNA, CHANNEL, NOON, SUPPORT, Workbench, kinds, mail
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
LONG_AGO = NOON - timedelta(days=400)


@pytest.fixture
def desk(bench: Workbench) -> Workbench:
    """Everything that a mail could set in motion is switched on."""
    bench.set_up_workspace()
    email = EmailSettings(address=SUPPORT, acknowledgement=Acknowledgement(text="We have it."))
    bench.command(ChangeChannel(channel_id=CHANNEL, email=email), DEFAULT_WORKSPACE_ID)
    wish = SetNotificationPreferences(agent_id=ANNA, mail=("new_unassigned", "assigned", "customer_answered"))
    bench.command(wish, DEFAULT_WORKSPACE_ID)
    return bench


def old(days: int = 0, **changes: Any) -> AnyEnvelope:
    at = LONG_AGO + timedelta(days=days)
    return mail(at=at, known={"history": True, **changes.pop("known", {})}, **changes)


def test_it_opens_a_conversation_that_is_resolved_since_then(desk: Workbench) -> None:
    events = desk.receive(old(message_id="one@customer.example"))
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationResolved"]
    _, opened, resolved = events
    assert opened.occurred_at == resolved.occurred_at == LONG_AGO
    assert resolved.data == ConversationResolved(at=LONG_AGO) and resolved.actor.kind == "system"
    later = desk.receive(old(60, references=["one@customer.example"]))
    assert kinds(later) == ["MessageAppended"] and later[0].stream == opened.stream
    assert desk.count("notification_mails") == desk.count("acknowledged") == 0
    assert desk.rows("SELECT status, assignee_id FROM router.conversations") == [("resolved", None)]


def test_what_came_by_another_way_before_is_a_duplicate_and_new_mail_reacts_as_ever(desk: Workbench) -> None:
    live = desk.receive(mail(dedupe_key="the same", message_id="live@customer.example"))
    assert "ConversationRouted" in kinds(live)
    assert desk.receive(old(dedupe_key="the same")) == []
    assert kinds(desk.receive(old(in_reply_to=["live@customer.example"]))) == ["MessageAppended"]
    answer = desk.receive(mail(references=["live@customer.example"]))
    assert answer[0].type == "MessageAppended"


def test_an_old_bounce_fails_nothing(desk: Workbench) -> None:
    bounce = old(known={"automated": "dsn", "automated_kind": "bounce"}, bounce=Bounce(status="5.1.1"))
    assert kinds(desk.receive(bounce))[-2:] == ["ConversationOpened", "ConversationResolved"]
