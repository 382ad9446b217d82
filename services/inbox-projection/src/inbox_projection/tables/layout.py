"""Which row goes to which table, with the types of its columns, and the SQL parts that write rows in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import msgspec

from inbox_projection.tables.arrays import PARAMETER, PgArray, array
from inbox_projection.views import rows
from inbox_projection.views.channel_tests import ChannelTestRow


@dataclass(frozen=True)
class Table:
    """A table, the struct of its rows and the types of its columns in the struct's order.

    `key` are the columns that name a row; `stored` renames columns whose struct says something more general; in `kept`
    ones a NULL changes nothing.
    """

    name: str
    row: type[rows.Row]
    types: tuple[str, ...]
    key: tuple[str, ...]
    stored: tuple[tuple[str, str], ...] = ()
    kept: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        renamed = dict(self.stored)
        return tuple(f'"{renamed.get(name, name)}"' for name in self.row.__struct_fields__)

    @cached_property
    def _unnest(self) -> str:
        return ", ".join(f"%s::{PARAMETER.get(kind, kind + '[]')}" for kind in self.types)

    @cached_property
    def _selected(self) -> str:
        return ", ".join(
            f"u.{name}::{kind}" if kind in ("text[]", "uuid[]") else f"u.{name}"
            for name, kind in zip(self.columns, self.types, strict=True)
        )

    @cached_property
    def source(self) -> str:
        """`unnest(…) as u(columns)`, with one parameter for each column."""
        return f"unnest({self._unnest}) as u({', '.join(self.columns)})"

    @cached_property
    def insert(self) -> str:
        """Inserts rows that are known to be new."""
        return (
            f"insert into {{schema}}.{self.name} ({', '.join(self.columns)})"  # noqa: S608 (names of this file)
            f" select {self._selected} from {self.source}"
        )

    @cached_property
    def upsert(self) -> str:
        """Inserts rows, or puts them in the place of those with the same key."""
        keys = [f'"{name}"' for name in self.key]
        given = {name: f"coalesce(excluded.{name}, {self.name}.{name})" for name in self.kept}
        others = ", ".join(
            f"{name} = {given.get(name, f'excluded.{name}')}" for name in self.columns if name not in keys
        )
        return f"{self.insert} on conflict ({', '.join(keys)}) do update set {others}"

    @cached_property
    def update(self) -> str:
        """Puts rows in the place of those with the same key; what is not there is left out."""
        keys = [f'"{name}"' for name in self.key]
        typed = dict(zip(self.columns, self._selected.split(", "), strict=True))
        typed |= {name: f"coalesce({typed[name]}, t.{name})" for name in self.kept}
        others = ", ".join(f"{name} = {typed[name]}" for name in self.columns if name not in keys)
        same = " and ".join(f"t.{name} = u.{name}" for name in keys)
        return f"update {{schema}}.{self.name} t set {others} from {self.source} where {same}"  # noqa: S608 (as above)

    def arrays(self, wanted: Sequence[rows.Row]) -> list[PgArray]:
        """The parameters of `source`: the rows, column by column."""
        columns = zip(*map(msgspec.structs.astuple, wanted), strict=True)
        return [array(kind, values) for kind, values in zip(self.types, columns, strict=True)]


def _table(name: str, row: type[rows.Row], types: str, key: str, **stored: str) -> Table:
    kinds = tuple(_SHORT.get(kind, kind) for kind in types.split())
    if len(kinds) != len(row.__struct_fields__):
        raise TypeError(f"table {name} has {len(kinds)} types for {len(row.__struct_fields__)} columns")
    return Table(name, row, kinds, tuple(key.split()), tuple(stored.items()))


_SHORT: Final = {"int": "integer", "big": "bigint", "bool": "boolean", "time": "timestamptz"}

CONVERSATIONS: Final = _table(
    "conversations",
    rows.ConversationRow,
    "uuid big uuid uuid word uuid word word text[] uuid uuid time time int int time uuid uuid text uuid text"
    " word time text int uuid uuid[] uuid[] uuid bool uuid uuid[]",
    "conversation_id",
)
LABELS: Final = _table(
    "conversation_labels",
    rows.LabelRow,
    "uuid text word uuid time uuid uuid word word time word time",
    "conversation_id label",
)
MESSAGES: Final = _table(
    "messages",
    rows.Line,
    "uuid int uuid word word time word uuid word uuid word json uuid json word int text bool uuid text time bool",
    "conversation_id sequence",
)
DELIVERIES: Final = replace(
    _table("messages", rows.DeliveryRow, "uuid uuid text int text bool uuid text time", "conversation_id message_id"),
    kept=('"released_at"',),
)
CONTACTS: Final = _table(
    "contacts", rows.ContactRow, "uuid int time time word text text text text text time uuid uuid bool", "contact_id"
)
COMPANIES: Final = _table("companies", rows.CompanyRow, "uuid text text[] text time", "company_id")
COMPANY_CHANGES: Final = replace(
    _table("companies", rows.CompanyChange, "uuid text text[] text", "company_id"), kept=('"note"',)
)
CONTACT_PROPERTIES: Final = _table(
    "contact_properties", rows.ContactPropertyRow, "uuid text text text[] time bool", "property_id"
)
TIMELINE: Final = _table(
    "contact_timeline", rows.TimelineRow, "uuid uuid time word word text uuid json json", "event_id"
)
LINKED_HANDLES: Final = _table("linked_handles", rows.LinkedHandleRow, "uuid int text text", "contact_id sequence")
INBOXES: Final = _table(
    "inboxes", rows.InboxRow, "uuid text text uuid text uuid[] uuid[] text bool bool bool int text time", "inbox_id"
)
TEAMS: Final = _table("teams", rows.TeamRow, "uuid text uuid[] time", "team_id")
AGENTS: Final = _table(
    "agents",
    rows.AgentRow,
    "uuid text bool text time text time int text text text text text text time text[] text[] text",
    "agent_id",
)
AVATARS: Final = _table("avatars", rows.AvatarRow, "uuid int text bytea", "agent_id")
CHANNELS: Final = _table(
    "channels", rows.ChannelRow, "uuid uuid text text text bool text time time text text time text text", "channel_id"
)
CHANNEL_TESTS: Final = replace(
    _table("channel_tests", ChannelTestRow, "uuid uuid time time text text text text uuid", "test_id"),
    kept=('"started_at"', '"ends_at"', '"credentials"', '"sent"', '"arrived"', '"routed"', '"message_id"'),
)
RULE_SETS: Final = _table("rule_sets", rows.RuleSetRow, "text int text time text", "state")
EMAIL_FILTERS: Final = _table("email_filters", rows.EmailFiltersRow, "int text text time text", "version")
PIPELINES: Final = _table("pipelines", rows.PipelineRow, "uuid text text time", "pipeline_id")
TICKETS: Final = _table(
    "tickets",
    rows.TicketRow,
    "uuid int big uuid text word uuid uuid int uuid time time uuid text",
    "ticket_id",
)
TICKET_LINKS: Final = _table(
    "ticket_links", rows.TicketLinkRow, "uuid uuid uuid big bool uuid text word uuid", "conversation_id ticket_id"
)
FILTERED: Final = _table(
    "filtered", rows.FilteredRow, "uuid uuid uuid word uuid uuid int uuid word word time json uuid json", "filtered_id"
)
ADMITTED: Final = _table("filtered", rows.AdmittedRow, "uuid uuid time text", "filtered_id")
SNIPPETS: Final = _table("snippets", rows.SnippetRow, "uuid uuid text text text text text time text bool", "snippet_id")
DEFINED_LABELS: Final = _table("labels", rows.DefinedLabelRow, "uuid text text text[] time text bool", "label_id")
VIEWS: Final = _table("views", rows.ViewRow, "uuid uuid text uuid text text time text bool", "view_id")
NOTIFICATIONS: Final = _table(
    "notifications", rows.NotificationRow, "uuid word uuid uuid uuid uuid int time word text", "notification_id"
)
READ_MARKS: Final = _table("read_marks", rows.ReadMarkRow, "uuid uuid int", "conversation_id agent_id")
AUDIT: Final = _table("audit", rows.AuditRow, "uuid time uuid word word uuid uuid json", "event_id")
QUARANTINE: Final = _table(
    "quarantine", rows.QuarantineRow, "uuid int text int big text text big time time time text", "quarantine_id"
)
OUTCOMES: Final = _table(
    "command_outcomes", rows.OutcomeRow, "uuid text text text text uuid json time json", "command_id"
)
STREAMS: Final = _table("streams", rows.StreamRow, "uuid int", "stream_id")
FEED: Final = _table("feed", rows.FeedRow, "word uuid uuid int word int big", "feed_id")
RECEIVED: Final = _table("received", rows.CountRow, "text time text big", "channel hour type", what="type")
STORED: Final = _table("stored", rows.CountRow, "text time text big", "channel hour outcome", what="outcome")
ACTIVITY: Final = _table("channel_activity", rows.ActivityRow, "uuid time", "channel_id")


def columns_of(table: Table, alias: str) -> str:
    """The columns of a table, for a query that reads whole rows into `Table.row`."""
    return ", ".join(f"{alias}.{name}" for name in table.columns)


def row_of(table: Table, values: Sequence[Any]) -> Any:
    """A row as PostgreSQL gave it; arrays come as lists."""
    fields = table.row.__struct_fields__
    return table.row(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in zip(fields, values, strict=True)}
    )
