"""Who gets a conversation, and what the record says of why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events.conversations import (
    Candidate,
    ConversationAssigned,
    ConversationEvent,
    ConversationResolved,
    ConversationRouted,
    ConversationTrashed,
    MarkedAsSpam,
    OrderedTicket,
    SeenValues,
)
from events.pipelines import DEFAULT_PIPELINE_ID
from events.rules import (
    AddLabels,
    All,
    AssignAgent,
    AssignTeam,
    OpenTicket,
    Rule,
    RuleSet,
    SetPriority,
    SetStatus,
    Test,
)
from events.workspace import AgentDeactivated, InboxChanged, RuleSetPublished, TeamDeleted, WorkspaceEvent
from router.domain.assignment import Load, Surroundings, round_robin, route
from router.domain.conversation import NOT_OPENED, Arrival, Conversation, ConversationState, evolve, receive
from router.domain.testing import (
    ADA,
    BOB,
    CLEO,
    HELPERS,
    NINE,
    ROSA,
    SALES,
    SELLERS,
    SUPPORT,
    WITH_CLEO,
    a_rule,
    a_workspace,
    an_id,
    available,
    mail,
    opened,
)
from router.domain.workspace import Agent

ALWAYS, NEVER = All(()), Test("message.subject", "is", "never")
EVERYBODY = available(ADA, BOB, CLEO)


def rules(*rules: Rule) -> RuleSetPublished:
    return RuleSetPublished(rule_set=RuleSet(3, rules))


def routed(
    *workspace: WorkspaceEvent,
    history: tuple[ConversationEvent, ...] = (),
    loads: dict[UUID, Load] | None = None,
    ticket_id: UUID | None = None,
    **changes: Any,
) -> tuple[ConversationRouted, ...]:
    """The decision on a mail that opens a conversation, or, with a history, is appended to it."""
    message = mail(**changes)
    before: ConversationState = NOT_OPENED
    for event in history:
        before = evolve(before, event)
    after = before
    for event in receive(message, before, Arrival(contact_id=ROSA, number=1)):
        after = evolve(after, event)
    assert isinstance(after, Conversation)
    return route(
        message,
        before,
        after,
        workspace=a_workspace(*workspace),
        around=Surroundings(loads=loads or {}, new_ticket_id=None if ticket_id is None else lambda: ticket_id),
        now=NINE,
    )


def decided(*workspace: WorkspaceEvent, **story: Any) -> ConversationRouted:
    (event,) = routed(*workspace, **story)
    return event


def ago(hours: int, conversations: int = 0) -> Load:
    return Load(open_conversations=conversations, last_assigned_at=NINE - timedelta(hours=hours))


# -- without rules ------------------------------------------------------------------------------------------------


def test_without_rules_the_next_agent_of_the_inboxs_first_team_gets_it() -> None:
    assert decided(*EVERYBODY, loads={ADA: ago(1, 4), BOB: ago(2, 9)}) == ConversationRouted(
        message_id=an_id("first"),
        rule_set_version=0,
        candidates=(
            Candidate(agent_id=BOB, open_conversations=9, last_assigned_at=NINE - timedelta(hours=2)),
            Candidate(
                agent_id=ADA,
                open_conversations=4,
                last_assigned_at=NINE - timedelta(hours=1),
                refused="assigned_more_recently",
            ),
        ),
        team_id=HELPERS,
        agent_id=BOB,
        reason="inbox_team",
    )


def test_who_is_away_or_deactivated_is_never_chosen_and_the_record_says_so() -> None:
    decision = decided(*available(ADA), AgentDeactivated(agent_id=ADA))
    assert (decision.team_id, decision.agent_id) == (HELPERS, None)
    assert {one.agent_id: one.refused for one in decision.candidates} == {ADA: "deactivated", BOB: "away"}


def test_an_inbox_without_a_team_leaves_it_unassigned() -> None:
    decision = decided(*EVERYBODY, TeamDeleted(team_id=HELPERS))
    assert decision == ConversationRouted(message_id=an_id("first"), rule_set_version=0, reason="no_team")


def test_whoever_was_never_assigned_comes_first_and_ties_go_by_id() -> None:
    assert decided(*EVERYBODY, loads={ADA: ago(100)}).agent_id == BOB
    assert decided(*EVERYBODY).agent_id == min(ADA, BOB)
    assert decided(*EVERYBODY, loads={ADA: ago(1), BOB: ago(1)}).agent_id == min(ADA, BOB)


agents = st.builds(
    lambda name, active, state: Agent(id=an_id(name), role="agent", active=active, availability=state),
    st.sampled_from("abcdef"),
    st.booleans(),
    st.sampled_from(["available", "away"]),
)


@given(
    st.lists(agents, max_size=6, unique_by=lambda agent: agent.id),
    st.dictionaries(st.sampled_from([an_id(name) for name in "abcdef"]), st.integers(0, 5).map(ago)),
)
def test_round_robin_chooses_only_who_takes_work_and_names_everybody(
    members: list[Agent], loads: dict[UUID, Load]
) -> None:
    chosen, candidates = round_robin(tuple(members), loads)
    assert sorted(one.agent_id for one in candidates) == sorted(agent.id for agent in members)
    willing = [agent.id for agent in members if agent.takes_work]
    assert [one.agent_id for one in candidates if one.refused is None] == ([chosen.id] if chosen else [])
    assert (chosen is None) == (not willing)
    assert chosen is None or chosen.takes_work
    assert round_robin(tuple(reversed(members)), loads) == (chosen, candidates)


@given(st.integers(1, 30))
def test_round_robin_is_fair(mails: int) -> None:
    loads: dict[UUID, Load] = {}
    members = tuple(Agent(id=an_id(name), role="agent", availability="available") for name in "abc")
    for number in range(mails):
        chosen, _ = round_robin(members, loads)
        assert chosen is not None
        open_now = loads.get(chosen.id, Load()).open_conversations + 1
        loads[chosen.id] = Load(open_conversations=open_now, last_assigned_at=NINE + timedelta(seconds=number))
    counts = [loads.get(agent.id, Load()).open_conversations for agent in members]
    assert max(counts) - min(counts) <= 1


# -- with rules ---------------------------------------------------------------------------------------------------


def test_a_rule_names_the_team() -> None:
    decision = decided(*EVERYBODY, rules(a_rule("to sellers", ALWAYS, AssignTeam(SELLERS))))
    assert (decision.team_id, decision.agent_id, decision.reason) == (SELLERS, BOB, "rule")
    assert decision.rule_set_version == 3


def test_a_rule_names_the_agent_and_perhaps_a_team_beside() -> None:
    alone = decided(WITH_CLEO, *EVERYBODY, rules(a_rule("cleo", ALWAYS, AssignAgent(CLEO))))
    assert (alone.team_id, alone.agent_id, alone.reason) == (None, CLEO, "rule")
    assert alone.candidates == (Candidate(agent_id=CLEO, open_conversations=0),)
    beside = decided(WITH_CLEO, *EVERYBODY, rules(a_rule("cleo", ALWAYS, AssignAgent(CLEO), AssignTeam(SELLERS))))
    assert (beside.team_id, beside.agent_id) == (SELLERS, CLEO)


def test_a_rule_that_names_an_agent_who_is_away_falls_to_its_team_or_that_of_the_inbox() -> None:
    cleo = AssignAgent(CLEO)
    beside = decided(WITH_CLEO, *available(ADA, BOB), rules(a_rule("cleo", ALWAYS, cleo, AssignTeam(SELLERS))))
    assert (beside.team_id, beside.agent_id, beside.reason) == (SELLERS, BOB, "rule")
    alone = decided(WITH_CLEO, *available(ADA), rules(a_rule("cleo", ALWAYS, cleo)))
    assert (alone.team_id, alone.agent_id, alone.reason) == (HELPERS, ADA, "inbox_team")
    for decision in (beside, alone):
        assert Candidate(agent_id=CLEO, open_conversations=0, refused="away") in decision.candidates
    nobody = decided(rules(a_rule("cleo", ALWAYS, cleo)), TeamDeleted(team_id=HELPERS))
    assert (nobody.team_id, nobody.agent_id, nobody.reason) == (None, None, "no_team")


def test_a_rule_that_names_somebody_deactivated_since_falls_to_the_team_too() -> None:
    gone = AgentDeactivated(agent_id=CLEO)
    decision = decided(WITH_CLEO, *EVERYBODY, rules(a_rule("cleo", ALWAYS, AssignAgent(CLEO))), gone)
    assert decision.team_id == HELPERS
    assert Candidate(agent_id=CLEO, open_conversations=0, refused="deactivated") in decision.candidates


def test_a_rule_that_names_what_is_no_more_is_as_if_it_had_not() -> None:
    ghost = a_rule("ghosts", ALWAYS, AssignTeam(an_id("ghosts")), AssignAgent(an_id("ghost")))
    decision = decided(*EVERYBODY, rules(ghost))
    assert (decision.team_id, decision.reason) == (HELPERS, "inbox_team")


def test_labels_add_up_and_of_anything_else_the_last_word_counts() -> None:
    decision = decided(
        *EVERYBODY,
        rules(
            a_rule("one", ALWAYS, AddLabels(("a", "b")), SetPriority("low"), AssignTeam(HELPERS)),
            a_rule("two", ALWAYS, AddLabels(("b", "c")), SetPriority("high"), AssignTeam(SELLERS)),
        ),
    )
    assert decision.labels == ("a", "b", "c")
    assert (decision.priority, decision.team_id) == ("high", SELLERS)


def test_what_a_rule_throws_away_goes_to_nobody() -> None:
    for status in ("spam", "trash"):
        decision = decided(*EVERYBODY, rules(a_rule("bin", ALWAYS, SetStatus(status))))  # type: ignore[arg-type]
        assert (decision.status, decision.agent_id, decision.team_id, decision.reason) == (status, None, None, "rule")


def test_the_record_has_every_rules_outcome_and_the_values_seen_sealed() -> None:
    one, two = a_rule("never", NEVER, AssignTeam(SELLERS)), a_rule("off", ALWAYS, enabled=False)
    decision = decided(*EVERYBODY, rules(one, two))
    assert [(each.name, each.outcome) for each in decision.rules] == [
        ("never", "not_matched"),
        ("off", "not_evaluated"),
    ]
    assert decision.personal == SeenValues(values={str(one.id): {"message.subject": "My parcel"}})


def test_the_record_fits_an_event_however_much_the_rules_saw() -> None:
    many = [a_rule(str(number), Test("message.subject", "contains", "x")) for number in range(500)]
    decision = decided(rules(*many), subject="ż" * 100_000)
    assert decision.personal is not None
    assert 200 < len(decision.personal.values) < 500
    assert len(decision.rules) == 500
    assert len(msgspec.json.encode(decision)) < 200_000


# -- further messages ---------------------------------------------------------------------------------------------

WITH_ADA = ConversationAssigned(agent_id=ADA, team_id=HELPERS)
WITH_HELPERS = ConversationAssigned(agent_id=None, team_id=HELPERS)


def test_a_further_message_leaves_the_conversation_with_its_agent_and_records_nothing() -> None:
    assert routed(*EVERYBODY, history=(opened(), WITH_ADA)) == ()
    assert routed(history=(opened(), WITH_ADA)) == ()


def test_a_rule_does_not_take_a_conversation_from_who_works_on_it() -> None:
    rule = a_rule("sellers", ALWAYS, AssignTeam(SELLERS), AddLabels(("money",)))
    decision = decided(*EVERYBODY, rules(rule), history=(opened(), WITH_ADA))
    assert (decision.agent_id, decision.team_id, decision.reason) == (ADA, HELPERS, "returned_to_agent")
    assert decision.labels == ("money",)


def test_a_reopened_conversation_returns_to_its_agent() -> None:
    decision = decided(*EVERYBODY, history=(opened(), WITH_ADA, ConversationResolved()))
    assert (decision.agent_id, decision.team_id, decision.reason) == (ADA, HELPERS, "returned_to_agent")
    assert decision.status is None


def test_a_reopened_conversation_goes_to_the_team_when_its_agent_is_away() -> None:
    decision = decided(*available(BOB), history=(opened(), WITH_ADA, ConversationTrashed()))
    assert (decision.agent_id, decision.team_id, decision.reason) == (BOB, HELPERS, "inbox_team")
    assert Candidate(agent_id=ADA, open_conversations=0, refused="away") in decision.candidates


def test_a_reopened_conversation_of_an_agent_without_a_team_goes_to_the_inboxs() -> None:
    history = (opened(), ConversationAssigned(agent_id=CLEO, team_id=None), ConversationResolved())
    decision = decided(WITH_CLEO, *available(BOB), history=history)
    assert (decision.agent_id, decision.team_id) == (BOB, HELPERS)


def test_a_reopened_conversation_stays_in_its_own_team() -> None:
    history = (opened(), ConversationAssigned(agent_id=None, team_id=SELLERS), ConversationResolved())
    assert decided(*EVERYBODY, history=history).team_id == SELLERS


def test_a_conversation_of_a_deactivated_agent_goes_on_at_the_next_message() -> None:
    decision = decided(*available(BOB), AgentDeactivated(agent_id=ADA), history=(opened(), WITH_ADA))
    assert decision.agent_id == BOB


def test_a_waiting_conversation_is_taken_when_somebody_is_there_again() -> None:
    assert routed(history=(opened(), WITH_HELPERS)) == ()
    assert decided(*available(BOB), history=(opened(), WITH_HELPERS)).agent_id == BOB


def test_in_spam_nothing_is_decided() -> None:
    rule = rules(a_rule("all", ALWAYS, AssignTeam(SELLERS)))
    assert routed(*EVERYBODY, rule, history=(opened(), MarkedAsSpam())) == ()


def test_the_decision_is_what_the_state_shows_after_it() -> None:
    rule = a_rule("all", ALWAYS, AssignTeam(SELLERS), AddLabels(("a",)), SetPriority("low"), SetStatus("resolved"))
    decision = decided(*EVERYBODY, rules(rule))
    state = evolve(evolve(NOT_OPENED, opened()), decision)
    assert isinstance(state, Conversation)
    assert (state.assignee_id, state.team_id, state.labels) == (BOB, SELLERS, {"a"})
    assert (state.priority, state.status) == ("low", "resolved")


def test_a_rule_for_one_inbox_leaves_the_others() -> None:
    rule = rules(a_rule("sales", Test("conversation.inbox_id", "is", str(SALES)), AssignTeam(SELLERS)))
    assert decided(*EVERYBODY, rule).team_id == HELPERS
    staffed = InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(SELLERS, HELPERS))
    assert decided(*EVERYBODY, rule, staffed).team_id == SELLERS


# -- tickets that rules open ---------------------------------------------------------------------------------------


def test_a_rule_orders_a_ticket_and_the_record_says_which_rule_and_where() -> None:
    ordering = a_rule("ordering", ALWAYS, OpenTicket(stage="waiting ON us", priority="high", owner=BOB))
    plain = a_rule("plain", ALWAYS, AddLabels(labels=("vip",)))
    assert decided(rules(ordering, plain), ticket_id=an_id("ticket")).ticket == OrderedTicket(
        ticket_id=an_id("ticket"),
        rule_id=ordering.id,
        pipeline_id=DEFAULT_PIPELINE_ID,
        stage="Waiting on us",
        priority="high",
        assignee_id=BOB,
    )
    assert decided(rules(plain), ticket_id=an_id("ticket")).ticket is None


def test_of_two_rules_that_order_tickets_the_last_word_counts() -> None:
    one, two = a_rule("one", ALWAYS, OpenTicket()), a_rule("two", ALWAYS, OpenTicket(priority="low"))
    missed = a_rule("missed", NEVER, OpenTicket(priority="urgent"))
    order = decided(rules(one, two, missed), ticket_id=an_id("ticket")).ticket
    assert order is not None and (order.rule_id, order.priority) == (two.id, "low")


def test_there_is_no_ticket_where_one_is_or_for_what_is_thrown_away() -> None:
    ordering = a_rule("ordering", ALWAYS, OpenTicket())
    assert decided(rules(ordering)).ticket is None
    away = a_rule("away", ALWAYS, SetStatus(status="spam"))
    assert decided(rules(ordering, away), ticket_id=an_id("ticket")).ticket is None


def test_a_rule_that_has_grown_old_opens_its_ticket_with_nobody_in_the_first_stage() -> None:
    ordering = a_rule("ordering", ALWAYS, OpenTicket(stage="gone", owner=BOB))
    order = decided(rules(ordering), AgentDeactivated(agent_id=BOB), ticket_id=an_id("ticket")).ticket
    assert order is not None and (order.stage, order.assignee_id) == ("New", None)
