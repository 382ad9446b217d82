"""Whom a channel acknowledges, and with what."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from events import workspace as w
from events.business_hours import BusinessHours, BusinessHoursSet, OpenHours
from events.commands import ChangeChannel
from events.conversations import ConversationResolved, MarkedAsSpam, ReplyQueued
from events.values import Address
from events.workspace import Acknowledgement, EmailSettings
from router.domain import conversation, errors, workspace
from router.domain.acknowledgement import acknowledge
from router.domain.conversation import NOT_OPENED, Arrival, Conversation
from router.domain.testing import (
    CONVERSATION,
    FALLBACK_ADDRESS,
    HOUSE,
    NINE,
    ROSA,
    ROSA_ADDRESS,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_MAIL,
    WORKSPACE,
    a_workspace,
    command,
    mail,
)


def daily(zone: str, begin: int, end: int, *holidays: date) -> BusinessHours:
    return BusinessHours(zone=zone, weekdays=((OpenHours(begin * 60, end * 60),),) * 7, holidays=holidays)


TEXT = "Hello {{contact.first_name|there}}, we have it: #{{conversation.number}}{{contact.name}}"
WISH = Acknowledgement(text=TEXT)


def acknowledged(
    wish: Acknowledgement | None = WISH,
    last: datetime | None = None,
    then: Any = None,
    hours: BusinessHours | None = None,
    **message: Any,
) -> tuple[ReplyQueued, ...]:
    settings = EmailSettings(address=SUPPORT_ADDRESS, acknowledgement=wish)
    timed = BusinessHoursSet(inbox_id=SUPPORT, hours=hours)
    house = a_workspace(w.ChannelChanged(channel_id=SUPPORT_MAIL, email=settings), timed)
    received = mail(**message)
    events = conversation.receive(received, NOT_OPENED, Arrival(contact_id=ROSA, number=123))
    state = conversation.decider(house, HOUSE).replay((*events, *((then,) if then else ())))
    assert isinstance(state, Conversation)
    return acknowledge(
        received, NOT_OPENED, state, stream=CONVERSATION, workspace=house, house=HOUSE, last=last, now=NINE
    )


def test_a_first_mail_is_acknowledged_in_its_thread_and_in_nobodys_name() -> None:
    (event,) = acknowledged()
    content = event.personal
    assert content is not None and event.automatic and event.agent_id is None
    assert content.text == "Hello Rosa, we have it: #123Rosa" and content.subject == "Re: My parcel"
    assert (content.sender, content.to) == (Address(SUPPORT_ADDRESS, "Support"), (Address(ROSA_ADDRESS, "Rosa"),))
    assert content.reply_to is not None
    assert content.reply_to.address == FALLBACK_ADDRESS.replace("@", f"+{CONVERSATION.hex}@")
    assert content.in_reply_to == "first@customer.test" and content.references == ("first@customer.test",)
    assert content.external_id.endswith(f".{CONVERSATION.hex}@in.postroom.test")


def test_what_has_no_value_leaves_nothing() -> None:
    (event,) = acknowledged(sender="sam@elsewhere.test")
    assert event.personal is not None and event.personal.text == "Hello there, we have it: #123"


@pytest.mark.parametrize(
    "case",
    [
        {"wish": None},
        {"wish": Acknowledgement(text="x", when="never")},
        {"last": NINE - timedelta(hours=23, minutes=59)},
        {"then": MarkedAsSpam()},
        {"then": ConversationResolved()},
        {"known": {"automated": "auto-submitted", "automated_kind": "auto_reply"}},
        {"known": {"automated": "list-id", "automated_kind": "list"}},
        {"known": {"unreadable": "no parts"}},
        {"sender": ""},
        {"sender": "a\r\nBcc: x@evil.test"},
        {"sender": SUPPORT_ADDRESS},
        {"sender": "sales-xyz765+t@in.postroom.test"},
    ],
)
def test_most_mails_are_not(case: dict[str, Any]) -> None:
    assert acknowledged(**case) == ()


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (None, 0),
        (daily("UTC", 8, 17), 0),
        (daily("UTC", 10, 17), 1),
        (daily("Europe/Warsaw", 9, 10), 1),
        (daily("Europe/Warsaw", 10, 11), 0),
        (daily("UTC", 8, 17, NINE.date()), 1),
    ],
)
def test_outside_hours_means_by_the_inboxs_clocks_and_holidays(hours: BusinessHours | None, told: int) -> None:
    wish = Acknowledgement(text=TEXT, when="outside_hours")
    assert len(acknowledged(wish, hours=hours)) == told
    assert len(acknowledged(WISH, hours=hours)) == 1


def test_a_day_later_the_same_sender_is_told_again() -> None:
    assert len(acknowledged(last=NINE - timedelta(hours=24))) == 1


def test_a_mail_that_plays_with_headers_gets_an_answer_without_them() -> None:
    (event,) = acknowledged(subject="Hi\r\nBcc: x@evil.test", references=("ok@x", "bad\r\n@x"))
    assert event.personal is not None
    assert event.personal.subject == "Re: Hi Bcc: x@evil.test"
    assert event.personal.references == ("ok@x", "first@customer.test")


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (Acknowledgement(text=" "), errors.AcknowledgementInvalid),
        (Acknowledgement(text="x" * 20_001), errors.AcknowledgementInvalid),
        (Acknowledgement(text="{{contact.shoe_size}}"), errors.VariableUnknown),
        (Acknowledgement(text="Yours, {{agent.name}}"), errors.VariableUnknown),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(wish: Acknowledgement, refusal: type) -> None:
    settings = EmailSettings(address=SUPPORT_ADDRESS, acknowledgement=wish)
    asked = command(ChangeChannel(channel_id=SUPPORT_MAIL, email=settings), on=WORKSPACE)
    with pytest.raises(refusal):
        workspace.decide(asked, a_workspace(), house=HOUSE)


def test_a_good_template_is_kept_and_kept_twice_is_kept_once() -> None:
    settings = EmailSettings(address=SUPPORT_ADDRESS, acknowledgement=WISH)
    asked = command(ChangeChannel(channel_id=SUPPORT_MAIL, email=settings), on=WORKSPACE)
    changed = workspace.decide(asked, a_workspace(), house=HOUSE)
    assert changed == (w.ChannelChanged(channel_id=SUPPORT_MAIL, email=settings),)
    assert workspace.decide(asked, a_workspace(*changed), house=HOUSE) == ()
