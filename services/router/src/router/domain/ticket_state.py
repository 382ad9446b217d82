"""What deciding about a ticket needs to remember, and how each event changes it; never its title."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import tickets as e
from events.tickets import TicketEvent
from events.values import Priority


class Unopened(msgspec.Struct, frozen=True):
    """Before it was opened."""


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """`closed` says whether its stage closes it, `links` in which inbox each of its conversations lies. `erased`: its
    contact was, and the title with them."""

    number: int
    pipeline_id: UUID
    stage: str
    closed: bool = False
    priority: Priority = "normal"
    assignee_id: UUID | None = None
    contact_id: UUID | None = None
    links: Mapping[UUID, UUID] = MappingProxyType({})
    erased: bool = False


TicketState = Unopened | Ticket
UNOPENED: Final = Unopened()


def evolve(state: TicketState, event: TicketEvent) -> TicketState:
    """The state after the event. Never raises: what cannot follow changes nothing."""
    match state:
        case Unopened():
            return _opened(event) if isinstance(event, e.TicketOpened) else state
        case Ticket():
            return _after(state, event)
        case _:
            assert_never(state)


def sealed_under(ticket_id: UUID, state: TicketState) -> UUID | None:
    """Whose key seals the title: the contact's, or, without one, the ticket's own; None once the contact is erased."""
    if not isinstance(state, Ticket) or state.erased:
        return None
    return ticket_id if state.contact_id is None else state.contact_id


def _opened(event: e.TicketOpened) -> Ticket:
    return Ticket(
        number=event.number,
        pipeline_id=event.pipeline_id,
        stage=event.stage,
        priority=event.priority,
        assignee_id=event.assignee_id,
        contact_id=event.contact_id,
        links=MappingProxyType({link.conversation_id: link.inbox_id for link in event.links}),
    )


def _after(state: Ticket, event: TicketEvent) -> Ticket:
    match event:
        case e.TicketOpened() | e.TicketRenamed():
            return state
        case e.TicketMoved():
            return replace(state, stage=event.stage)
        case e.TicketClosed():
            return replace(state, stage=event.stage, closed=True)
        case e.TicketReopened():
            return replace(state, stage=event.stage, closed=False)
        case e.TicketAssigned():
            return replace(state, assignee_id=event.assignee_id)
        case e.TicketPriorityChanged():
            return replace(state, priority=event.priority)
        case e.TicketLinked():
            return replace(state, links=MappingProxyType({**state.links, event.conversation_id: event.inbox_id}))
        case e.TicketUnlinked():
            others = {each: inbox for each, inbox in state.links.items() if each != event.conversation_id}
            return replace(state, links=MappingProxyType(others))
        case e.TicketTitleErased():
            return replace(state, erased=True)
        case _:
            assert_never(event)
