"""Teams and agents: who there is, what they may, whether they are there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events import commands as c
from events.commands import WorkspaceCommand
from events.envelope import Envelope
from events.rules import All, AssignTeam, RuleSet
from events.workspace import (
    AgentAvailabilityChanged,
    AgentCapacityChanged,
    AgentDeactivated,
    AgentIdentity,
    AgentInvited,
    AgentProfile,
    AgentProfileChanged,
    AgentReactivated,
    AgentRoleChanged,
    InboxChanged,
    RuleSetPublished,
    TeamChanged,
    TeamCreated,
    TeamDeleted,
    WorkspaceEvent,
)
from router.domain import errors, workspace
from router.domain.testing import (
    ACME,
    ADA,
    BOB,
    CLEO,
    HELPERS,
    HOUSE,
    SALES,
    SELLERS,
    SUPPORT,
    TOMORROW,
    WORKSPACE,
    a_rule,
    a_workspace,
    an_id,
    available,
    command,
)
from router.domain.workspace import Workspace
from service_kit.decider import DomainError
from service_kit.spec import Given
from service_kit.spec import given as given_decider

NEW = an_id("new")


def given(
    *history: WorkspaceEvent, email_owner: UUID | None = None
) -> Given[Envelope[WorkspaceCommand], Workspace, WorkspaceEvent]:
    return given_decider(workspace.decider(HOUSE, email_owner), *ACME, *history)


def ask(data: WorkspaceCommand) -> Envelope[WorkspaceCommand]:
    return command(data, on=WORKSPACE)


# -- teams --------------------------------------------------------------------------------------------------------


def test_a_team_is_made() -> None:
    given().when(ask(c.CreateTeam(team_id=NEW, name=" Night ", member_ids=(CLEO, ADA, CLEO)))).then(
        TeamCreated(team_id=NEW, name="Night", member_ids=(CLEO, ADA))
    )


def test_the_same_team_twice_is_made_once() -> None:
    given().when(ask(c.CreateTeam(team_id=SELLERS, name="Sellers", member_ids=(BOB,)))).then_nothing_happened()


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"name": "helpers"}, errors.TeamNameTaken),
        ({"name": " "}, errors.NameInvalid),
        ({"member_ids": (NEW,)}, errors.AgentNotFound),
        ({"team_id": HELPERS}, errors.TeamAlreadyExists),
    ],
)
def test_a_team_without_a_name_of_its_own_or_with_strangers_is_refused(
    wish: dict[str, Any], refusal: type[DomainError]
) -> None:
    defaults: dict[str, Any] = {"team_id": NEW, "name": "Night"}
    given().when(ask(c.CreateTeam(**(defaults | wish)))).then_refused(refusal)


def test_a_team_changes_in_what_is_named() -> None:
    given().when(ask(c.ChangeTeam(team_id=HELPERS, name="Helpdesk"))).then(
        TeamChanged(team_id=HELPERS, name="Helpdesk", member_ids=(ADA, BOB))
    )
    given().when(ask(c.ChangeTeam(team_id=HELPERS, member_ids=()))).then(TeamChanged(team_id=HELPERS, name="Helpers"))


def test_a_team_that_is_so_already_does_not_change() -> None:
    given().when(ask(c.ChangeTeam(team_id=HELPERS, member_ids=(ADA, BOB)))).then_nothing_happened()


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"team_id": NEW}, errors.TeamNotFound),
        ({"name": "SELLERS"}, errors.TeamNameTaken),
        ({"name": "a\0"}, errors.NameInvalid),
        ({"member_ids": (NEW,)}, errors.AgentNotFound),
    ],
)
def test_a_change_of_a_team_that_makes_no_sense_is_refused(wish: dict[str, Any], refusal: type[DomainError]) -> None:
    given().when(ask(c.ChangeTeam(**({"team_id": HELPERS} | wish)))).then_refused(refusal)


def test_a_team_that_is_deleted_leaves_its_inboxes_first() -> None:
    given().when(ask(c.DeleteTeam(team_id=HELPERS))).then(
        InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(ADA, BOB)), TeamDeleted(team_id=HELPERS)
    )


def test_a_team_that_was_deleted_is_not_found() -> None:
    gone = TeamDeleted(team_id=SELLERS)
    given(gone).when(ask(c.DeleteTeam(team_id=SELLERS))).then_refused(errors.TeamNotFound)


def test_a_team_that_the_published_rules_need_is_not_deleted() -> None:
    rules = RuleSetPublished(rule_set=RuleSet(1, (a_rule("All to sellers", All(of=()), AssignTeam(SELLERS)),)))
    given(rules).when(ask(c.DeleteTeam(team_id=SELLERS))).then_refused(errors.TeamUsedByRules, saying="All to sellers")


# -- agents -------------------------------------------------------------------------------------------------------


def test_an_agent_is_invited_with_an_address_in_lower_case() -> None:
    given().when(ask(c.InviteAgent(agent_id=NEW, name=" Dan ", email="Dan@Acme.Test", role="manager"))).then(
        AgentInvited(agent_id=NEW, role="manager", personal=AgentIdentity(name="Dan", email="dan@acme.test"))
    )


def test_a_new_agent_is_away_until_they_say_otherwise() -> None:
    state = a_workspace(AgentInvited(agent_id=NEW, role="agent"))
    assert state.agents[NEW].availability == "away" and not state.agents[NEW].takes_work


def test_an_agent_who_was_invited_is_not_invited_again() -> None:
    wish = c.InviteAgent(agent_id=BOB, name="Bob", email="bob@acme.test", role="agent")
    given(email_owner=BOB).when(ask(wish)).then_nothing_happened()
    given(email_owner=None).when(ask(wish)).then_refused(errors.AgentAlreadyExists)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"name": ""}, errors.NameInvalid),
        ({"name": "D\nan"}, errors.NameInvalid),
        ({"email": "dan"}, errors.EmailInvalid),
        ({"email": "dan@acme.test\r\n"}, None),
        ({"email": "d an@acme.test"}, errors.EmailInvalid),
    ],
)
def test_an_agent_needs_a_name_and_an_address(wish: dict[str, Any], refusal: type[DomainError] | None) -> None:
    defaults: dict[str, Any] = {"agent_id": NEW, "name": "Dan", "email": "dan@acme.test", "role": "agent"}
    when = given().when(ask(c.InviteAgent(**(defaults | wish))))
    assert when.refusal is None if refusal is None else type(when.refusal) is refusal


def test_two_agents_do_not_share_an_address() -> None:
    given(email_owner=BOB).when(
        ask(c.InviteAgent(agent_id=NEW, name="Dan", email="bob@acme.test", role="agent"))
    ).then_refused(errors.AgentEmailTaken)


def test_an_agent_gets_another_role_and_is_deactivated_in_one_go() -> None:
    given().when(ask(c.ChangeAgent(agent_id=BOB, role="manager", deactivated=True))).then(
        AgentRoleChanged(agent_id=BOB, role="manager"), AgentDeactivated(agent_id=BOB)
    )


def test_an_agent_comes_back() -> None:
    given(AgentDeactivated(agent_id=BOB)).when(ask(c.ChangeAgent(agent_id=BOB, deactivated=False))).then(
        AgentReactivated(agent_id=BOB)
    )


@pytest.mark.parametrize("wish", [{}, {"role": "agent"}, {"deactivated": False}])
def test_an_agent_who_is_so_already_does_not_change(wish: dict[str, Any]) -> None:
    given().when(ask(c.ChangeAgent(agent_id=BOB, **wish))).then_nothing_happened()


def test_an_agent_who_does_not_exist_is_not_changed() -> None:
    given().when(ask(c.ChangeAgent(agent_id=NEW, role="agent"))).then_refused(errors.AgentNotFound)


@pytest.mark.parametrize("wish", [{"role": "agent"}, {"deactivated": True}, {"role": "manager", "deactivated": True}])
def test_the_last_active_administrator_stays_one(wish: dict[str, Any]) -> None:
    second = AgentRoleChanged(agent_id=CLEO, role="administrator")
    given().when(ask(c.ChangeAgent(agent_id=ADA, **wish))).then_refused(errors.LastAdministrator)
    given(second, AgentDeactivated(agent_id=CLEO)).when(ask(c.ChangeAgent(agent_id=ADA, **wish))).then_refused(
        errors.LastAdministrator
    )
    assert given(second).when(ask(c.ChangeAgent(agent_id=ADA, **wish))).refusal is None


def test_a_deactivated_administrator_is_not_the_last_one() -> None:
    history = (AgentInvited(agent_id=NEW, role="administrator"), AgentDeactivated(agent_id=NEW))
    assert given(*history).when(ask(c.ChangeAgent(agent_id=NEW, role="agent"))).refusal is None


def test_a_profile_changes_as_a_whole() -> None:
    wish = c.ChangeProfile(
        agent_id=BOB,
        name=" Bob ",
        email="BOB@acme.test",
        meeting_url="https://meet.test/bob",
        signature="B.",
        language="pl",
        time_zone="Europe/Warsaw",
    )
    given(email_owner=BOB).when(ask(wish)).then(
        AgentProfileChanged(
            agent_id=BOB,
            language="pl",
            time_zone="Europe/Warsaw",
            personal=AgentProfile(
                name="Bob", email="bob@acme.test", meeting_url="https://meet.test/bob", signature="B."
            ),
        )
    )


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"agent_id": NEW}, errors.AgentNotFound),
        ({"name": ""}, errors.NameInvalid),
        ({"email": "bob@"}, errors.EmailInvalid),
        ({"signature": "x" * 20_001}, errors.TextTooLong),
        ({"meeting_url": "x" * 2_001}, errors.TextTooLong),
        ({"meeting_url": "https://a\r\nb"}, errors.TextTooLong),
        ({"language": "not a tag"}, errors.TimeZoneInvalid),
        ({"time_zone": "../etc/passwd"}, errors.TimeZoneInvalid),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(wish: dict[str, Any], refusal: type[DomainError]) -> None:
    defaults: dict[str, Any] = {"agent_id": BOB, "name": "Bob", "email": "bob@acme.test"}
    given().when(ask(c.ChangeProfile(**(defaults | wish)))).then_refused(refusal)


def test_a_profile_does_not_take_the_address_of_another() -> None:
    given(email_owner=ADA).when(ask(c.ChangeProfile(agent_id=BOB, name="Bob", email="ada@acme.test"))).then_refused(
        errors.AgentEmailTaken
    )


def test_an_agent_says_that_they_are_available_until_a_time() -> None:
    given().when(ask(c.SetAvailability(agent_id=BOB, state="available", until=TOMORROW))).then(
        AgentAvailabilityChanged(agent_id=BOB, state="available", until=TOMORROW)
    )


def test_saying_it_again_changes_nothing() -> None:
    given(*available(BOB)).when(ask(c.SetAvailability(agent_id=BOB, state="available"))).then_nothing_happened()


def test_a_deactivated_agent_is_neither_available_nor_away() -> None:
    given(AgentDeactivated(agent_id=BOB)).when(ask(c.SetAvailability(agent_id=BOB, state="available"))).then_refused(
        errors.AgentIsDeactivated
    )


def test_only_the_system_says_that_an_agent_is_offline() -> None:
    offline = c.SetAvailability(agent_id=BOB, state="offline")
    given(*available(BOB)).when(ask(offline)).then_refused(errors.OnlyForTheSystem)
    by_system: Envelope[WorkspaceCommand] = command(offline, by=None, on=WORKSPACE)
    given(*available(BOB)).when(by_system).then(AgentAvailabilityChanged(agent_id=BOB, state="offline"))


@pytest.mark.parametrize(("wish", "capacity"), [(0, 0), (25, 25), ("unlimited", None)])
def test_an_agents_capacity_is_a_number_or_unlimited(wish: Any, capacity: int | None) -> None:
    limited = AgentCapacityChanged(agent_id=BOB, capacity=7)
    given(limited).when(ask(c.ChangeAgent(agent_id=BOB, capacity=wish))).then(
        AgentCapacityChanged(agent_id=BOB, capacity=capacity)
    )
    same: Any = "unlimited" if capacity is None else capacity
    as_it_is = AgentCapacityChanged(agent_id=BOB, capacity=capacity)
    given(as_it_is).when(ask(c.ChangeAgent(agent_id=BOB, capacity=same))).then_nothing_happened()


@pytest.mark.parametrize("wish", [-1, 1_000_001])
def test_a_capacity_that_makes_no_sense_is_refused(wish: int) -> None:
    given().when(ask(c.ChangeAgent(agent_id=BOB, capacity=wish))).then_refused(errors.CapacityInvalid)


def test_a_capacity_that_is_left_out_stays() -> None:
    given(AgentCapacityChanged(agent_id=BOB, capacity=7)).when(ask(c.ChangeAgent(agent_id=BOB))).then_nothing_happened()


def test_a_team_knows_who_of_it_takes_work() -> None:
    state = a_workspace(*available(ADA, BOB), AgentDeactivated(agent_id=ADA))
    assert [agent.id for agent in state.members(HELPERS)] == [ADA, BOB]
    assert [agent.id for agent in state.available_members(HELPERS)] == [BOB]
    assert state.members(SALES) == ()
