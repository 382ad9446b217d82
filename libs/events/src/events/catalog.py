"""The one registry: (type, version) ↔ class."""

from __future__ import annotations

from types import UnionType
from typing import get_args

from events import (
    commands,
    companies,
    contacts,
    conversations,
    inbound,
    outcomes,
    signals,
    system_mails,
    tickets,
    workspace,
)
from events.envelope import Command, Event
from events.errors import UnknownEventType

FAMILIES: dict[str, UnionType | type[Event]] = {
    "inbound": inbound.InboundEvent,
    "conversations": conversations.ConversationEvent,
    "quarantine": conversations.QuarantineEvent,
    "filtered": conversations.FilteredEvent,
    "contacts": contacts.ContactEvent,
    "companies": companies.CompanyEvent,
    "tickets": tickets.TicketEvent,
    "workspace": workspace.WorkspaceEvent,
    "system_mails": system_mails.SystemMailEvent,
    "outcomes": outcomes.OutcomeEvent,
    "signals": signals.SignalEvent,
    "commands": commands.AnyCommand,
}


def members(family: str) -> tuple[type[Event] | type[Command], ...]:
    """The classes of a family, in the order of their declaration."""
    union = FAMILIES[family]
    return get_args(union) or (union,)


def _registry() -> dict[str, type[Event] | type[Command]]:
    registry: dict[str, type[Event] | type[Command]] = {}
    for family in FAMILIES:
        for cls in members(family):
            if cls.__name__ in registry:
                raise RuntimeError(f"the type {cls.__name__} is declared by two families")
            registry[cls.__name__] = cls
    return registry


TYPES = _registry()


def class_of(type_name: str) -> type[Event] | type[Command]:
    """The current class of a wire type. Raises UnknownEventType."""
    try:
        return TYPES[type_name]
    except KeyError:
        raise UnknownEventType(f"no family declares the type {type_name!r}") from None


def personal_type(cls: type[Event] | type[Command]) -> type | None:
    """The class of the sealed half, None where the event has none."""
    return _PERSONAL[cls.__name__]


def _personal_of(cls: type) -> type | None:
    from typing import get_type_hints

    hint = get_type_hints(cls).get("personal")
    return None if hint is None else get_args(hint)[0]


_PERSONAL: dict[str, type | None] = {name: _personal_of(cls) for name, cls in TYPES.items()}
