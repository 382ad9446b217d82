"""The rows of the workspace as single events make them."""

from __future__ import annotations

from typing import Any, assert_never

import msgspec
from msgspec.structs import replace

from events.avatars import AgentAvatarRemoved, AgentAvatarSet
from events.envelope import Envelope
from events.properties import (
    ContactPropertyChanged,
    ContactPropertyDefined,
    ContactPropertyDeleted,
    ContactPropertyEvent,
)
from events.rules import RuleSet
from events.snippets import SnippetDeleted, SnippetSaved
from events.workspace import (
    AgentInvited,
    ChannelConnected,
    EmailFiltersSet,
    EmailSettings,
    InboxCreated,
    PipelineDefined,
    WorkspaceEvent,
)
from inbox_projection.views.rows import (
    AgentRow,
    AvatarRow,
    ChannelRow,
    ContactPropertyRow,
    EmailFiltersRow,
    InboxRow,
    PipelineRow,
    RuleSetRow,
    SnippetRow,
)


def new_inbox(envelope: Envelope[WorkspaceEvent], event: InboxCreated) -> InboxRow:
    return InboxRow(
        inbox_id=event.inbox_id,
        name=event.name,
        slug=event.slug,
        fallback_channel_id=None,
        fallback_address=None,
        team_ids=(),
        member_ids=(),
        signature="",
        quote_history=False,
        archived=False,
        assign_first_answer=True,
        reopen_days=30,
        business_hours=None,
        created_at=envelope.occurred_at,
    )


def new_agent(envelope: Envelope[WorkspaceEvent], event: AgentInvited) -> AgentRow:
    """A new agent is away until the agent says otherwise."""
    return AgentRow(
        agent_id=event.agent_id,
        role=event.role,
        deactivated=False,
        availability="away",
        available_until=None,
        chosen="away",
        chosen_until=None,
        capacity=None,
        language="en",
        time_zone="UTC",
        name="" if event.personal is None else event.personal.name,
        email="" if event.personal is None else event.personal.email,
        meeting_url="",
        signature="",
        created_at=envelope.occurred_at,
    )


def new_channel(envelope: Envelope[WorkspaceEvent], event: ChannelConnected) -> ChannelRow:
    return ChannelRow(
        channel_id=event.channel_id,
        inbox_id=event.inbox_id,
        kind=event.kind,
        **email_columns(event.email),
        connected_at=envelope.occurred_at,
        disconnected_at=None,
        health_state="ok",
        health_reason="",
        health_since=envelope.occurred_at,
        health_part=None,
        health_parts="{}",
    )


def email_columns(settings: EmailSettings | None) -> dict[str, Any]:
    """The columns of an e-mail channel's settings: what is asked for by itself, and all of it as JSON."""
    return {
        "address": None if settings is None else settings.address,
        "from_name": "" if settings is None else settings.from_name,
        "fallback": settings is not None and settings.fallback,
        "settings": msgspec.json.encode(EmailSettings(address="") if settings is None else settings).decode(),
    }


def contact_property(
    envelope: Envelope[Any], event: ContactPropertyEvent, known: ContactPropertyRow | None
) -> tuple[ContactPropertyRow, ...]:
    """The property as it is after the event; none for one that was never defined."""
    match event:
        case ContactPropertyDefined():
            row = ContactPropertyRow(
                property_id=event.property_id,
                name=event.name,
                kind=event.kind,
                choices=event.choices,
                created_at=envelope.occurred_at,
                deleted=False,
            )
            return (row,)
        case ContactPropertyChanged():
            return () if known is None else (replace(known, name=event.name, choices=event.choices),)
        case ContactPropertyDeleted():
            return () if known is None else (replace(known, deleted=True),)
        case _:
            assert_never(event)


def email_filters(envelope: Envelope[WorkspaceEvent], event: EmailFiltersSet) -> EmailFiltersRow:
    return EmailFiltersRow(
        version=event.version,
        filters=msgspec.json.encode(event.filters).decode(),
        switches=msgspec.json.encode(event.switches).decode(),
        set_at=envelope.occurred_at,
        set_by=str(envelope.actor),
    )


def snippet(envelope: Envelope[WorkspaceEvent], event: SnippetSaved | SnippetDeleted) -> SnippetRow:
    saved = event if isinstance(event, SnippetSaved) else None
    return SnippetRow(
        snippet_id=event.snippet_id,
        owner_id=None if saved is None else saved.owner_id,
        name="" if saved is None else saved.name,
        folder="" if saved is None else saved.folder,
        text="" if saved is None else saved.text,
        html=None if saved is None else saved.html,
        attachments="[]" if saved is None else msgspec.json.encode(saved.attachments).decode(),
        changed_at=envelope.occurred_at,
        changed_by=str(envelope.actor),
        deleted=saved is None,
    )


def avatar(envelope: Envelope[WorkspaceEvent], event: AgentAvatarSet | AgentAvatarRemoved) -> AvatarRow:
    picture = event.personal if isinstance(event, AgentAvatarSet) else None
    return AvatarRow(
        agent_id=event.agent_id,
        version=envelope.sequence,
        content_type=None if picture is None else picture.content_type,
        image=None if picture is None else picture.image,
    )


def pipeline(envelope: Envelope[WorkspaceEvent], event: PipelineDefined, known: PipelineRow | None) -> PipelineRow:
    return PipelineRow(
        pipeline_id=event.pipeline_id,
        name=event.name,
        stages=msgspec.json.encode(event.stages).decode(),
        created_at=envelope.occurred_at if known is None else known.created_at,
    )


def rule_set(envelope: Envelope[WorkspaceEvent], state: str, rule_set: RuleSet) -> RuleSetRow:
    return RuleSetRow(
        state=state,
        version=rule_set.version,
        rules=msgspec.json.encode(rule_set.rules).decode(),
        changed_at=envelope.occurred_at,
        changed_by=str(envelope.actor),
    )
