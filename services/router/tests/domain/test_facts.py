"""What rules can know of a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args
from uuid import uuid4

import pytest

from events.rules import Fact
from events.values import Address, Attachment
from router.domain.conversation import NOT_OPENED, Conversation, evolve
from router.domain.facts import KINDS, Facts, facts_of
from router.domain.filters import may_be_answered_automatically
from router.domain.testing import NINE, SUPPORT, SUPPORT_MAIL, facts, mail, opened


def known(at: datetime = NINE, **changes: Any) -> Facts:
    conversation = evolve(NOT_OPENED, opened())
    assert isinstance(conversation, Conversation)
    return facts_of(mail(**changes).data, conversation, is_first=True, contact_known=False, team_waiting=3, now=at)


def test_every_fact_is_known_of_a_message() -> None:
    assert known(known={"automated": "auto-replied"}, cc=(Address("Sam@Elsewhere.test"),)) == {
        "message.subject": "My parcel",
        "message.text": "Where is it?",
        "message.from": "rosa@customer.test",
        "message.from_domain": "customer.test",
        "message.to": ("support@acme.test",),
        "message.cc": ("sam@elsewhere.test",),
        "message.delivered_to": "support@acme.test",
        "message.automated": True,
        "message.has_attachments": False,
        "message.is_first": True,
        "contact.known": False,
        "conversation.inbox_id": str(SUPPORT),
        "conversation.status": "open",
        "conversation.labels": (),
        "conversation.priority": "normal",
        "channel.kind": "email",
        "channel.id": str(SUPPORT_MAIL),
        "time.hour": 9,
        "time.weekday": 1,
        "load.team_waiting": 3,
    }
    assert set(known()) == set(get_args(Fact))


def test_each_value_is_of_its_kind() -> None:
    types = {"text": str, "list": tuple, "flag": bool, "number": int}
    for fact, value in known().items():
        assert type(value) is types[KINDS[fact]]


def test_our_own_words_in_a_quotation_are_not_what_the_sender_wrote() -> None:
    assert known(quoted="> refund")["message.text"] == "Where is it?"
    assert known(new_text=" \n", quoted="> refund")["message.text"] == "> refund"


def test_hours_and_weekdays_are_utc() -> None:
    late = datetime(2026, 1, 4, 23, 30, tzinfo=timezone(timedelta(hours=-1)))
    assert (known(at=late)["time.hour"], known(at=late)["time.weekday"]) == (0, 1)
    assert known(at=datetime(2026, 1, 4, tzinfo=UTC))["time.weekday"] == 7


def test_an_attachment_is_seen() -> None:
    file = Attachment(id=uuid4(), name="a", content_type="a/b", size=1, blob="b")
    assert known(attachments=(file,))["message.has_attachments"] is True


@pytest.mark.parametrize(("sender", "domain"), [("", ""), ("nobody", ""), ("a@b@C.test", "c.test")])
def test_an_odd_sender_has_an_odd_domain_and_nothing_fails(sender: str, domain: str) -> None:
    assert known(sender=sender)["message.from_domain"] == domain


def test_only_a_persons_readable_message_may_ever_be_answered_by_a_machine() -> None:
    assert may_be_answered_automatically(facts())
    assert not may_be_answered_automatically(facts(automated="bulk"))
    assert not may_be_answered_automatically(facts(unreadable="too many parts"))
