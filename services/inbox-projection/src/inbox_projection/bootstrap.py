"""The first administrator, inboxes, teams and agents of a workspace, by commands; doing it again changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID, uuid5

import msgspec
from psycopg.errors import InvalidSchemaName, UndefinedTable

from events.commands import (
    ChangeInbox,
    ChangeTeam,
    ConnectChannel,
    CreateInbox,
    CreateTeam,
    InviteAgent,
    SetAvailability,
)
from events.envelope import SYSTEM, Command
from events.outcomes import CommandHandled
from events.values import Availability, Role
from events.workspace import EmailSettings
from inbox_projection.api.parts import Parts
from inbox_projection.commands import BusAway, envelope
from inbox_projection.pool import DatabaseAway
from inbox_projection.queries import workspace

log = logging.getLogger(__name__)
T = TypeVar("T")
WAIT_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 0.5
TOKEN_NAME: Final = "bootstrap"  # noqa: S105


class BootstrapFailed(Exception):
    """The workspace could not be prepared; the message says by what, never with a password or token."""


class AgentPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An agent who can log in with `password` and, with `api_token`, use the API."""

    name: str
    email: str
    password: str = ""
    role: Role = "agent"
    api_token: str = ""
    availability: Availability = "available"

    def __repr__(self) -> str:
        return f"AgentPlan({self.role})"


class TeamPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`members` are e-mails of agents of the plan."""

    name: str
    members: tuple[str, ...] = ()


class InboxPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`members` are e-mails of agents, `teams` names of teams of the plan, `addresses` connected e-mail channels."""

    name: str
    members: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: the administrator, then whatever else there should be. Without inboxes there is one, "Support"."""

    administrator: AgentPlan
    agents: tuple[AgentPlan, ...] = ()
    teams: tuple[TeamPlan, ...] = ()
    inboxes: tuple[InboxPlan, ...] = (InboxPlan("Support"),)


def read_plan(file: Path) -> Plan:
    """Raises BootstrapFailed, naming what is wrong with the file."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Plan)
    except OSError as error:
        raise BootstrapFailed(f"{file} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise BootstrapFailed(f"{file} is not a plan: {error}") from error


class Bootstrap:
    """Makes what is missing. Ids come from names and e-mails, so two at once make the same things."""

    def __init__(self, parts: Parts, *, seconds: float = WAIT_SECONDS) -> None:
        self._parts = parts
        self._seconds = seconds

    async def run(self, plan: Plan) -> None:
        """Needs the router and the projector to run (it waits for them). Raises BootstrapFailed."""
        administrator = msgspec.structs.replace(plan.administrator, role="administrator")
        people = {one.email.lower(): await self._agent(one) for one in (administrator, *plan.agents)}
        teams = {one.name: await self._team(one, people) for one in plan.teams}
        for inbox in plan.inboxes:
            members = inbox.members or (administrator.email,)
            await self._inbox(msgspec.structs.replace(inbox, members=members), people, teams)

    async def _agent(self, plan: AgentPlan) -> UUID:
        database, credentials = self._parts.database, self._parts.credentials
        email = plan.email.strip().lower()
        owner = await self._when_there(lambda: credentials.owner_of(email))
        agent_id = owner or self._id("agent", email)
        known = await self._when_there(lambda: workspace.agent(database, agent_id))
        if known is None:
            await self._do(InviteAgent(agent_id=agent_id, name=plan.name, email=email, role=plan.role), "invite", email)
            if plan.availability == "available":
                await self._do(SetAvailability(agent_id=agent_id, state="available"), "available", email)
        if plan.password and await credentials.check(agent_id, plan.password) is False:
            await credentials.set(agent_id, email, plan.password)
        if plan.api_token:
            await credentials.give_token(agent_id, plan.api_token, TOKEN_NAME)
        return agent_id

    async def _team(self, plan: TeamPlan, people: dict[str, UUID]) -> UUID:
        members = self._members(plan.members, people)
        made = self._id("team", plan.name)
        for row in await workspace.teams(self._parts.database):
            if row["name"] == plan.name or row["team_id"] == made:
                team_id: UUID = row["team_id"]
                if not set(members) <= set(row["member_ids"]):
                    both = tuple(dict.fromkeys((*row["member_ids"], *members)))
                    await self._do(ChangeTeam(team_id=team_id, member_ids=both), "team members", plan.name, str(both))
                return team_id
        await self._do(CreateTeam(team_id=made, name=plan.name, member_ids=members), "team", plan.name)
        return made

    async def _inbox(self, plan: InboxPlan, people: dict[str, UUID], teams: dict[str, UUID]) -> None:
        members = self._members(plan.members, people)
        try:
            team_ids = tuple(teams[name] for name in plan.teams)
        except KeyError as error:
            raise BootstrapFailed(f"the inbox {plan.name!r} names a team that the plan does not have") from error
        inbox_id, known_ones = self._id("inbox", plan.name), await workspace.inboxes(self._parts.database, None)
        found = [one for one in known_ones if one["name"] == plan.name or one["id"] == inbox_id]
        if not found:
            command = CreateInbox(inbox_id=inbox_id, name=plan.name, team_ids=team_ids, member_ids=members)
            await self._do(command, "inbox", plan.name)
            known: set[str] = set()
        else:
            inbox_id = found[0]["id"]
            known = {one["settings"]["address"] for one in found[0]["channels"]}
            await self._join(inbox_id, found[0]["member_ids"], found[0]["team_ids"], members, team_ids)
        for address in plan.addresses:
            if address.lower() not in known:
                settings = EmailSettings(address=address.lower())
                channel_id = self._id("channel", address.lower())
                command_ = ConnectChannel(channel_id=channel_id, inbox_id=inbox_id, kind="email", email=settings)
                await self._do(command_, "channel", address.lower())

    async def _join(
        self,
        inbox_id: UUID,
        known_members: list[UUID],
        known_teams: list[UUID],
        members: tuple[UUID, ...],
        teams: tuple[UUID, ...],
    ) -> None:
        if set(members) <= set(known_members) and set(teams) <= set(known_teams):
            return
        all_members = tuple(dict.fromkeys((*known_members, *members)))
        all_teams = tuple(dict.fromkeys((*known_teams, *teams)))
        command = ChangeInbox(inbox_id=inbox_id, member_ids=all_members, team_ids=all_teams)
        await self._do(command, "inbox members", str(inbox_id), f"{all_members}{all_teams}")

    def _members(self, emails: tuple[str, ...], people: dict[str, UUID]) -> tuple[UUID, ...]:
        try:
            return tuple(people[email.lower()] for email in emails)
        except KeyError as error:
            raise BootstrapFailed("the plan names a member whom it does not have as an agent") from error

    def _id(self, kind: str, name: str) -> UUID:
        return uuid5(self._parts.workspace_id, f"bootstrap|{kind}|{name}")

    async def _do(self, command: Command, *purpose: str) -> CommandHandled:
        """Publishes until it is known to be done; the same command id each time. Raises BootstrapFailed.

        What exists already, and was changed since by people, stays as it is.
        """
        parts = self._parts
        wrapped = envelope(
            command,
            command_id=self._id("command", "|".join(purpose)),
            stream=parts.workspace_id,
            workspace_id=parts.workspace_id,
            actor=SYSTEM,
            now=parts.clock(),
        )
        outcome = await self._when_there(lambda: parts.commands.ask(wrapped), until_some=True)
        if outcome is None:
            raise BootstrapFailed(
                f"{wrapped.type} was not handled within {self._seconds:.0f} s: is the router running?"
            )
        if outcome.state == "refused" and not outcome.code.endswith("already-exists"):
            raise BootstrapFailed(f"{wrapped.type} was refused: {outcome.code} {outcome.detail}")
        return outcome

    async def _when_there(self, ask: Callable[[], Awaitable[T | None]], *, until_some: bool = False) -> T | None:
        """Asks again while a part is away (views not yet made, database or bus starting), and while the answer is
        None where `until_some`. Raises BootstrapFailed when that lasts too long.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._seconds
        while True:
            try:
                answer = await ask()
            except (DatabaseAway, UndefinedTable, InvalidSchemaName, BusAway) as error:
                if loop.time() > deadline:
                    raise BootstrapFailed(f"a part stayed away: {type(error).__name__} {error}") from error
            else:
                if answer is not None or not until_some or loop.time() > deadline:
                    return answer
            await asyncio.sleep(RETRY_SECONDS)
