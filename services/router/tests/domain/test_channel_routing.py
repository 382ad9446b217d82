"""A channel's routing: whom it names, what happens with what they don't take, and what it can't be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events import workspace as w
from events.commands import ChangeChannel
from events.conversations import ConversationAssigned, ConversationReopened, ConversationRouted, ConversationSnoozed
from events.envelope import SYSTEM
from events.routing import ChannelRouting
from events.rules import AssignTeam, RuleSet, Test
from events.workspace import EmailSettings, RuleSetPublished, WorkspaceEvent
from router.domain import errors, workspace
from router.domain.assignment import Load, Surroundings, Wishes, choose, route
from router.domain.conversation import NOT_OPENED, Arrival, Conversation, evolve, receive
from router.domain.returning import give_back
from router.domain.testing import (
    ACME,
    ADA,
    BOB,
    CLEO,
    HELPERS,
    HOUSE,
    NINE,
    ROSA,
    SELLERS,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_MAIL,
    WORKSPACE,
    a_rule,
    a_workspace,
    an_id,
    available,
    command,
    mail,
    opened,
)
from service_kit.spec import given as given_decider

NOBODY = ChannelRouting(kind="nobody")
TO_SELLERS = ChannelRouting(kind="team", team_id=SELLERS)
LAST = ChannelRouting(kind="last_agent")
CLEO_TOO = w.InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS,), member_ids=(CLEO,))


def to_agents(*agents: UUID, team: UUID | None = None) -> ChannelRouting:
    return ChannelRouting(kind="agents", agent_ids=agents, team_id=team)


def settings(routing: ChannelRouting | None) -> EmailSettings:
    return EmailSettings(address=SUPPORT_ADDRESS, routing=routing)


def routed(
    routing: ChannelRouting | None,
    *workspace: WorkspaceEvent,
    last: UUID | None = None,
    loads: dict[UUID, Load] | None = None,
    history: tuple[Any, ...] = (),
) -> tuple[ConversationRouted, ...]:
    message, before = mail(), NOT_OPENED
    for event in history:
        before = evolve(before, event)
    after = before
    for event in receive(message, before, Arrival(contact_id=ROSA, number=1)):
        after = evolve(after, event)
    assert isinstance(after, Conversation)
    changed = w.ChannelChanged(channel_id=SUPPORT_MAIL, email=settings(routing))
    return route(
        message,
        before,
        after,
        workspace=a_workspace(changed, *workspace),
        around=Surroundings(loads=loads or {}, last_agent_id=last),
        now=NINE,
    )


def decided(routing: ChannelRouting | None, *workspace: WorkspaceEvent, **story: Any) -> ConversationRouted:
    (event,) = routed(routing, *workspace, **story)
    return event


def told(event: ConversationRouted) -> tuple[str, UUID | None, UUID | None]:
    return event.reason, event.team_id, event.agent_id


def refusals(event: ConversationRouted) -> dict[UUID, str | None]:
    return {one.agent_id: one.refused for one in event.candidates}


def test_without_routing_it_is_the_inboxs_first_team_as_ever() -> None:
    assert told(decided(None, *available(ADA))) == ("inbox_team", HELPERS, ADA)


def test_for_nobody_it_waits_for_whom_takes_it() -> None:
    assert told(decided(NOBODY, *available(ADA))) == ("channel_nobody", None, None)
    assert routed(NOBODY, *available(ADA), history=(opened(),)) == ()


def test_a_team_gets_it_round_robin_or_in_its_queue() -> None:
    assert told(decided(TO_SELLERS, *available(ADA, BOB))) == ("channel_team", SELLERS, BOB)
    assert told(decided(TO_SELLERS, *available(ADA))) == ("channel_team", SELLERS, None)


def test_agents_take_turns_and_who_is_at_capacity_or_away_is_passed_over() -> None:
    loads = {ADA: Load(last_assigned_at=NINE), BOB: Load(last_assigned_at=NINE - timedelta(hours=1))}
    event = decided(to_agents(ADA, BOB), *available(ADA, BOB), loads=loads)
    assert told(event) == ("channel_agents", None, BOB)
    assert refusals(event) == {BOB: None, ADA: "assigned_more_recently"}
    full = w.AgentCapacityChanged(agent_id=BOB, capacity=0)
    event = decided(to_agents(ADA, BOB, team=HELPERS), *available(ADA, BOB), full)
    assert told(event) == ("channel_agents", HELPERS, ADA) and refusals(event)[BOB] == "at_capacity"


def test_what_the_agents_do_not_take_gets_the_routings_team_else_the_inboxs_first() -> None:
    event = decided(to_agents(ADA), *available(BOB))
    assert told(event) == ("inbox_team", HELPERS, BOB) and refusals(event)[ADA] == "away"
    assert told(decided(to_agents(ADA, team=SELLERS), *available(BOB))) == ("channel_team", SELLERS, BOB)
    no_team = w.InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(ADA,))
    assert told(decided(to_agents(ADA), no_team)) == ("no_team", None, None)


def test_who_could_not_see_the_conversation_is_passed_over() -> None:
    event = decided(to_agents(CLEO), *available(CLEO))
    assert told(event) == ("inbox_team", HELPERS, None) and refusals(event)[CLEO] == "not_in_inbox"
    assert told(decided(to_agents(CLEO), CLEO_TOO, *available(CLEO))) == ("channel_agents", None, CLEO)


def test_who_answered_the_contact_last_gets_it_when_they_take_work() -> None:
    assert told(decided(LAST, *available(ADA, BOB), last=BOB)) == ("last_agent", None, BOB)
    event = decided(LAST, *available(ADA), last=BOB)
    assert told(event) == ("inbox_team", HELPERS, ADA) and refusals(event)[BOB] == "away"
    assert told(decided(LAST, *available(ADA))) == ("inbox_team", HELPERS, ADA)
    gone = w.AgentDeactivated(agent_id=BOB)
    assert told(decided(LAST, *available(ADA), gone, last=BOB)) == ("inbox_team", HELPERS, ADA)


def test_rules_win() -> None:
    rule = a_rule("parcels", Test("message.subject", "contains", "parcel"), AssignTeam(SELLERS))
    published = RuleSetPublished(rule_set=RuleSet(1, (rule,)))
    assert told(decided(NOBODY, *available(BOB), published)) == ("rule", SELLERS, BOB)


def test_a_team_that_has_it_and_an_agent_who_has_it_keep_it() -> None:
    in_queue = ConversationAssigned(agent_id=None, team_id=HELPERS)
    assert told(decided(NOBODY, *available(ADA), history=(opened(), in_queue))) == ("inbox_team", HELPERS, ADA)
    with_bob = ConversationAssigned(agent_id=BOB, team_id=None)
    assert routed(to_agents(ADA), *available(ADA, BOB), history=(opened(), with_bob)) == ()


def test_a_team_that_is_no_more_is_as_if_it_had_never_been_named() -> None:
    deleted = w.TeamDeleted(team_id=SELLERS)
    assert told(decided(TO_SELLERS, deleted, *available(ADA))) == ("inbox_team", HELPERS, ADA)


def test_the_routing_of_a_channel_counts_in_its_own_inbox_only() -> None:
    elsewhere = a_workspace(
        w.ChannelConnected(
            channel_id=an_id("sales mail"), inbox_id=an_id("sales"), kind="email", email=settings(NOBODY)
        ),
        *available(ADA),
    )
    moved = evolve(NOT_OPENED, opened(channel_id=an_id("sales mail")))
    assert isinstance(moved, Conversation)
    assert choose(Wishes(), moved, False, elsewhere, {}).reason == "inbox_team"


def test_what_opens_by_its_timer_goes_by_the_channel_too_when_its_agent_is_away() -> None:
    asleep = evolve(evolve(NOT_OPENED, opened()), ConversationAssigned(agent_id=BOB, team_id=None))
    awake = evolve(asleep, ConversationReopened(reason="agent"))
    asleep = evolve(asleep, ConversationSnoozed())
    house = a_workspace(w.ChannelChanged(channel_id=SUPPORT_MAIL, email=settings(TO_SELLERS)))
    (event,) = give_back(asleep, awake, SYSTEM, house, {})
    assert told(event) == ("channel_team", SELLERS, None)


# -- what it can be -----------------------------------------------------------------------------------------------


def change(routing: ChannelRouting | None, *history: WorkspaceEvent) -> Any:
    wish = command(ChangeChannel(channel_id=SUPPORT_MAIL, email=settings(routing)), on=WORKSPACE)
    return given_decider(workspace.decider(HOUSE), *ACME, *history).when(wish)


def test_a_channel_is_routed_from_now_on_and_to_the_same_changes_nothing() -> None:
    changed = w.ChannelChanged(channel_id=SUPPORT_MAIL, email=settings(to_agents(ADA, BOB)))
    change(to_agents(ADA, BOB, ADA)).then(changed)
    change(to_agents(ADA, BOB), changed).then_nothing_happened()
    change(None, changed).then(w.ChannelChanged(channel_id=SUPPORT_MAIL, email=settings(None)))


@pytest.mark.parametrize(
    "routing",
    [
        to_agents(),
        to_agents(an_id("stranger")),
        to_agents(*(an_id(str(n)) for n in range(101))),
        to_agents(ADA, team=an_id("no team")),
        ChannelRouting(kind="team"),
        ChannelRouting(kind="team", team_id=an_id("no team")),
        ChannelRouting(kind="last_agent", agent_ids=(ADA,)),
        ChannelRouting(kind="nobody", team_id=HELPERS),
    ],
)
def test_what_no_channel_can_be_routed_to_is_refused(routing: ChannelRouting) -> None:
    change(routing).then_refused(errors.RoutingInvalid)


def test_what_a_channel_has_stays_when_its_team_is_deleted() -> None:
    has = w.ChannelChanged(channel_id=SUPPORT_MAIL, email=settings(TO_SELLERS))
    renamed = EmailSettings(address=SUPPORT_ADDRESS, routing=TO_SELLERS, from_name="Acme")
    wish = command(ChangeChannel(channel_id=SUPPORT_MAIL, email=renamed), on=WORKSPACE)
    given_decider(workspace.decider(HOUSE), *ACME, has, w.TeamDeleted(team_id=SELLERS)).when(wish).then(
        w.ChannelChanged(channel_id=SUPPORT_MAIL, email=renamed)
    )
