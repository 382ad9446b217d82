"""Comments, assignment by hand, labels and priority."""

from __future__ import annotations

import pytest

from events import commands as c
from events.commands import ConversationCommand
from events.conversations import (
    CommentAdded,
    CommentText,
    ConversationAssigned,
    ConversationEvent,
    ConversationUnassigned,
    LabelAdded,
    LabelRemoved,
    PersonalDataErased,
    PriorityChanged,
)
from events.envelope import Envelope
from events.workspace import AgentDeactivated, TeamDeleted, WorkspaceEvent
from router.domain import conversation, errors
from router.domain.conversation import ConversationState
from router.domain.labels import MAX_LABEL, MAX_LABELS
from router.domain.replies import MAX_CONTENT
from router.domain.testing import (
    ADA,
    BOB,
    CLEO,
    HELPERS,
    HOUSE,
    ROSA,
    SELLERS,
    WITH_CLEO,
    a_workspace,
    an_id,
    command,
    opened,
)
from service_kit.decider import DomainError
from service_kit.spec import Given
from service_kit.spec import given as given_decider

COMMENT = an_id("comment")


def given(
    *history: ConversationEvent, workspace: tuple[WorkspaceEvent, ...] = ()
) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    return given_decider(conversation.decider(a_workspace(*workspace), HOUSE), *history)


def test_a_comment_is_signed_by_its_agent_and_names_each_mentioned_agent_once() -> None:
    wish = c.AddComment(comment_id=COMMENT, text="Bob, can you?", mentions=(BOB, ADA, BOB))
    given(opened()).when(command(wish, by=ADA)).then(
        CommentAdded(comment_id=COMMENT, agent_id=ADA, mentions=(BOB, ADA), personal=CommentText(text="Bob, can you?"))
    )


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (c.AddComment(comment_id=COMMENT, text=" \n\t"), errors.CommentEmpty),
        (c.AddComment(comment_id=COMMENT, text="x" * MAX_CONTENT), errors.CommentTooLong),
        (c.AddComment(comment_id=COMMENT, text="Hm.", mentions=(ROSA,)), errors.AgentNotFound),
    ],
)
def test_a_comment_that_says_nothing_or_too_much_or_names_nobody_is_refused(
    wish: c.AddComment, refusal: type[DomainError]
) -> None:
    given(opened()).when(command(wish)).then_refused(refusal)


def test_only_agents_comment() -> None:
    given(opened()).when(command(c.AddComment(comment_id=COMMENT, text="Hm."), by=None)).then_refused(
        errors.OnlyForAgents
    )


def test_nothing_is_added_to_a_conversation_whose_people_are_erased() -> None:
    given(opened(), PersonalDataErased(contact_id=ROSA)).when(
        command(c.AddComment(comment_id=COMMENT, text="Hm."))
    ).then_refused(errors.ConversationIsErased)


@pytest.mark.parametrize(("agent", "team"), [(ADA, HELPERS), (ADA, None), (None, HELPERS), (CLEO, SELLERS)])
def test_a_conversation_is_assigned_by_hand_to_an_agent_a_team_or_both(agent: object, team: object) -> None:
    wish = c.AssignConversation(agent_id=agent, team_id=team)  # type: ignore[arg-type]
    given(opened(), workspace=(WITH_CLEO,)).when(command(wish)).then(
        ConversationAssigned(agent_id=agent, team_id=team)  # type: ignore[arg-type]
    )


def test_a_conversation_is_taken_from_everybody() -> None:
    nobody = c.AssignConversation(agent_id=None, team_id=None)
    given(opened(), ConversationAssigned(agent_id=ADA, team_id=None)).when(command(nobody)).then(
        ConversationUnassigned()
    )


@pytest.mark.parametrize("history", [(), (ConversationAssigned(agent_id=ADA, team_id=None), ConversationUnassigned())])
def test_a_conversation_that_nobody_has_is_not_taken_from_anybody(history: tuple[ConversationEvent, ...]) -> None:
    given(opened(), *history).when(command(c.AssignConversation(agent_id=None, team_id=None))).then_nothing_happened()


def test_assigning_to_who_has_it_changes_nothing() -> None:
    given(opened(), ConversationAssigned(agent_id=ADA, team_id=HELPERS)).when(
        command(c.AssignConversation(agent_id=ADA, team_id=HELPERS))
    ).then_nothing_happened()


def test_an_agent_gets_a_conversation_that_its_team_keeps() -> None:
    with_helpers = ConversationAssigned(agent_id=ADA, team_id=HELPERS)
    to_bob = c.AssignConversation(agent_id=BOB, team_id=None, keep_team=True)
    given(opened(), with_helpers).when(command(to_bob)).then(ConversationAssigned(agent_id=BOB, team_id=HELPERS))
    given(opened()).when(command(to_bob)).then(ConversationAssigned(agent_id=BOB, team_id=None))


def test_a_team_that_was_deleted_is_not_kept() -> None:
    with_sellers = ConversationAssigned(agent_id=ADA, team_id=SELLERS)
    given(opened(), with_sellers, workspace=(TeamDeleted(team_id=SELLERS),)).when(
        command(c.AssignConversation(agent_id=BOB, team_id=None, keep_team=True))
    ).then(ConversationAssigned(agent_id=BOB, team_id=None))


def test_taken_from_its_agent_a_conversation_stays_with_its_team_that_is_kept() -> None:
    wish = c.AssignConversation(agent_id=None, team_id=None, keep_team=True)
    given(opened(), ConversationAssigned(agent_id=ADA, team_id=HELPERS)).when(command(wish)).then(
        ConversationAssigned(agent_id=None, team_id=HELPERS)
    )
    given(opened(), ConversationAssigned(agent_id=ADA, team_id=None)).when(command(wish)).then(ConversationUnassigned())
    given(opened(), ConversationAssigned(agent_id=None, team_id=HELPERS)).when(command(wish)).then_nothing_happened()


def test_nobody_new_is_assigned_where_the_team_is_kept_to_a_deactivated_agent() -> None:
    given(opened(), workspace=(AgentDeactivated(agent_id=BOB),)).when(
        command(c.AssignConversation(agent_id=BOB, team_id=None, keep_team=True))
    ).then_refused(errors.AgentIsDeactivated)


def test_nothing_is_assigned_to_a_deactivated_agent() -> None:
    given(opened(), workspace=(AgentDeactivated(agent_id=BOB),)).when(
        command(c.AssignConversation(agent_id=BOB, team_id=None))
    ).then_refused(errors.AgentIsDeactivated)


def test_nothing_is_assigned_to_an_agent_who_does_not_exist() -> None:
    given(opened()).when(command(c.AssignConversation(agent_id=ROSA, team_id=None))).then_refused(errors.AgentNotFound)


def test_nothing_is_assigned_to_a_team_that_was_deleted() -> None:
    given(opened(), workspace=(TeamDeleted(team_id=SELLERS),)).when(
        command(c.AssignConversation(agent_id=None, team_id=SELLERS))
    ).then_refused(errors.TeamNotFound)


def test_a_label_is_added_without_the_space_around_it() -> None:
    given(opened()).when(command(c.AddLabel(label=" big fish "))).then(LabelAdded(label="big fish"))


def test_a_label_that_is_there_is_not_added_again() -> None:
    given(opened(), LabelAdded(label="vip")).when(command(c.AddLabel(label="vip"))).then_nothing_happened()


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "a\tb", "a\0", "x" * (MAX_LABEL + 1)])
def test_a_label_is_a_short_line(label: str) -> None:
    given(opened()).when(command(c.AddLabel(label=label))).then_refused(errors.LabelInvalid)


def test_a_conversation_takes_no_more_labels_than_it_may() -> None:
    full = [LabelAdded(label=str(number)) for number in range(MAX_LABELS)]
    given(opened(), *full).when(command(c.AddLabel(label="one more"))).then_refused(errors.TooManyLabels)


def test_a_label_is_removed() -> None:
    given(opened(), LabelAdded(label="vip")).when(command(c.RemoveLabel(label="vip"))).then(LabelRemoved(label="vip"))


def test_a_label_that_is_not_there_is_not_removed() -> None:
    given(opened()).when(command(c.RemoveLabel(label="vip"))).then_nothing_happened()


def test_the_priority_changes() -> None:
    given(opened()).when(command(c.ChangePriority(priority="urgent"))).then(PriorityChanged(priority="urgent"))


def test_the_priority_it_has_changes_nothing() -> None:
    given(opened()).when(command(c.ChangePriority(priority="normal"))).then_nothing_happened()
