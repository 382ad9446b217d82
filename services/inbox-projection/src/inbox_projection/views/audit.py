"""The audit: what agents did, event by event, without what is personal in it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import catalog, contacts, conversations, tickets, workspace
from events.envelope import AnyEnvelope
from events.filtering import FilterSwitches
from events.snippets import SnippetSaved
from events.workspace import EmailFiltersSet, RuleSetDrafted, RuleSetPublished
from inbox_projection.views.rows import AuditRow

_encode: Final = msgspec.json.Encoder().encode
_NOT_ASKED_FOR: Final = frozenset({conversations.ConversationReadMarked})
"""What happens by looking."""
AUDITED: Final = frozenset(
    cls
    for family in ("conversations", "contacts", "companies", "tickets", "workspace", "quarantine", "filtered")
    for cls in catalog.members(family)
    if cls not in _NOT_ASKED_FOR
)
"""Events that may be somebody's doing."""
_QUARANTINE: Final = frozenset(catalog.members("quarantine"))
_FILTERED: Final = frozenset(catalog.members("filtered"))
_COMPANIES: Final = frozenset(catalog.members("companies"))
_WITH_PERSONAL: Final = frozenset(cls for cls in AUDITED if catalog.personal_type(cls) is not None)
_NAMED_BY: Final = (
    ("channel_id", "channel"),
    ("agent_id", "agent"),
    ("team_id", "team"),
    ("inbox_id", "inbox"),
    ("pipeline_id", "pipeline"),
    ("property_id", "contact-property"),
    ("snippet_id", "snippet"),
    ("view_id", "view"),
    ("label_id", "label"),
)


def noted(envelope: AnyEnvelope) -> AuditRow | None:
    """The row of an agent's doing; None for anybody else's, and for an actor whose id is no agent's.

    `command_id` is the command that led to the event. `details` are the event's own fields, of whole lists their size.
    """
    agent_id = _uuid(envelope.actor.id)
    if agent_id is None:
        return None
    target_kind, target_id = _target(envelope)
    return AuditRow(
        event_id=envelope.id,
        at=envelope.occurred_at,
        agent_id=agent_id,
        kind=envelope.type,
        target_kind=target_kind,
        target_id=target_id,
        command_id=envelope.causation_id,
        details=_details(envelope.data),
    )


def _target(envelope: AnyEnvelope) -> tuple[str, UUID]:
    event: Any = envelope.data
    topic = event.TOPIC
    if type(event) in _QUARANTINE:
        return "quarantine", envelope.stream
    if type(event) in _FILTERED:
        return "filtered-message", envelope.stream
    if topic == conversations.TOPIC:
        return "conversation", envelope.stream
    if topic == contacts.TOPIC:
        return "company" if type(event) in _COMPANIES else "contact", envelope.stream
    if topic == tickets.TOPIC:
        return "ticket", envelope.stream
    if topic == workspace.TOPIC:
        for name, kind in _NAMED_BY:
            found = getattr(event, name, None)
            if found is not None:
                return kind, found
    return "email-filters" if type(event) is EmailFiltersSet else "rules", envelope.stream


def _details(event: Any) -> bytes:
    match event:
        case EmailFiltersSet():
            switched = {"switches": [_switched(one) for one in event.switches]} if event.switches else {}
            return _encode({"version": event.version, "filters": len(event.filters), **switched})
        case SnippetSaved():
            return _encode({"name": event.name, "folder": event.folder, "shared": event.owner_id is None})
        case RuleSetDrafted() | RuleSetPublished():
            return _encode({"version": event.rule_set.version, "rules": len(event.rule_set.rules)})
        case _:
            return _encode(replace(event, personal=None) if type(event) in _WITH_PERSONAL else event)


def _switched(switches: FilterSwitches) -> dict[str, Any]:
    return {"inbox_id": switches.inbox_id, "on": sorted(switches.on)}


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
