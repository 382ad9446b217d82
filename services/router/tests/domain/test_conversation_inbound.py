"""What inbound messages, routing and erasure make of a conversation."""

from __future__ import annotations

import msgspec
import pytest

from events.conversations import (
    CommentAdded,
    ConversationAssigned,
    ConversationEvent,
    ConversationOpened,
    ConversationReopened,
    ConversationResolved,
    ConversationRouted,
    ConversationSnoozed,
    ConversationTrashed,
    LabelAdded,
    MarkedAsSpam,
    MessageAppended,
    OpenedContent,
    PersonalDataErased,
)
from events.values import MessageFacts
from router.domain.conversation import (
    NOT_OPENED,
    Arrival,
    Conversation,
    ConversationState,
    Snoozed,
    erase,
    evolve,
    receive,
    sealed_under,
)
from router.domain.testing import (
    ADA,
    HELPERS,
    OTHER_CONVERSATION,
    ROSA,
    SAM,
    SUPPORT,
    SUPPORT_MAIL,
    TOMORROW,
    an_id,
    appended,
    content,
    facts,
    mail,
    opened,
    queued,
)


def after(*history: ConversationEvent) -> ConversationState:
    state: ConversationState = NOT_OPENED
    for event in history:
        state = evolve(state, event)
    return state


def opened_after(*history: ConversationEvent) -> Conversation:
    state = after(opened(), *history)
    assert isinstance(state, Conversation)
    return state


def test_the_first_message_opens_a_conversation() -> None:
    arrival = Arrival(contact_id=ROSA, number=7, suggested_link=OTHER_CONVERSATION)
    assert receive(mail(), NOT_OPENED, arrival) == (
        ConversationOpened(
            number=7,
            inbox_id=SUPPORT,
            contact_id=ROSA,
            channel="email",
            channel_id=SUPPORT_MAIL,
            message=facts(),
            suggested_link=OTHER_CONVERSATION,
            personal=OpenedContent(subject="My parcel", message=content()),
        ),
    )


def test_a_further_message_is_appended_in_the_name_of_its_author() -> None:
    events = receive(mail("second"), after(opened()), Arrival(contact_id=SAM))
    assert events == (MessageAppended(contact_id=SAM, message=facts("second"), personal=content("second")),)


@pytest.mark.parametrize(
    "standing",
    [
        ConversationResolved(),
        ConversationSnoozed(until=TOMORROW, timer_id=an_id("timer")),
        ConversationSnoozed(),
        ConversationTrashed(),
    ],
)
def test_a_message_reopens_what_was_resolved_snoozed_or_thrown_away(standing: ConversationEvent) -> None:
    state = after(opened(), standing)
    events = receive(mail("second"), state, Arrival(contact_id=ROSA))
    assert [type(event) for event in events] == [MessageAppended, ConversationReopened]
    assert events[1] == ConversationReopened(reason="message")
    assert opened_after(standing, *events).status == "open"


def test_spam_stays_spam_whatever_the_sender_writes() -> None:
    events = receive(mail("second"), after(opened(), MarkedAsSpam()), Arrival(contact_id=ROSA))
    assert [type(event) for event in events] == [MessageAppended]
    assert opened_after(MarkedAsSpam(), *events).status == "spam"


@pytest.mark.parametrize("history", [(), (opened(),)])
def test_a_message_id_that_came_before_is_flagged(history: tuple[ConversationEvent, ...]) -> None:
    (event,) = receive(mail(), after(*history), Arrival(contact_id=ROSA, number=1, repeated_external_id=True))
    assert isinstance(event, ConversationOpened | MessageAppended)
    assert event.message == msgspec.structs.replace(facts(), repeated_external_id=True)


def test_a_flag_of_the_channel_is_kept() -> None:
    (event,) = receive(mail(known={"repeated_external_id": True}), NOT_OPENED, Arrival(contact_id=ROSA, number=1))
    assert isinstance(event, ConversationOpened)
    assert event.message.repeated_external_id


def test_the_sequence_counts_every_event_and_last_spoken_only_what_somebody_said() -> None:
    comment = CommentAdded(comment_id=an_id("comment"), agent_id=ADA)
    spoken = [opened_after(*history).last_spoken for history in ((), (appended(),), (queued(),), (comment,))]
    assert spoken == [1, 2, 2, 2]
    quiet = opened_after(appended(), LabelAdded(label="vip"), ConversationResolved())
    assert (quiet.sequence, quiet.last_spoken) == (4, 2)


def test_a_decision_assigns_labels_and_sets_priority_and_status_at_once() -> None:
    routed = ConversationRouted(
        message_id=an_id("first"),
        rule_set_version=1,
        team_id=HELPERS,
        agent_id=ADA,
        labels=("vip",),
        priority="high",
        status="snoozed",
        reason="rule",
    )
    state = opened_after(LabelAdded(label="old"), routed)
    assert (state.team_id, state.assignee_id, state.priority) == (HELPERS, ADA, "high")
    assert (state.labels, state.standing) == ({"old", "vip"}, Snoozed())


def test_a_decision_that_says_nothing_of_priority_and_status_leaves_them() -> None:
    routed = ConversationRouted(message_id=an_id("first"), rule_set_version=0, reason="no_team")
    state = opened_after(ConversationAssigned(agent_id=ADA, team_id=HELPERS), ConversationResolved(), routed)
    assert (state.priority, state.status, state.assignee_id) == ("normal", "resolved", None)


def test_a_person_is_erased_once() -> None:
    (event,) = erase(ROSA, after(opened()))
    assert event == PersonalDataErased(contact_id=ROSA)
    assert erase(ROSA, after(opened(), event)) == ()


def test_nobody_is_erased_in_what_was_never_opened() -> None:
    assert erase(ROSA, NOT_OPENED) == ()


def test_a_message_is_sealed_under_its_author_and_a_reply_under_the_contact() -> None:
    state = after(opened(), appended(by=SAM))
    assert sealed_under(opened(), after(opened())) == ROSA
    assert sealed_under(appended(by=SAM), state) == SAM
    assert sealed_under(queued(), after(opened(), appended(by=SAM), queued())) == ROSA


def test_a_decision_is_sealed_under_the_author_of_its_message() -> None:
    routed = ConversationRouted(message_id=an_id("second"), rule_set_version=0, reason="no_team")
    assert sealed_under(routed, after(opened(), appended(by=SAM), routed)) == SAM


def test_nothing_is_sealed_when_everybody_is_erased() -> None:
    erased = (PersonalDataErased(contact_id=ROSA), PersonalDataErased(contact_id=SAM))
    assert sealed_under(queued(), after(opened(), *erased)) is None
    assert sealed_under(queued(), after(opened(), appended(by=SAM), *erased)) is None
    assert sealed_under(queued(), NOT_OPENED) is None


def test_the_state_needs_no_personal_data() -> None:
    history = (opened(), appended(), queued())
    blind = [msgspec.structs.replace(event, personal=None) for event in history]
    assert after(*history) == after(*blind)


def test_a_message_of_a_machine_is_a_message_too() -> None:
    bounce = MessageFacts(
        message_id=an_id("b"), channel="email", channel_id=SUPPORT_MAIL, received_at=TOMORROW, automated="bounce"
    )
    message = mail()
    message = msgspec.structs.replace(message, data=msgspec.structs.replace(message.data, facts=bounce))
    events = receive(message, after(opened(), ConversationResolved()), Arrival(contact_id=ROSA))
    assert [type(event) for event in events] == [MessageAppended, ConversationReopened]
