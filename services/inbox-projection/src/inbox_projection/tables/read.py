"""Reads the rows of the streams that a batch speaks of, in one query."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

import msgspec

from events import contacts, conversations, tickets, workspace
from inbox_projection.tables import layout
from inbox_projection.tables.arrays import array
from inbox_projection.views.changes import Arrived, Known
from inbox_projection.views.rows import (
    AgentRow,
    ChannelRow,
    ContactPropertyRow,
    InboxRow,
    PipelineRow,
    RuleSetRow,
    TeamRow,
)
from inbox_projection.views.ticket import TicketRows
from inbox_projection.views.workspace import WorkspaceRows
from service_kit.database import Cursor

_CONVERSATION_WIDTH: Final = len(layout.CONVERSATIONS.columns)
_CONTACT_WIDTH: Final = len(layout.CONTACTS.columns)
_QUARANTINE_WIDTH: Final = len(layout.QUARANTINE.columns)
_TICKET_WIDTH: Final = len(layout.TICKETS.columns)

_STREAMS: Final = f"""
select w.id, s.sequence, {layout.columns_of(layout.CONVERSATIONS, "c")}, {layout.columns_of(layout.CONTACTS, "k")},
       {layout.columns_of(layout.QUARANTINE, "q")}
from unnest(%s::uuid[]) as w(id)
left join {{schema}}.conversations c on c.conversation_id = w.id
left join {{schema}}.contacts k on k.contact_id = w.id
left join {{schema}}.quarantine q on q.quarantine_id = w.id
left join {{schema}}.streams s on s.stream_id = w.id
where c.conversation_id is not null or k.contact_id is not null or q.quarantine_id is not null
   or s.stream_id is not null
"""  # noqa: S608 (names of tables/layout.py)

_TICKETS: Final = f"""
select {layout.columns_of(layout.TICKETS, "t")}, {layout.columns_of(layout.TICKET_LINKS, "l")}
from unnest(%s::uuid[]) as w(id) join {{schema}}.tickets t on t.ticket_id = w.id
left join {{schema}}.ticket_links l on l.ticket_id = w.id
"""  # noqa: S608 (names of tables/layout.py)

_WORKSPACE: Final = """
select json_build_object(
    'inboxes', (select coalesce(json_agg(t), '[]') from {schema}.inboxes t),
    'teams', (select coalesce(json_agg(t), '[]') from {schema}.teams t),
    'agents', (select coalesce(json_agg(t), '[]') from {schema}.agents t),
    'channels', (select coalesce(json_agg(t), '[]') from {schema}.channels t),
    'rule_sets', (select coalesce(json_agg(t), '[]') from {schema}.rule_sets t),
    'pipelines', (select coalesce(json_agg(t), '[]') from {schema}.pipelines t),
    'contact_properties', (select coalesce(json_agg(t), '[]') from {schema}.contact_properties t))::text
"""

_HOLES: Final = "select stream_id, sequence from {schema}.skipped where stream_id = any(%s)"


class _Workspace(msgspec.Struct):
    inboxes: list[InboxRow]
    teams: list[TeamRow]
    agents: list[AgentRow]
    channels: list[ChannelRow]
    rule_sets: list[RuleSetRow]
    pipelines: list[PipelineRow]
    contact_properties: list[ContactPropertyRow]


_decode_workspace: Final = msgspec.json.Decoder(_Workspace).decode


class Reader:
    """Reads from the views in one schema."""

    def __init__(self, schema: str) -> None:
        self._streams = _STREAMS.format(schema=schema).encode()
        self._tickets = _TICKETS.format(schema=schema).encode()
        self._workspace = _WORKSPACE.format(schema=schema).encode()
        self._holes = _HOLES.format(schema=schema).encode()

    def known(self, cursor: Cursor, batch: Iterable[Arrived]) -> Known:
        """The rows of the batch's streams; those of tickets and of the workspace by a query each, if spoken of."""
        streams: set[UUID] = set()
        asked_tickets: set[UUID] = set()
        with_workspace = False
        for record in batch:
            if record.envelope is not None and record.topic in _WITH_ROWS:
                streams.add(record.envelope.stream)
                with_workspace = with_workspace or record.topic == workspace.TOPIC
                if record.topic == tickets.TOPIC:
                    asked_tickets.add(record.envelope.stream)
        known = Known()
        if streams:
            cursor.execute(self._streams, (array("uuid", list(streams)),), binary=True)
            for row in cursor.fetchall():
                _place(known, row)
        if asked_tickets:
            known.tickets = self._read_tickets(cursor, asked_tickets)
        if with_workspace:
            known.workspace = self._read_workspace(cursor)
        return known

    def holes(self, cursor: Cursor, streams: Collection[UUID]) -> dict[UUID, set[int]]:
        """The sequences of these streams whose events are dead letters."""
        holes: dict[UUID, set[int]] = {}
        cursor.execute(self._holes, (list(streams),))
        for stream, sequence in cursor.fetchall():
            holes.setdefault(stream, set()).add(sequence)
        return holes

    def _read_tickets(self, cursor: Cursor, asked: Collection[UUID]) -> dict[UUID, TicketRows]:
        found: dict[UUID, TicketRows] = {}
        cursor.execute(self._tickets, (array("uuid", list(asked)),), binary=True)
        for row in cursor.fetchall():
            held = found.get(row[0])
            if held is None:
                held = found[row[0]] = TicketRows(layout.row_of(layout.TICKETS, row[:_TICKET_WIDTH]), {})
            if row[_TICKET_WIDTH] is not None:
                link = layout.row_of(layout.TICKET_LINKS, row[_TICKET_WIDTH:])
                held.links[link.conversation_id] = link
        return found

    def _read_workspace(self, cursor: Cursor) -> WorkspaceRows:
        found: Any = cursor.execute(self._workspace).fetchone()
        rows = _decode_workspace(found[0])
        return WorkspaceRows(
            {row.inbox_id: row for row in rows.inboxes},
            {row.team_id: row for row in rows.teams},
            {row.agent_id: row for row in rows.agents},
            {row.channel_id: row for row in rows.channels},
            {row.state: row for row in rows.rule_sets},
            pipelines={row.pipeline_id: row for row in rows.pipelines},
            contact_properties={row.property_id: row for row in rows.contact_properties},
        )


_WITH_ROWS: Final = frozenset({conversations.TOPIC, contacts.TOPIC, tickets.TOPIC, workspace.TOPIC})


def _place(known: Known, row: tuple[Any, ...]) -> None:
    """One row of `_STREAMS`: the id, its sequence where no row holds it, then each table's columns or NULLs."""
    stream, sequence = row[0], row[1]
    contact_at = 2 + _CONVERSATION_WIDTH
    quarantine_at = contact_at + _CONTACT_WIDTH
    if sequence is not None:
        known.streams[stream] = sequence
    if row[2] is not None:
        known.conversations[stream] = layout.row_of(layout.CONVERSATIONS, row[2:contact_at])
    if row[contact_at] is not None:
        known.contacts[stream] = layout.row_of(layout.CONTACTS, row[contact_at:quarantine_at])
    if row[quarantine_at] is not None:
        known.quarantine[stream] = layout.row_of(layout.QUARANTINE, row[quarantine_at:])
