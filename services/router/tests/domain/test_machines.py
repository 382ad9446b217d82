"""What mails of machines set in motion in a conversation: bounces, auto-replies, lists, and loops of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from events.conversations import (
    ConversationReopened,
    ConversationResolved,
    FailureReason,
    MarkedAsSpam,
    MessageAppended,
    ReplyDelivered,
    ReplyFailed,
    ReplySent,
)
from events.values import Bounce
from router.domain.assignment import Surroundings, route
from router.domain.conversation import Arrival, Conversation, evolve, receive
from router.domain.conversation_state import NOT_OPENED
from router.domain.filters import MOST_AN_HOUR, mails_within_an_hour, may_be_answered_automatically
from router.domain.testing import (
    ADA,
    CONVERSATION,
    FALLBACK_ADDRESS,
    HOUSE,
    NINE,
    REPLY,
    ROSA,
    SUPPORT_ADDRESS,
    a_workspace,
    an_id,
    appended,
    available,
    conversation_of,
    facts,
    mail,
    opened,
    queued,
)
from router.domain.threading import is_echo, thread_keys

WORDS = Bounce(recipient="rosa@customer.test", status="5.1.1", diagnostic="550 no rosa here", external_id="x@y")


def a_conversation(*history: Any) -> Conversation:
    state: Any = NOT_OPENED
    for event in (opened(), *history):
        state = evolve(state, event)
    assert isinstance(state, Conversation)
    return state


def machine(kind: str | None, **known: Any) -> Any:
    return {"automated": "dsn", "automated_kind": kind, **known}


def came(state: Any, known: dict[str, Any] | None = None, arrival: Arrival | None = None, **content: Any) -> list[Any]:
    return list(receive(mail("machine", known=known, **content), state, arrival or Arrival(contact_id=ROSA)))


def kinds(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


# -- bounces ------------------------------------------------------------------------------------------------------

BOUNCE = machine("bounce", bounced_reply_id=REPLY)


def test_a_bounce_fails_its_reply_with_the_servers_words_and_reopens() -> None:
    state = a_conversation(queued(), ReplySent(reply_id=REPLY, attempt=2), ConversationResolved())
    events = came(state, BOUNCE, bounce=WORDS)
    assert kinds(events) == ["MessageAppended", "ReplyFailed", "ConversationReopened"]
    assert events[1] == ReplyFailed(
        reply_id=REPLY,
        attempt=2,
        agent_id=ADA,
        code="5.1.1",
        can_retry=False,
        personal=FailureReason(reason="550 no rosa here"),
    )
    for event in events:
        state = evolve(state, event)
    assert state.replies[REPLY].state == "failed" and state.status == "open"
    assert kinds(came(state, BOUNCE, bounce=WORDS)) == ["MessageAppended"], "a second bounce says nothing new"


def test_a_bounce_that_says_little_fails_the_reply_all_the_same() -> None:
    (_, failed) = came(a_conversation(queued()), BOUNCE)
    assert failed == ReplyFailed(reply_id=REPLY, attempt=1, agent_id=ADA, code="bounced", can_retry=True)
    full = came(a_conversation(queued()), BOUNCE, bounce=Bounce(status="5.2.2"))[1]
    assert (full.code, full.can_retry) == ("5.2.2", True)


def test_a_bounce_of_what_arrived_or_was_never_sent_fails_nothing() -> None:
    delivered = a_conversation(queued(), ReplyDelivered(reply_id=REPLY, attempt=1))
    assert kinds(came(delivered, BOUNCE)) == ["MessageAppended"]
    assert kinds(came(a_conversation(), BOUNCE)) == ["MessageAppended"]


def test_a_warning_of_a_delay_fails_nothing_and_wakes_nobody() -> None:
    state = a_conversation(queued(), ConversationResolved())
    assert kinds(came(state, machine("delayed", bounced_reply_id=REPLY))) == ["MessageAppended"]


def test_the_mail_that_a_bounce_speaks_of_is_its_first_parent() -> None:
    ours = HOUSE.message_id(REPLY, CONVERSATION)
    told = mail(known=BOUNCE, bounce=Bounce(external_id=f"<{ours}>"), references=("other@x",)).data
    keys = thread_keys(told, conversation_of)
    assert keys.parents == (ours, "other@x")
    assert keys.conversations == (CONVERSATION,)
    unproven = thread_keys(mail(bounce=Bounce(external_id=ours)).data, conversation_of)
    assert unproven.parents == (), "only ingest-email's proof makes it one"


# -- auto-replies, lists, loops -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "reopens"), [("auto_reply", False), ("list", True), ("other", True), (None, True)])
def test_an_auto_reply_wakes_nobody_and_another_machine_does(kind: str | None, reopens: bool) -> None:
    events = came(a_conversation(ConversationResolved()), machine(kind))
    assert kinds(events) == ["MessageAppended", *(["ConversationReopened"] if reopens else [])]


def routed(known: dict[str, Any], *history: Any) -> Any:
    before = a_conversation(*history)
    after: Any = before
    message = mail("machine", known=known)
    for event in receive(message, before, Arrival(contact_id=ROSA)):
        after = evolve(after, event)
    return route(message, before, after, workspace=a_workspace(*available(ADA)), around=Surroundings(), now=NINE)


def test_an_auto_reply_is_not_routed_but_a_persons_message_is() -> None:
    assert routed(machine("auto_reply")) == ()
    assert routed({})[0].agent_id == ADA


def test_the_first_mail_of_a_machine_opens_and_is_routed() -> None:
    message = mail(known=machine("auto_reply"))
    (event,) = receive(message, NOT_OPENED, Arrival(contact_id=ROSA, number=1))
    after = evolve(NOT_OPENED, event)
    assert isinstance(after, Conversation)
    around, workspace = Surroundings(), a_workspace(*available(ADA))
    assert route(message, NOT_OPENED, after, workspace=workspace, around=around, now=NINE)[0].agent_id == ADA


def at(name: str, when: datetime) -> MessageAppended:
    return msgspec.structs.replace(appended(name), message=facts(name, received_at=when))


def test_beyond_twenty_mails_an_hour_a_machine_is_only_noted_and_a_person_is_heard() -> None:
    many = [at(str(number), NINE) for number in range(MOST_AN_HOUR - 1)]
    loop = a_conversation(*many, ConversationResolved())
    assert kinds(came(loop, machine("other"))) == ["MessageAppended"]
    assert kinds(came(loop)) == ["MessageAppended", "ConversationReopened"]
    one_less = a_conversation(*many[1:], ConversationResolved())
    assert kinds(came(one_less, machine("other"))) == ["MessageAppended", "ConversationReopened"]
    later = machine("other", received_at=NINE + timedelta(hours=1))
    assert kinds(came(loop, later)) == ["MessageAppended", "ConversationReopened"]


def test_a_looping_bounce_still_fails_its_reply() -> None:
    many = [at(str(number), NINE) for number in range(MOST_AN_HOUR)]
    assert kinds(came(a_conversation(queued(), *many), BOUNCE)) == ["MessageAppended", "ReplyFailed"]


def test_a_conversation_remembers_the_times_of_its_newest_twenty_mails_only() -> None:
    history = [at(str(number), NINE + timedelta(minutes=number)) for number in range(50)]
    state = a_conversation(*history)
    assert state.mails_lately == tuple(event.message.received_at for event in history[-20:])
    assert state.last_message_id == history[-1].message.message_id


def test_within_an_hour_is_later_than_an_hour_ago() -> None:
    times = [NINE - timedelta(hours=1), NINE - timedelta(minutes=59), NINE, NINE + timedelta(seconds=1)]
    assert mails_within_an_hour(times, NINE) == 2


def test_a_machine_answers_only_people_and_not_in_a_loop() -> None:
    assert may_be_answered_automatically(facts(), [NINE] * 19)
    assert not may_be_answered_automatically(facts(), [NINE] * 20)
    assert not may_be_answered_automatically(facts(automated="list"), [])


# -- spam by filter -----------------------------------------------------------------------------------------------


def test_what_a_filter_takes_for_spam_opens_as_spam() -> None:
    events = came(NOT_OPENED, arrival=Arrival(contact_id=ROSA, number=1, spam_filter_id=an_id("f")))
    assert kinds(events) == ["ConversationOpened", "MarkedAsSpam"]
    assert events[1] == MarkedAsSpam(filter_id=an_id("f"))


@pytest.mark.parametrize("history", [(), (ConversationResolved(),)])
def test_what_a_filter_takes_for_spam_makes_its_conversation_spam_without_reopening(history: tuple[Any, ...]) -> None:
    arrival = Arrival(contact_id=ROSA, spam_filter_id=an_id("f"))
    events = came(a_conversation(*history), arrival=arrival)
    assert kinds(events) == ["MessageAppended", "MarkedAsSpam"]
    assert kinds(came(a_conversation(*history, MarkedAsSpam()), arrival=arrival)) == ["MessageAppended"]


def test_without_a_filter_nothing_is_spam() -> None:
    assert came(a_conversation(ConversationResolved()))[1] == ConversationReopened(reason="message")


# -- our own mails that come back ---------------------------------------------------------------------------------


def test_a_reply_of_ours_that_comes_back_is_an_echo_only_from_the_inboxs_own_address() -> None:
    state, workspace = a_conversation(queued()), a_workspace()
    ours = HOUSE.message_id(REPLY, CONVERSATION)
    assert thread_keys(mail(external_id=ours).data, conversation_of).echo == CONVERSATION
    assert is_echo(ours, SUPPORT_ADDRESS, state, workspace)
    assert is_echo(ours, FALLBACK_ADDRESS, state, workspace)
    assert not is_echo(ours, "rosa@customer.test", state, workspace)
    assert not is_echo(ours, "sales-xyz765@in.postroom.test", state, workspace)
    assert not is_echo(HOUSE.message_id(an_id("other"), CONVERSATION), SUPPORT_ADDRESS, state, workspace)
    assert not is_echo(ours, SUPPORT_ADDRESS, NOT_OPENED, workspace)
