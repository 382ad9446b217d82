"""Agents: invited, given a role and a capacity, away or available, deactivated; one administrator always remains."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from events.commands import ChangeAgent, ChangeProfile, InviteAgent, SetAvailability
from events.envelope import Actor
from events.notifications import KINDS, NotificationPreferencesSet, SetNotificationPreferences
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
)
from router.domain import errors
from router.domain.house import House
from router.domain.limits import check_room
from router.domain.texts import is_header_safe, is_mail_address, is_plain, mailbox_key
from router.domain.workspace_state import Agent, Workspace

MAX_NAME: Final = 200
MAX_SIGNATURE: Final = 20_000
MAX_URL: Final = 2_000
MAX_CAPACITY: Final = 1_000_000
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_TIME_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")


def invite_agent(
    command: InviteAgent, state: Workspace, house: House, email_owner: UUID | None
) -> tuple[AgentInvited, ...]:
    """A new agent, away at first. `email_owner` is the agent who has the address already."""
    known = state.agents.get(command.agent_id)
    if known is not None:
        if email_owner == known.id and known.role == command.role:
            return ()
        raise errors.AgentAlreadyExists(f"There is already an agent {command.agent_id}.")
    name, email = command.name.strip(), mailbox_key(command.email)
    _check_identity(name, email, command.agent_id, email_owner)
    check_room("agents", state, house)
    identity = AgentIdentity(name=name, email=email)
    return (AgentInvited(agent_id=command.agent_id, role=command.role, personal=identity),)


AgentChange = AgentRoleChanged | AgentDeactivated | AgentReactivated | AgentCapacityChanged


def change_agent(command: ChangeAgent, state: Workspace, house: House) -> tuple[AgentChange, ...]:
    """Another role or capacity, deactivated or active again; the last active administrator stays one."""
    agent = state.agent(command.agent_id)
    role = agent.role if command.role is None else command.role
    active = agent.active if command.deactivated is None else not command.deactivated
    if _is_administrator(agent) and not (active and role == "administrator") and _alone(agent, state):
        raise errors.LastAdministrator("The workspace needs one active administrator.")
    if active and not agent.active:
        check_room("agents", state, house)
    capacity = _capacity(command, agent)
    events: list[AgentChange] = []
    if role != agent.role:
        events.append(AgentRoleChanged(agent_id=agent.id, role=role))
    if active != agent.active:
        events.append(AgentReactivated(agent_id=agent.id) if active else AgentDeactivated(agent_id=agent.id))
    if capacity != agent.capacity:
        events.append(AgentCapacityChanged(agent_id=agent.id, capacity=capacity))
    return tuple(events)


def _capacity(command: ChangeAgent, agent: Agent) -> int | None:
    match command.capacity:
        case None:
            return agent.capacity
        case "unlimited":
            return None
        case int(number) if 0 <= number <= MAX_CAPACITY:
            return number
        case _:
            raise errors.CapacityInvalid(f"A capacity is a whole number from 0 to {MAX_CAPACITY}, or unlimited.")


def change_profile(
    command: ChangeProfile, state: Workspace, email_owner: UUID | None
) -> tuple[AgentProfileChanged, ...]:
    """The whole profile. What it was before is personal and not known here, so it counts as a change each time."""
    agent = state.agent(command.agent_id)
    name, email = command.name.strip(), mailbox_key(command.email)
    _check_identity(name, email, agent.id, email_owner)
    if len(command.signature) > MAX_SIGNATURE:
        raise errors.TextTooLong(f"A signature has at most {MAX_SIGNATURE} characters.")
    if len(command.meeting_url) > MAX_URL or not is_header_safe(command.meeting_url):
        raise errors.TextTooLong(f"A meeting link is one line of at most {MAX_URL} characters.")
    if not _LANGUAGE.fullmatch(command.language) or len(command.language) > 35:
        raise errors.TimeZoneInvalid("The language must be a tag like en or pt-BR (RFC 5646).")
    if not _TIME_ZONE.fullmatch(command.time_zone):
        raise errors.TimeZoneInvalid("The time zone must be a name like Europe/Warsaw.")
    profile = AgentProfile(name=name, email=email, meeting_url=command.meeting_url, signature=command.signature)
    return (
        AgentProfileChanged(
            agent_id=agent.id, language=command.language, time_zone=command.time_zone, personal=profile
        ),
    )


def set_availability(command: SetAvailability, actor: Actor, state: Workspace) -> tuple[AgentAvailabilityChanged, ...]:
    """People are available or away; offline is what the system notes when nobody is there."""
    agent = state.agent(command.agent_id)
    if command.state == "offline" and actor.kind != "system":
        raise errors.OnlyForTheSystem("Nobody sets offline: it is noted when an agent's last session has ended.")
    if not agent.active:
        raise errors.AgentIsDeactivated("A deactivated agent is neither available nor away.")
    if (agent.availability, agent.available_until) == (command.state, command.until):
        return ()
    return (AgentAvailabilityChanged(agent_id=agent.id, state=command.state, until=command.until),)


def set_notification_preferences(
    command: SetNotificationPreferences, actor: Actor, state: Workspace
) -> tuple[NotificationPreferencesSet, ...]:
    """What the agent wants to be told of, each kind once, in their order; for nobody but the agent to say."""
    agent = state.agent(command.agent_id)
    if actor.kind == "agent" and actor.id != str(agent.id):
        raise errors.NotYourOwn("Agents choose their notifications themselves.")
    in_app = tuple(kind for kind in KINDS if kind in command.in_app)
    mail = tuple(kind for kind in KINDS if kind in command.mail)
    if (in_app, mail, command.mail_rhythm) == (agent.told_in_app, agent.told_by_mail, agent.mail_rhythm):
        return ()
    return (NotificationPreferencesSet(agent_id=agent.id, in_app=in_app, mail=mail, mail_rhythm=command.mail_rhythm),)


def _check_identity(name: str, email: str, agent_id: UUID, email_owner: UUID | None) -> None:
    if not is_plain(name, MAX_NAME):
        raise errors.NameInvalid(f"An agent needs a name of 1 to {MAX_NAME} characters on one line.")
    if not is_mail_address(email):
        raise errors.EmailInvalid("The agent's e-mail is not a mail address.")
    if email_owner is not None and email_owner != agent_id:
        raise errors.AgentEmailTaken("Another agent has this e-mail address.")


def _is_administrator(agent: Agent) -> bool:
    return agent.active and agent.role == "administrator"


def _alone(agent: Agent, state: Workspace) -> bool:
    return not any(_is_administrator(other) for other in state.agents.values() if other.id != agent.id)
