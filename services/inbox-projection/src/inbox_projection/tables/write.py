"""Writes the changes of a batch: one statement, and one more where a person is erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from inbox_projection.tables import layout, search_waiting
from inbox_projection.tables.arrays import array
from inbox_projection.tables.layout import Table
from inbox_projection.tables.schema import FEED_LOCK
from inbox_projection.views import reconciliation
from inbox_projection.views.changes import Changes
from inbox_projection.views.channel_tests import ChannelTestRow
from inbox_projection.views.rows import (
    ActivityRow,
    AgentRow,
    AvatarRow,
    ChannelRow,
    ContactPropertyRow,
    DefinedLabelRow,
    EmailFiltersRow,
    InboxRow,
    PipelineRow,
    Row,
    RuleSetRow,
    SnippetRow,
    StreamRow,
    TeamRow,
    ViewRow,
)
from inbox_projection.views.workspace import PipelineGone, TeamGone
from service_kit.database import Cursor

_UNLABEL: Final = """
delete from {schema}.conversation_labels t using unnest(%s::uuid[], %s::text[]) as u(conversation_id, label)
where t.conversation_id = u.conversation_id and t.label = u.label
"""
_UNLINK_TICKET: Final = """
delete from {schema}.ticket_links t using unnest(%s::uuid[], %s::uuid[]) as u(conversation_id, ticket_id)
where t.conversation_id = u.conversation_id and t.ticket_id = u.ticket_id
"""
_ADD_RECEIVED: Final = " on conflict (channel, hour, type) do update set count = received.count + excluded.count"
_ADD_STORED: Final = " on conflict (channel, hour, outcome) do update set count = stored.count + excluded.count"
_GREATEST: Final = (
    " on conflict (channel_id) do update set last_in_at = greatest(channel_activity.last_in_at, excluded.last_in_at)"
)
_WITHDRAW: Final = "delete from {schema}.notifications where notification_id = any(%s::uuid[])"
_PIPELINES_GONE: Final = "delete from {schema}.pipelines where pipeline_id = any(%s::uuid[])"
_TEAMS_GONE: Final = "delete from {schema}.teams where team_id = any(%s::uuid[])"
# The lock is taken before the first id is; it is held to the commit, so ids become visible in their order.
_FEED: Final = (
    f"insert into {{schema}}.feed ({', '.join(layout.FEED.columns)}) select u.*"  # noqa: S608 (names of tables/layout.py)
    f" from (select pg_advisory_xact_lock({FEED_LOCK}) offset 0) as l cross join lateral {layout.FEED.source}"
)
_ERASE: Final = """
with e(conversation_id, key_id) as (select * from unnest(%s::uuid[], %s::uuid[]))
update {schema}.messages m set
    content = case when (m.conversation_id, m.key_id) in (select * from e) then null else m.content end,
    delivery_reason = case
        when (m.conversation_id, m.delivery_key_id) in (select * from e) then null else m.delivery_reason end
from (select distinct conversation_id from e) as c
where m.conversation_id = c.conversation_id
  and ((m.conversation_id, m.key_id) in (select * from e)
    or (m.conversation_id, m.delivery_key_id) in (select * from e))
"""
_ERASE_FILTERED: Final = "update {schema}.filtered set content = null where filtered_id = any(%s::uuid[])"
_UNLINK: Final = "delete from {schema}.linked_handles where contact_id = any(%s::uuid[])"
_UNLINK_SOME: Final = """
delete from {schema}.linked_handles l
using unnest(%s::uuid[], %s::integer[], %s::text[], %s::text[]) as u(contact_id, sequence, kind, value)
where l.contact_id = u.contact_id and l.sequence < u.sequence and l.kind = u.kind and l.value = u.value
"""
_ERASE_TIMELINE: Final = "update {schema}.contact_timeline set content = null where contact_id = any(%s::uuid[])"
_SKIP: Final = """
insert into {schema}.skipped (stream_id, sequence) select * from unnest(%s::uuid[], %s::integer[])
on conflict do nothing
"""


class Writer:
    """Writes to the views in one schema; `live` says whether there is a feed that listeners follow."""

    def __init__(self, schema: str, *, live: bool) -> None:
        self._schema = schema
        self._live = live
        self._statements: dict[tuple[str, ...], bytes] = {}

    def write(self, cursor: Cursor, changes: Changes) -> None:
        """Everything in one statement, then the blanking of what erased keys sealed."""
        parts: list[tuple[str, Sequence[Any]]] = []
        _conversations(parts, changes)
        _put(parts, layout.MESSAGES, layout.MESSAGES.insert, changes.lines)
        _put(parts, layout.DELIVERIES, layout.DELIVERIES.update, list(changes.deliveries.values()))
        _put(parts, layout.CONTACTS, layout.CONTACTS.insert, list(changes.new_contacts.values()))
        _put(parts, layout.CONTACTS, layout.CONTACTS.update, list(changes.changed_contacts.values()))
        _put(parts, layout.LINKED_HANDLES, layout.LINKED_HANDLES.insert, changes.linked)
        _put(parts, layout.LINKED_HANDLES, _UNLINK_SOME, changes.unlinked)
        _put(parts, layout.TIMELINE, layout.TIMELINE.insert, changes.timeline)
        _put(parts, layout.COMPANIES, layout.COMPANIES.insert, list(changes.new_companies.values()))
        _put(parts, layout.COMPANY_CHANGES, layout.COMPANY_CHANGES.update, list(changes.changed_companies.values()))
        _tickets(parts, changes)
        _put(parts, layout.FILTERED, layout.FILTERED.insert, changes.filtered)
        _put(parts, layout.NOTIFICATIONS, layout.NOTIFICATIONS.upsert, list(changes.notifications.values()))
        if changes.withdrawn:
            parts.append((_WITHDRAW, (array("uuid", list(changes.withdrawn)),)))
        _put(parts, layout.READ_MARKS, layout.READ_MARKS.upsert, list(changes.read_marks.values()))
        _put(parts, layout.AUDIT, layout.AUDIT.insert, changes.audit)
        _put(parts, layout.QUARANTINE, layout.QUARANTINE.upsert, list(changes.quarantine.values()))
        _put(parts, layout.OUTCOMES, layout.OUTCOMES.upsert, list(changes.outcomes.values()))
        _workspace(parts, changes)
        _counts(parts, changes)
        if self._live:
            found = search_waiting.waiting(changes)
            if found:
                parts.append((search_waiting.INSERT, search_waiting.arrays(found)))
            _put(parts, layout.FEED, _FEED, changes.touched)
        self._execute(cursor, parts)
        deleted = search_waiting.deleted_properties(changes) if self._live and changes.workspace else []
        if deleted:
            self._execute(cursor, [(search_waiting.INSERT_CARRIERS, (deleted,))])
        if changes.erased:
            conversations, keys = zip(*changes.erased, strict=True)
            self._execute(cursor, [(_ERASE, (array("uuid", conversations), array("uuid", keys)))])
        if changes.admitted:
            self._execute(cursor, [(layout.ADMITTED.update, layout.ADMITTED.arrays(changes.admitted))])
        if changes.erased_filtered:
            self._execute(cursor, [(_ERASE_FILTERED, (array("uuid", changes.erased_filtered),))])
        if changes.erased_contacts:
            self._execute(cursor, [(_UNLINK, (array("uuid", changes.erased_contacts),))])
            self._execute(cursor, [(_ERASE_TIMELINE, (array("uuid", changes.erased_contacts),))])

    def skip(self, cursor: Cursor, events: Iterable[tuple[UUID, int]]) -> None:
        """Remembers that these events are dead letters and leave holes in their streams."""
        skipped = list(events)
        if skipped:
            streams, sequences = zip(*skipped, strict=True)
            self._execute(cursor, [(_SKIP, (array("uuid", streams), array("integer", sequences)))])

    def _execute(self, cursor: Cursor, parts: Sequence[tuple[str, Sequence[Any]]]) -> None:
        if not parts:
            return
        texts = tuple(text for text, _ in parts)
        statement = self._statements.get(texts)
        if statement is None:
            statement = self._statements[texts] = _joined(texts).format(schema=self._schema).encode()
        cursor.execute(statement, [parameter for _, parameters in parts for parameter in parameters])


def _joined(texts: Sequence[str]) -> str:
    """Several data-modifying statements as one; they run in any order and do not see each other's rows."""
    if len(texts) == 1:
        return texts[0]
    steps = ", ".join(f"s{number} as ({text})" for number, text in enumerate(texts[:-1]))
    return f"with {steps} {texts[-1]}"


def _put(parts: list[tuple[str, Sequence[Any]]], table: Table, statement: str, rows: Sequence[Row]) -> None:
    if rows:
        parts.append((statement, table.arrays(rows)))


def _conversations(parts: list[tuple[str, Sequence[Any]]], changes: Changes) -> None:
    """New and changed rows, and the label rows of those that have or had labels."""
    table = layout.CONVERSATIONS
    _put(parts, table, table.insert, changes.new_conversations)
    _put(parts, table, table.update, changes.changed_conversations)
    _put(parts, layout.LABELS, layout.LABELS.upsert, changes.labels)
    if changes.labels_gone:
        conversations, labels = zip(*changes.labels_gone, strict=True)
        parts.append((_UNLABEL, (array("uuid", conversations), array("text", labels))))


def _tickets(parts: list[tuple[str, Sequence[Any]]], changes: Changes) -> None:
    _put(parts, layout.TICKETS, layout.TICKETS.upsert, changes.tickets)
    _put(parts, layout.TICKET_LINKS, layout.TICKET_LINKS.upsert, changes.ticket_links)
    if changes.ticket_links_gone:
        conversations, tickets = zip(*changes.ticket_links_gone, strict=True)
        parts.append((_UNLINK_TICKET, (array("uuid", conversations), array("uuid", tickets))))


def _workspace(parts: list[tuple[str, Sequence[Any]]], changes: Changes) -> None:
    """The last change of each row counts."""
    if not changes.workspace:
        return
    last: dict[tuple[type, Any], Row] = {}
    teams: set[UUID] = set()
    pipelines: set[UUID] = set()
    for change in changes.workspace:
        if isinstance(change, TeamGone):
            last.pop((TeamRow, change.team_id), None)
            teams.add(change.team_id)
        elif isinstance(change, PipelineGone):
            last.pop((PipelineRow, change.pipeline_id), None)
            pipelines.add(change.pipeline_id)
        else:
            table = _WORKSPACE_TABLES[type(change)]
            last[type(change), getattr(change, table.key[0])] = change
    for row_type, table in _WORKSPACE_TABLES.items():
        _put(parts, table, table.upsert, [row for (kind, _), row in last.items() if kind is row_type])
    for statement, gone in ((_TEAMS_GONE, teams), (_PIPELINES_GONE, pipelines)):
        if gone:
            parts.append((statement, (array("uuid", list(gone)),)))


def _counts(parts: list[tuple[str, Sequence[Any]]], changes: Changes) -> None:
    """Sums and maxima over all streams: the same in any order. Sorted, so that two writers wait in one order."""
    _put(parts, layout.RECEIVED, layout.RECEIVED.insert + _ADD_RECEIVED, reconciliation.rows(changes.received))
    _put(parts, layout.STORED, layout.STORED.insert + _ADD_STORED, reconciliation.rows(changes.stored))
    streams = [StreamRow(stream_id=stream, sequence=sequence) for stream, sequence in changes.streams.items()]
    _put(parts, layout.STREAMS, layout.STREAMS.upsert, streams)
    activity = [ActivityRow(channel_id=channel, last_in_at=at) for channel, at in sorted(changes.last_in.items())]
    _put(parts, layout.ACTIVITY, layout.ACTIVITY.insert + _GREATEST, activity)


_WORKSPACE_TABLES: Final[dict[type[Row], Table]] = {
    InboxRow: layout.INBOXES,
    TeamRow: layout.TEAMS,
    AgentRow: layout.AGENTS,
    AvatarRow: layout.AVATARS,
    ChannelRow: layout.CHANNELS,
    ChannelTestRow: layout.CHANNEL_TESTS,
    RuleSetRow: layout.RULE_SETS,
    EmailFiltersRow: layout.EMAIL_FILTERS,
    PipelineRow: layout.PIPELINES,
    SnippetRow: layout.SNIPPETS,
    ViewRow: layout.VIEWS,
    DefinedLabelRow: layout.DEFINED_LABELS,
    ContactPropertyRow: layout.CONTACT_PROPERTIES,
}
