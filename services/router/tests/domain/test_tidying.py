"""What agents do to tidy up: subject, contact, muting, suggested links; and what is ruled out by then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events import commands as c
from events import conversations as e
from events.commands import ConversationCommand
from events.conversations import ConversationEvent
from events.envelope import Envelope
from router.domain import conversation, errors
from router.domain.contact_state import UNKNOWN, ContactState, Erased, Known, Merged
from router.domain.conversation import Arrival, ConversationState
from router.domain.testing import (
    CONVERSATION,
    HOUSE,
    NINE,
    OTHER_CONVERSATION,
    ROSA,
    SAM,
    a_workspace,
    an_id,
    appended,
    command,
    mail,
    opened,
    queued,
    reply_content,
)
from router.domain.tidying import Beside
from service_kit.spec import Given
from service_kit.spec import given as given_decider

ERASED = e.PersonalDataErased(contact_id=ROSA)
MERGED = e.ConversationMergedInto(survivor_id=OTHER_CONVERSATION, number=2)
TIMER = an_id("trash timer")
TRASHED = e.ConversationTrashed(until=NINE + timedelta(days=30), timer_id=TIMER)
DISCARDED = e.TrashElapsed(timer_id=TIMER)
GIVEN_TO_SAM = e.ConversationContactChanged(contact_id=SAM, before_id=ROSA)
SUGGESTED = opened(suggested_link=OTHER_CONVERSATION)
REFUSED = e.SuggestedLinkRefused(conversation_id=OTHER_CONVERSATION)


def given(
    *history: ConversationEvent, contact: ContactState = UNKNOWN
) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    return given_decider(conversation.decider(a_workspace(), HOUSE, None, Beside(contact=contact)), *history)


def after(*history: ConversationEvent) -> conversation.Conversation:
    state = conversation.decider(a_workspace(), HOUSE).replay(history)
    assert isinstance(state, conversation.Conversation)
    return state


@pytest.mark.parametrize("subject", ["Parcel 7", "", "  zażółć\t", "<script>alert(1)</script>", "x" * 998])
def test_a_subject_is_kept_as_it_was_given(subject: str) -> None:
    changed = e.SubjectChanged(personal=e.Subject(subject=subject))
    given(opened()).when(command(c.ChangeSubject(subject=subject))).then(changed)


@pytest.mark.parametrize("subject", ["Parcel\r\nBcc: all@customer.test", "a\nb", "a\0b", "a\u2028b", "a\x85b"])
def test_what_would_end_a_header_line_is_no_subject(subject: str) -> None:
    given(opened()).when(command(c.ChangeSubject(subject=subject))).then_refused(errors.HeaderUnsafe)


def test_a_subject_is_at_most_a_line_long_and_about_somebody() -> None:
    given(opened()).when(command(c.ChangeSubject(subject="x" * 999))).then_refused(errors.SubjectInvalid)
    given(opened(), ERASED).when(command(c.ChangeSubject(subject="x"))).then_refused(errors.ConversationIsErased)


def test_the_contact_can_be_another_one() -> None:
    named = e.SubjectChanged(personal=e.Subject(subject="Parcel 7"))
    both = command(c.ChangeConversationContact(contact_id=SAM, subject="Parcel 7"))
    given(opened(), contact=Known()).when(both).then(GIVEN_TO_SAM, named)
    neither = command(c.ChangeConversationContact(contact_id=SAM, subject="x" * 999))
    given(opened(), contact=Known()).when(neither).then_refused(errors.SubjectInvalid)
    wish = command(c.ChangeConversationContact(contact_id=SAM))
    given(opened(), contact=Known()).when(wish).then(GIVEN_TO_SAM)
    given(opened(), GIVEN_TO_SAM, contact=Known()).when(wish).then_nothing_happened()


@pytest.mark.parametrize(
    ("contact", "error"),
    [
        (UNKNOWN, errors.ContactNotFound),
        (Erased(), errors.ContactIsErased),
        (Merged(ROSA, Known()), errors.ContactIsMerged),
    ],
)
def test_who_is_no_person_of_their_own_gets_no_conversation(
    contact: ContactState, error: type[errors.NotFound]
) -> None:
    given(opened(), contact=contact).when(command(c.ChangeConversationContact(contact_id=SAM))).then_refused(error)


def test_what_is_written_for_another_contact_goes_with_that_contact_and_what_was_written_stays() -> None:
    note = e.CommentAdded(comment_id=an_id("note"), agent_id=an_id("ada"), personal=e.CommentText(text="x"))
    assert conversation.sealed_under(note, after(opened(), note)) == ROSA
    assert conversation.sealed_under(note, after(opened(), GIVEN_TO_SAM, note)) == SAM
    assert conversation.sealed_under(appended(), after(opened(), GIVEN_TO_SAM, appended())) == ROSA


def test_when_the_new_contact_is_erased_what_is_written_goes_with_who_is_left() -> None:
    gone = e.PersonalDataErased(contact_id=SAM)
    assert conversation.key_holder(after(opened(), GIVEN_TO_SAM, gone)) == ROSA
    assert conversation.key_holder(after(opened(), GIVEN_TO_SAM, ERASED)) == SAM
    assert conversation.key_holder(after(opened(), GIVEN_TO_SAM, gone, ERASED)) is None


def test_a_conversation_is_muted_and_heard_again() -> None:
    muted, unmuted = e.ConversationMuted(), e.ConversationUnmuted()
    given(opened()).when(command(c.MuteConversation())).then(muted)
    given(opened(), muted).when(command(c.MuteConversation())).then_nothing_happened()
    given(opened(), muted).when(command(c.UnmuteConversation())).then(unmuted)
    given(opened()).when(command(c.UnmuteConversation())).then_nothing_happened()
    given().when(command(c.MuteConversation())).then_refused(errors.ConversationNotFound)
    given().when(command(c.UnmuteConversation())).then_refused(errors.ConversationNotFound)


@pytest.mark.parametrize("away", [e.ConversationResolved(at=NINE), e.ConversationSnoozed(), TRASHED])
def test_what_comes_in_while_it_is_muted_is_kept_and_stirs_nothing(away: ConversationEvent) -> None:
    events = conversation.receive(
        mail("second"), after(opened(), e.ConversationMuted(), away), Arrival(contact_id=ROSA)
    )
    assert [type(event) for event in events] == [e.MessageAppended]
    events = conversation.receive(mail("second"), after(opened(), away), Arrival(contact_id=ROSA))
    assert [type(event) for event in events] == [e.MessageAppended, e.ConversationReopened]


def test_a_suggested_link_is_refused_once_and_for_all() -> None:
    wish = command(c.RefuseSuggestedLink(conversation_id=OTHER_CONVERSATION))
    given(SUGGESTED).when(wish).then(REFUSED)
    given(SUGGESTED, REFUSED).when(wish).then_nothing_happened()
    given(opened()).when(wish).then_refused(errors.NoSuggestedLink)
    other = command(c.RefuseSuggestedLink(conversation_id=an_id("a third")))
    given(SUGGESTED).when(other).then_refused(errors.NoSuggestedLink)


def test_what_was_thirty_days_in_the_trash_is_gone_for_good() -> None:
    elapsed = command(c.ElapseTrash(timer_id=TIMER), by=None)
    given(opened(), TRASHED).when(elapsed).then(DISCARDED)
    gone = given(opened(), TRASHED, DISCARDED)
    gone.when(command(c.ReopenConversation())).then_refused(errors.ConversationNotFound)
    gone.when(command(c.AddLabel(label="vip"))).then_refused(errors.ConversationNotFound)
    gone.when(elapsed).then_nothing_happened()


def test_until_then_it_is_taken_out_again_and_its_timer_means_nothing_any_more() -> None:
    out = e.ConversationReopened(reason="agent")
    given(opened(), TRASHED).when(command(c.ReopenConversation())).then(out)
    elapsed = command(c.ElapseTrash(timer_id=TIMER), by=None)
    given(opened(), TRASHED, out).when(elapsed).then_nothing_happened()
    again = e.ConversationTrashed(until=NINE + timedelta(days=40), timer_id=an_id("another timer"))
    given(opened(), TRASHED, out, again).when(elapsed).then_nothing_happened()
    given().when(elapsed).then_nothing_happened()


@pytest.mark.parametrize(
    "wish",
    [
        c.ReopenConversation(),
        c.ResolveConversation(),
        c.TrashConversation(),
        c.AddComment(comment_id=an_id("comment"), text="Hm."),
        c.SendReply(reply_id=an_id("a reply"), channel_id=an_id("support mail"), content=reply_content()),
        c.AssignConversation(agent_id=None, team_id=None),
        c.MoveConversation(inbox_id=an_id("sales")),
        c.MergeConversations(from_ids=(an_id("a third"),)),
        c.ChangeSubject(subject="x"),
        c.MuteConversation(),
    ],
)
def test_who_stands_for_a_merged_conversation_is_asked_instead(wish: ConversationCommand) -> None:
    given(opened(), MERGED).when(command(wish)).then_refused(errors.ConversationIsMerged, saying="#2")


def test_a_reply_of_a_merged_conversation_can_still_be_taken_back() -> None:
    when = given(opened(), queued(), MERGED).when(command(c.CancelReply(reply_id=queued().reply_id)))
    assert [type(event) for event in when.events] == [e.ReplyCancelled]


def test_the_stream_of_what_is_tidied_is_the_conversation() -> None:
    assert command(c.MuteConversation()).stream == CONVERSATION
