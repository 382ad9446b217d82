"""The decider of the workspace: one stream for inboxes, teams, agents, channels, e-mail filters and rules."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import assert_never
from uuid import UUID

from events import commands as c
from events.avatars import RemoveAvatar, SetAvatar
from events.commands import WorkspaceCommand
from events.contact_commands import ChangeContactProperty, DefineContactProperty, DeleteContactProperty
from events.envelope import Envelope
from events.labels import DefineLabel, DeleteLabel
from events.notifications import SetNotificationPreferences
from events.saved_views import DeleteView, SaveView
from events.snippets import DeleteSnippet, SaveSnippet
from events.ticket_commands import ChangePipeline, CreatePipeline, DeletePipeline
from events.workspace import WorkspaceEvent
from router.domain import contact_properties
from router.domain.agents import (
    change_agent,
    change_profile,
    invite_agent,
    set_availability,
    set_notification_preferences,
)
from router.domain.avatars import remove_avatar, set_avatar
from router.domain.channel_tests import begin_test
from router.domain.channels import change_channel, connect_channel, disconnect_channel, note_health
from router.domain.filter_sets import set_email_filters
from router.domain.house import House
from router.domain.inboxes import change_inbox, create_inbox
from router.domain.labels import define_label, delete_label
from router.domain.pipelines import change_pipeline, create_pipeline, delete_pipeline
from router.domain.rule_sets import draft_rules, publish_rules
from router.domain.saved_views import delete_view, save_view
from router.domain.snippets import delete_snippet, save_snippet
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


def decider(house: House, email_owner: UUID | None = None, used_stages: Collection[str] = ()) -> WorkspaceDecider:
    """The decider in this house."""
    return Decider(EMPTY, partial(decide, house=house, email_owner=email_owner, used_stages=used_stages), evolve)


def decide(
    command: Envelope[WorkspaceCommand],
    state: Workspace,
    *,
    house: House,
    email_owner: UUID | None = None,
    used_stages: Collection[str] = (),
) -> tuple[WorkspaceEvent, ...]:
    """The events that the command leads to, `()` when it is already so; refuses with a DomainError.

    `email_owner` is the agent who has the e-mail address that InviteAgent or ChangeProfile names, as found by its
    keyed hash; None when it is free. `used_stages` are those of the pipeline that ChangePipeline or DeletePipeline
    names with tickets in them. Who may ask for what was decided before the command was published.
    """
    match command.data:
        case c.CreateInbox() as wish:
            return create_inbox(wish, state, house)
        case c.ChangeInbox() as wish:
            return change_inbox(wish, state, house)
        case c.CreateTeam() as wish:
            return create_team(wish, state)
        case c.ChangeTeam() as wish:
            return change_team(wish, state)
        case c.DeleteTeam() as wish:
            return delete_team(wish, state)
        case c.InviteAgent() as wish:
            return invite_agent(wish, state, house, email_owner)
        case c.ChangeAgent() as wish:
            return change_agent(wish, state, house)
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
        case c.TestChannel() as wish:
            return begin_test(wish, command.occurred_at, state)
        case c.SetEmailFilters() as wish:
            return set_email_filters(wish, state)
        case c.DraftRules() as wish:
            return draft_rules(wish, state)
        case c.PublishRules() as wish:
            return publish_rules(wish, state)
        case CreatePipeline() as wish:
            return create_pipeline(wish, state)
        case ChangePipeline() as wish:
            return change_pipeline(wish, state, used_stages)
        case DeletePipeline() as wish:
            return delete_pipeline(wish, state, used_stages)
        case DefineContactProperty() | ChangeContactProperty() | DeleteContactProperty() as wish:
            return contact_properties.decide(wish, state.contact_properties)
        case SetNotificationPreferences() as wish:
            return set_notification_preferences(wish, command.actor, state)
        case SaveSnippet() as wish:
            return save_snippet(wish, command.actor, state.snippets)
        case DeleteSnippet() as wish:
            return delete_snippet(wish, command.actor, state.snippets)
        case SaveView() as wish:
            return save_view(wish, command.actor, state)
        case DeleteView() as wish:
            return delete_view(wish, command.actor, state.views)
        case DefineLabel() as wish:
            return define_label(wish, state.labels)
        case DeleteLabel() as wish:
            return delete_label(wish, state.labels)
        case SetAvatar() as wish:
            return set_avatar(wish, command.actor, state)
        case RemoveAvatar() as wish:
            return remove_avatar(wish, command.actor, state)
        case _:
            assert_never(command.data)
