"""No conversation goes to an agent who cannot open it: by hand, by a rule, by its channel, in a team, from a queue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events import workspace as w
from events.commands import AssignConversation, SendReply, StartConversation
from events.conversations import Candidate, ConversationAssigned, ConversationResolved, ConversationRouted
from events.routing import ChannelRouting
from events.rules import AssignAgent, AssignTeam
from events.workspace import EmailSettings, WorkspaceEvent
from router.domain import conversation, errors, first_messages
from router.domain.assignment import Choice, choose, wishes_of
from router.domain.conversation import NOT_OPENED, Conversation, evolve
from router.domain.queues import freed_by, hand_out, places, unseen
from router.domain.reach import sees_inbox, team_reaches
from router.domain.testing import (
    ADA,
    BOB,
    CLEO,
    HELPERS,
    HOUSE,
    REPLY,
    ROSA,
    SALES,
    SELLERS,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_MAIL,
    WITH_CLEO,
    a_workspace,
    an_id,
    available,
    command,
    opened,
    reply_content,
)
from router.domain.workspace import evolve as evolve_workspace
from service_kit.decider import DomainError
from service_kit.spec import given as given_decider

BILLING = an_id("billing")
CLEOS_TEAM = w.TeamCreated(team_id=BILLING, name="Billing", member_ids=(CLEO,))
MIXED_TEAM = w.TeamCreated(team_id=BILLING, name="Billing", member_ids=(CLEO, BOB))
EVERYBODY = available(ADA, BOB, CLEO)


def given(*history: Any, workspace: tuple[WorkspaceEvent, ...] = (CLEOS_TEAM,)) -> Any:
    return given_decider(conversation.decider(a_workspace(*workspace), HOUSE), opened(), *history)


def a_conversation(*history: Any) -> Conversation:
    state: Any = NOT_OPENED
    for event in (opened(), *history):
        state = evolve(state, event)
    assert isinstance(state, Conversation)
    return state


def to(agent: UUID | None = None, team: UUID | None = None, keep_team: bool = False) -> AssignConversation:
    return AssignConversation(agent_id=agent, team_id=team, keep_team=keep_team)


def refusals(considered: Choice | ConversationRouted) -> dict[UUID, str | None]:
    return {one.agent_id: one.refused for one in considered.candidates}


# -- who sees what ------------------------------------------------------------------------------------------------


def test_members_see_an_inbox_those_of_its_teams_do_and_administrators_see_all() -> None:
    workspace = a_workspace(w.InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS,), member_ids=(CLEO,)))
    seeing = {name: sees_inbox(workspace, workspace.agents[name], SUPPORT) for name in (ADA, BOB, CLEO)}
    assert seeing == {ADA: True, BOB: True, CLEO: True}
    seeing = {name: sees_inbox(workspace, workspace.agents[name], SALES) for name in (ADA, BOB, CLEO)}
    assert seeing == {ADA: True, BOB: False, CLEO: False}


def test_a_team_reaches_what_it_serves_and_what_somebody_in_it_sees() -> None:
    workspace = a_workspace(CLEOS_TEAM, w.TeamCreated(team_id=an_id("empty"), name="Empty"))
    assert team_reaches(workspace, HELPERS, SUPPORT) and team_reaches(workspace, SELLERS, SUPPORT)
    assert not team_reaches(workspace, BILLING, SUPPORT)
    assert not team_reaches(workspace, an_id("empty"), SUPPORT) and not team_reaches(workspace, an_id("no"), SUPPORT)
    empty_serves = w.InboxChanged(inbox_id=SALES, name="Sales", team_ids=(BILLING,))
    nobody = w.TeamChanged(team_id=BILLING, name="Billing", member_ids=())
    assert team_reaches(a_workspace(CLEOS_TEAM, empty_serves, nobody), BILLING, SALES)
    assert not team_reaches(a_workspace(w.AgentDeactivated(agent_id=BOB)), SELLERS, SUPPORT)


# -- by hand ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "refusal", "advice"),
    [
        (to(CLEO), errors.AgentNotInInbox, "add them to it, or move the conversation"),
        (to(CLEO, HELPERS), errors.AgentNotInInbox, "add them to it"),
        (to(CLEO, keep_team=True), errors.AgentNotInInbox, "add them to it"),
        (to(None, BILLING), errors.TeamNotInInbox, "let the team serve it, or move the conversation"),
        (to(ADA, BILLING), errors.TeamNotInInbox, "let the team serve it"),
    ],
)
def test_by_hand_it_goes_to_nobody_who_cannot_open_it(
    wish: AssignConversation, refusal: type[DomainError], advice: str
) -> None:
    result = given().when(command(wish))
    result.then_refused(refusal)
    assert result.refusal is not None and advice in str(result.refusal) and refusal.meaning == "invalid"


def test_once_they_belong_to_the_inbox_they_are_given_it() -> None:
    serves = w.InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS, BILLING), member_ids=(ADA, BOB))
    given(workspace=(WITH_CLEO,)).when(command(to(CLEO))).then(ConversationAssigned(agent_id=CLEO, team_id=None))
    given(workspace=(CLEOS_TEAM, serves)).when(command(to(None, BILLING))).then(
        ConversationAssigned(agent_id=None, team_id=BILLING)
    )
    administrator = w.AgentRoleChanged(agent_id=CLEO, role="administrator")
    given(workspace=(administrator,)).when(command(to(CLEO))).then(ConversationAssigned(agent_id=CLEO, team_id=None))


def test_a_team_that_sees_the_inbox_no_more_is_not_kept() -> None:
    with_billing = ConversationAssigned(agent_id=ADA, team_id=BILLING)
    given(with_billing).when(command(to(BOB, keep_team=True))).then(ConversationAssigned(agent_id=BOB, team_id=None))
    given(with_billing).when(command(to(ADA, keep_team=True))).then(ConversationAssigned(agent_id=ADA, team_id=None))


def test_who_has_it_from_before_is_no_reason_for_an_event_that_is_refused_to_be_applied_no_more() -> None:
    held = a_conversation(ConversationAssigned(agent_id=CLEO, team_id=BILLING))
    assert (held.assignee_id, held.team_id) == (CLEO, BILLING), "what was stored is replayed as it happened"
    given(ConversationAssigned(agent_id=ADA, team_id=None)).when(command(to(ADA))).then_nothing_happened()


def started(assignee: UUID, *workspace: WorkspaceEvent, state: Any = NOT_OPENED) -> Any:
    content = reply_content(subject="Your offer")
    wish = StartConversation(
        message_id=REPLY, inbox_id=SUPPORT, channel_id=SUPPORT_MAIL, content=content, assignee_id=assignee
    )
    return first_messages.start(
        command(wish), state, contact_id=ROSA, number=7, workspace=a_workspace(*workspace), house=HOUSE
    )


def test_what_we_write_first_goes_to_nobody_who_cannot_open_it() -> None:
    with pytest.raises(errors.AgentNotInInbox, match="add them to it"):
        started(CLEO)
    assert started(CLEO, WITH_CLEO)[-1] == ConversationAssigned(agent_id=CLEO, team_id=HELPERS)
    assert started(CLEO, state=a_conversation()) == (), "begun before, it is not begun again"


def test_who_answers_and_has_left_the_inbox_meanwhile_does_not_get_it() -> None:
    reply = SendReply(reply_id=REPLY, channel_id=SUPPORT_MAIL, content=reply_content())
    assert [type(one).__name__ for one in given().when(command(reply, by=CLEO)).events] == ["ReplyQueued"]
    there = given(workspace=(WITH_CLEO,)).when(command(reply, by=CLEO))
    assert there.events[1:] == (ConversationAssigned(agent_id=CLEO, team_id=None),)


# -- by rules, channels and teams ---------------------------------------------------------------------------------


def chosen(*workspace: WorkspaceEvent, rule: tuple[Any, ...] = (), history: tuple[Any, ...] = ()) -> Choice:
    house = a_workspace(CLEOS_TEAM, *workspace)
    return choose(wishes_of(rule, house), a_conversation(*history), bool(history), house, {})


@pytest.mark.parametrize(
    "rule", [(AssignAgent(CLEO),), (AssignTeam(BILLING),), (AssignAgent(CLEO), AssignTeam(BILLING))]
)
def test_a_rule_that_names_only_strangers_leaves_it_to_the_next_step_and_the_record_names_them(
    rule: tuple[Any, ...],
) -> None:
    choice = chosen(*EVERYBODY, rule=rule)
    assert (choice.reason, choice.team_id, choice.agent_id) in (
        ("inbox_team", HELPERS, ADA),
        ("inbox_team", HELPERS, BOB),
    )
    assert refusals(choice)[CLEO] == "not_in_inbox"
    no_team = w.InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(ADA, BOB))
    choice = chosen(*EVERYBODY, no_team, rule=rule)
    assert choice == Choice(
        "no_team", candidates=(Candidate(agent_id=CLEO, open_conversations=0, refused="not_in_inbox"),)
    )


def test_a_rule_gives_it_to_its_agent_without_the_team_of_strangers_that_it_names_beside() -> None:
    choice = chosen(*EVERYBODY, rule=(AssignAgent(BOB), AssignTeam(BILLING)))
    assert (choice.reason, choice.team_id, choice.agent_id) == ("rule", None, BOB)
    assert refusals(choice) == {BOB: None, CLEO: "not_in_inbox"}


def test_in_a_team_the_stranger_is_passed_over_though_it_would_be_their_turn() -> None:
    mixed = w.TeamChanged(team_id=BILLING, name="Billing", member_ids=(CLEO, BOB))
    choice = chosen(mixed, *EVERYBODY, rule=(AssignTeam(BILLING),))
    assert (choice.reason, choice.team_id, choice.agent_id) == ("rule", BILLING, BOB)
    assert refusals(choice) == {BOB: None, CLEO: "not_in_inbox"}
    alone = chosen(mixed, *available(CLEO), rule=(AssignTeam(BILLING),))
    assert (alone.team_id, alone.agent_id) == (BILLING, None)
    assert refusals(alone) == {BOB: "away", CLEO: "not_in_inbox"}


def test_a_channel_is_not_routed_to_a_team_of_strangers_nor_are_its_agents_taken_along_with_one() -> None:
    def by(routing: ChannelRouting) -> Choice:
        settings = EmailSettings(address=SUPPORT_ADDRESS, routing=routing)
        return chosen(w.ChannelChanged(channel_id=SUPPORT_MAIL, email=settings), *EVERYBODY)

    choice = by(ChannelRouting(kind="team", team_id=BILLING))
    assert (choice.reason, choice.team_id) == ("inbox_team", HELPERS) and refusals(choice)[CLEO] == "not_in_inbox"
    choice = by(ChannelRouting(kind="agents", agent_ids=(BOB,), team_id=BILLING))
    assert (choice.reason, choice.team_id, choice.agent_id) == ("channel_agents", None, BOB)


def test_a_stranger_who_has_it_from_before_does_not_keep_it_at_the_next_message() -> None:
    choice = chosen(*EVERYBODY, history=(ConversationAssigned(agent_id=CLEO, team_id=BILLING),))
    assert (choice.reason, choice.team_id) == ("inbox_team", HELPERS) and choice.agent_id in (ADA, BOB)
    assert refusals(choice)[CLEO] == "not_in_inbox"


def test_a_team_of_strangers_that_has_it_from_before_does_not_get_it_back() -> None:
    history = (ConversationAssigned(agent_id=None, team_id=BILLING), ConversationResolved())
    assert chosen(*EVERYBODY, history=history).team_id == HELPERS


# -- from a queue -------------------------------------------------------------------------------------------------

WAITS = ConversationAssigned(agent_id=None, team_id=BILLING)


def test_what_waits_is_handed_out_to_who_sees_its_inbox() -> None:
    routed = hand_out(a_conversation(WAITS), "agent_came_back", a_workspace(MIXED_TEAM, *EVERYBODY), {})
    assert routed is not None and routed.agent_id == BOB and refusals(routed) == {BOB: None, CLEO: "not_in_inbox"}
    assert hand_out(a_conversation(WAITS), "agent_came_back", a_workspace(MIXED_TEAM, *available(CLEO)), {}) is None


def test_of_a_teams_queue_those_inboxes_are_left_that_nobody_there_with_room_sees() -> None:
    sales = w.InboxChanged(inbox_id=SALES, name="Sales", team_ids=(BILLING,))
    assert unseen([BILLING], a_workspace(MIXED_TEAM, sales, *available(CLEO)), {}, 50) == {(BILLING, SUPPORT)}
    assert unseen([BILLING], a_workspace(MIXED_TEAM, sales, *EVERYBODY), {}, 50) == set()
    assert unseen([HELPERS], a_workspace(*available(ADA)), {}, 50) == set(), "an administrator sees all"
    assert places([CLEO], a_workspace(MIXED_TEAM, *available(CLEO)), {}, {BILLING: 3}, 50) == {BILLING: 3}


def test_who_is_new_in_an_inbox_or_an_administrator_now_may_take_what_waited_for_somebody_who_can_open_it() -> None:
    def freed(event: WorkspaceEvent, *before: WorkspaceEvent) -> dict[UUID, str]:
        state = a_workspace(*before)
        return dict(freed_by(event, state, evolve_workspace(state, event)))

    promoted = w.AgentRoleChanged(agent_id=CLEO, role="administrator")
    assert freed(WITH_CLEO, *EVERYBODY) == freed(promoted, *EVERYBODY) == {CLEO: "agent_came_back"}
    assert freed(WITH_CLEO) == freed(promoted) == {}
    assert freed(WITH_CLEO, WITH_CLEO, *EVERYBODY) == {}
    assert freed(w.AgentRoleChanged(agent_id=CLEO, role="manager"), *EVERYBODY) == {}
