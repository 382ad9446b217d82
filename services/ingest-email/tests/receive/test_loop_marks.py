"""Agents' mails are people's mail wherever they arrive; automatic ones, and our own that come back, are not."""

from __future__ import annotations

from uuid import UUID

import pytest

from events.testing import MOMENT
from events.values import Address
from ingest_email import channel_test_mail, system_mail_render
from ingest_email.testing import content, rendered

OURS, THEIRS = "reply.token@postroom.localhost", "reply.token@mail.elsewhere.example"


def without(raw: bytes, *fields: bytes) -> bytes:
    """The mail as a server passes it on that drops these fields."""
    head, gap, body = raw.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(fields)]
    assert len(kept) == len(head.split(b"\r\n")) - len(fields)
    return b"\r\n".join(kept) + gap + body


@pytest.mark.parametrize("external_id", [OURS, THEIRS])
def test_what_an_agent_wrote_is_a_persons_mail_in_another_inbox_and_in_another_postroom(external_id, translated):
    facts = translated(rendered(content(external_id=external_id)).content).envelope.data.facts
    assert (facts.automated, facts.automated_kind) == (None, None)


@pytest.mark.parametrize("external_id", [OURS, THEIRS])
def test_what_nobody_wrote_is_automatic_everywhere_so_two_that_acknowledge_each_other_stop(external_id, translated):
    facts = translated(rendered(content(external_id=external_id), by_agent=False).content).envelope.data.facts
    assert (facts.automated, facts.automated_kind) == ("auto-submitted", "auto_reply")


def test_an_automatic_mail_of_ours_is_known_when_a_forwarder_dropped_what_else_says_so(translated):
    sent = rendered(content(external_id=OURS), by_agent=False).content
    passed_on = without(sent, b"auto-submitted:", b"x-auto-response-suppress:")
    assert translated(passed_on).envelope.data.facts.automated == "x-loop"
    assert translated(without(passed_on, b"x-loop:")).envelope.data.facts.automated is None


@pytest.mark.parametrize("loop", ["postroom", "postroom@mail.elsewhere.example", "ann@example.org", "yes", ""])
def test_anothers_loop_mark_alone_makes_nobody_a_machine(loop, make_mail, translated):
    assert translated(make_mail(headers={"X-Loop": loop})).envelope.data.facts.automated is None


def test_our_loop_mark_counts_in_any_case_and_beside_others(make_mail, translated):
    raw = b"X-Loop: ann@example.org\r\nX-LOOP:  Postroom@PostRoom.localhost \r\n" + make_mail()
    assert translated(raw).envelope.data.facts.automated == "x-loop"


def test_mails_of_the_installation_and_of_a_channels_test_carry_our_mark(keys, translated):
    eve = Address("eve@acme.test", "Eve")
    system = system_mail_render.render(UUID(int=5), keys.mail_domain, eve, "S", "T", MOMENT, house="Postroom")
    test = channel_test_mail.render(UUID(int=7), "help@shop.test", keys.reply_token_key, keys.mail_domain, MOMENT)
    for mail in (system, test):
        passed_on = without(mail.content, b"auto-submitted:", b"x-auto-response-suppress:", b"from:")
        assert translated(passed_on).envelope.data.facts.automated == "x-loop"
