"""The demo's workspace as events: agents, teams, inboxes and their addresses."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from events import workspace
from events.envelope import Event
from events.values import Availability, Role
from local_runtime.demo.cast import (
    ADMINISTRATOR,
    AGENTS,
    NAMES,
    SHOP,
    TEAMS,
    email_of,
    fallback_address,
    first_name,
    shop_address,
)
from local_runtime.demo.journal import Journal


def furnish(journal: Journal, at: datetime) -> None:
    """Writes the workspace's stream, all at one moment."""
    cast = journal.cast

    def add(event: Event) -> None:
        journal.add(cast.workspace_id, event, at)

    def invite(agent_id: UUID, name: str, email: str, role: Role, availability: Availability) -> None:
        identity = workspace.AgentIdentity(name=name, email=email)
        add(workspace.AgentInvited(agent_id=agent_id, role=role, personal=identity))
        add(workspace.AgentAvailabilityChanged(agent_id=agent_id, state=availability))

    administrator = cast.agent(ADMINISTRATOR)
    invite(administrator, "Administrator", cast.administrator_email, "administrator", "available")
    for handle, agent in AGENTS.items():
        agent_id, email = cast.agent(handle), email_of(handle, cast.domain)
        invite(agent_id, agent.name, email, agent.role, agent.availability)
        greeting = "Pozdrawiam" if agent.language == "pl" else "Best regards"
        profile = workspace.AgentProfile(
            name=agent.name, email=email, signature=f"{greeting}\n{first_name(handle)}\n{SHOP}"
        )
        changed = workspace.AgentProfileChanged(
            agent_id=agent_id, language=agent.language, time_zone="Europe/Warsaw", personal=profile
        )
        add(changed)
        if agent.capacity is not None:
            add(workspace.AgentCapacityChanged(agent_id=agent_id, capacity=agent.capacity))
    for slug, members in TEAMS.items():
        member_ids = tuple(cast.agent(member) for member in members)
        add(workspace.TeamCreated(team_id=cast.team(slug), name=NAMES[slug], member_ids=member_ids))
        _open_inbox(journal, slug, (*member_ids, administrator), at)


def _open_inbox(journal: Journal, slug: str, member_ids: tuple[UUID, ...], at: datetime) -> None:
    cast = journal.cast
    inbox_id = cast.inbox(slug)
    settings = workspace.EmailSettings(address=shop_address(slug), from_name=f"{SHOP} {NAMES[slug]}")
    events: tuple[Event, ...] = (
        workspace.InboxCreated(inbox_id=inbox_id, name=NAMES[slug], slug=slug),
        workspace.InboxChanged(
            inbox_id=inbox_id,
            name=NAMES[slug],
            team_ids=(cast.team(slug),),
            member_ids=member_ids,
            signature="",
            quote_history=slug == "sales",
        ),
        workspace.FallbackAddressIssued(
            inbox_id=inbox_id, channel_id=cast.fallback_channel(slug), address=fallback_address(slug, cast.domain)
        ),
        workspace.ChannelConnected(channel_id=cast.channel(slug), inbox_id=inbox_id, kind="email", email=settings),
    )
    for event in events:
        journal.add(cast.workspace_id, event, at)
