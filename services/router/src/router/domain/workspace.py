"""The decider of the workspace: one stream for inboxes, teams, agents, channels, e-mail filters and rules."""

from __future__ import annotations

from functools import partial
from typing import assert_never
from uuid import UUID

from events import commands as c
from events.commands import WorkspaceCommand
from events.envelope import Envelope
from events.workspace import WorkspaceEvent
from router.domain.agents import change_agent, change_profile, invite_agent, set_availability
from router.domain.channels import change_channel, connect_channel, disconnect_channel, note_health
from router.domain.filter_sets import set_email_filters
from router.domain.house import House
from router.domain.inboxes import change_inbox, create_inbox
from router.domain.rule_sets import draft_rules, publish_rules
from router.domain.teams import change_team, create_team, delete_team
from router.domain.workspace_evolve import evolve
from router.domain.workspace_state import EMPTY, Agent, ConnectedChannel, Inbox, Team, Workspace
from service_kit.decider import Decider

__all__ = [
    "EMPTY",
    "Agent",
    "ConnectedChannel",
    "Inbox",
    "Team",
    "Workspace",
    "decide",
    "decider",
    "evolve",
    "note_health",
]

WorkspaceDecider = Decider[Envelope[WorkspaceCommand], Workspace, WorkspaceEvent]


def decider(house: House, email_owner: UUID | None = None) -> WorkspaceDecider:
    """The decider in this house."""
    return Decider(EMPTY, partial(decide, house=house, email_owner=email_owner), evolve)


def decide(
    command: Envelope[WorkspaceCommand], state: Workspace, *, house: House, email_owner: UUID | None = None
) -> tuple[WorkspaceEvent, ...]:
    """The events that the command leads to, `()` when it is already so; refuses with a DomainError.

    `email_owner` is the agent who has the e-mail address that InviteAgent or ChangeProfile names, as found by its
    keyed hash; None when it is free. Who may ask for what was decided before the command was published.
    """
    match command.data:
        case c.CreateInbox() as wish:
            return create_inbox(wish, state, house)
        case c.ChangeInbox() as wish:
            return change_inbox(wish, state)
        case c.CreateTeam() as wish:
            return create_team(wish, state)
        case c.ChangeTeam() as wish:
            return change_team(wish, state)
        case c.DeleteTeam() as wish:
            return delete_team(wish, state)
        case c.InviteAgent() as wish:
            return invite_agent(wish, state, email_owner)
        case c.ChangeAgent() as wish:
            return change_agent(wish, state)
        case c.ChangeProfile() as wish:
            return change_profile(wish, state, email_owner)
        case c.SetAvailability() as wish:
            return set_availability(wish, command.actor, state)
        case c.ConnectChannel() as wish:
            return connect_channel(wish, state, house)
        case c.ChangeChannel() as wish:
            return change_channel(wish, state, house)
        case c.DisconnectChannel() as wish:
            return disconnect_channel(wish, state)
        case c.SetEmailFilters() as wish:
            return set_email_filters(wish, state)
        case c.DraftRules() as wish:
            return draft_rules(wish, state)
        case c.PublishRules():
            return publish_rules(state)
        case _:
            assert_never(command.data)
