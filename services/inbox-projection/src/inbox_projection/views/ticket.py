"""Tickets and their links to conversations: event by event, what their rows become."""

from __future__ import annotations

from typing import assert_never
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events.envelope import Envelope
from events.tickets import (
    TicketAssigned,
    TicketClosed,
    TicketEvent,
    TicketLink,
    TicketLinked,
    TicketMoved,
    TicketOpened,
    TicketPriorityChanged,
    TicketRenamed,
    TicketReopened,
    TicketTitleErased,
    TicketUnlinked,
)
from inbox_projection.views.rows import TicketLinkRow, TicketRow


class TicketRows(msgspec.Struct, frozen=True):
    """A ticket's row, and those of its links by conversation, which say again what lists order and filter by."""

    row: TicketRow
    links: dict[UUID, TicketLinkRow]


def opened(envelope: Envelope[TicketOpened], key_id: UUID | None) -> TicketRows:
    """The rows of a ticket that begins; `key_id` is the key that sealed the event."""
    event = envelope.data
    row = TicketRow(
        ticket_id=envelope.stream,
        sequence=envelope.sequence,
        number=event.number,
        pipeline_id=event.pipeline_id,
        stage=event.stage,
        priority=event.priority,
        assignee_id=event.assignee_id,
        contact_id=event.contact_id,
        conversations=len(event.links),
        opened_by=_agent(envelope),
        created_at=envelope.occurred_at,
        closed_at=None,
        key_id=key_id,
        title="" if event.personal is None else event.personal.title,
    )
    return TicketRows(row, {link.conversation_id: _link(row, link) for link in event.links})


def project(envelope: Envelope[TicketEvent], key_id: UUID | None, rows: TicketRows) -> TicketRows:
    """The rows after a further event of the ticket. Total: a second opening changes nothing but the sequence."""
    event, row, links = envelope.data, replace(rows.row, sequence=envelope.sequence), rows.links
    match event:
        case TicketOpened():
            return TicketRows(row, links)
        case TicketRenamed():
            title = "" if event.personal is None else event.personal.title
            return TicketRows(replace(row, key_id=key_id, title=title), links)
        case TicketMoved():
            return _told_again(replace(row, stage=event.stage), links)
        case TicketClosed():
            return _told_again(replace(row, stage=event.stage, closed_at=envelope.occurred_at), links)
        case TicketReopened():
            return _told_again(replace(row, stage=event.stage, closed_at=None), links)
        case TicketAssigned():
            return _told_again(replace(row, assignee_id=event.assignee_id), links)
        case TicketPriorityChanged():
            return _told_again(replace(row, priority=event.priority), links)
        case TicketLinked():
            link = TicketLink(event.conversation_id, event.inbox_id)
            return _linked(row, {**links, link.conversation_id: _link(row, link)})
        case TicketUnlinked():
            return _linked(row, {each: link for each, link in links.items() if each != event.conversation_id})
        case TicketTitleErased():
            return TicketRows(replace(row, title="" if row.key_id == event.contact_id else row.title), links)
        case _:
            assert_never(event)


def inboxes_of(*rows: TicketRows | None) -> list[UUID]:
    """The inboxes in which the ticket's conversations lie, each once."""
    return sorted({link.inbox_id for each in rows if each is not None for link in each.links.values()})


def _linked(row: TicketRow, links: dict[UUID, TicketLinkRow]) -> TicketRows:
    return TicketRows(replace(row, conversations=len(links)), links)


def _told_again(row: TicketRow, links: dict[UUID, TicketLinkRow]) -> TicketRows:
    return TicketRows(
        row, {each: _link(row, TicketLink(link.conversation_id, link.inbox_id)) for each, link in links.items()}
    )


def _link(row: TicketRow, link: TicketLink) -> TicketLinkRow:
    return TicketLinkRow(
        conversation_id=link.conversation_id,
        ticket_id=row.ticket_id,
        inbox_id=link.inbox_id,
        number=row.number,
        closed=row.closed_at is not None,
        pipeline_id=row.pipeline_id,
        stage=row.stage,
        priority=row.priority,
        assignee_id=row.assignee_id,
    )


def _agent(envelope: Envelope[TicketOpened]) -> UUID | None:
    if envelope.actor.kind != "agent":
        return None
    try:
        return UUID(envelope.actor.id)
    except ValueError:
        return None
