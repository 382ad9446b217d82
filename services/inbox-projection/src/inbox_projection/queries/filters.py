"""E-mail filters, by version, and the mails that they kept out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from events.filtering import FilterSwitches
from events.values import MessageContent, MessageFacts
from events.workspace import EmailFilter
from inbox_projection.lines import address, attachment
from inbox_projection.pool import Database, Row
from inbox_projection.queries.conversation_keys import COUNTED
from inbox_projection.queries.conversation_lists import Count
from inbox_projection.views.inbox import preview_of

_filters: Final = msgspec.json.Decoder(tuple[EmailFilter, ...])
_switches: Final = msgspec.json.Decoder(tuple[FilterSwitches, ...])
_facts: Final = msgspec.json.Decoder(MessageFacts)
_content: Final = msgspec.json.Decoder(MessageContent)
_FILTERED: Final = (
    "select f.filtered_id, f.message_id, f.inbox_id, f.channel, f.channel_id, f.filter_id, f.filter_version,"
    " f.contact_id, f.switch, f.refused, f.at, f.details, f.content, f.conversation_id, f.admitted_at, f.admitted_by"
    " from inbox.filtered f"
)
_PAGE: Final = (
    _FILTERED + " where (%(every)s or f.inbox_id = any(%(inboxes)s::uuid[])) and (%(first)s or (f.at, f.filtered_id)"
    " < (%(at)s, %(id)s)) order by f.at desc, f.filtered_id desc limit %(limit)s"
)
_COUNT: Final = (
    "select count(*) as found from (select 1 from inbox.filtered f where f.admitted_at is null limit %(limit)s) e"
)
_COUNT_OF: Final = (
    "select count(*) as found from (select 1 from inbox.filtered f"
    " where f.admitted_at is null and f.inbox_id = any(%(inboxes)s::uuid[]) limit %(limit)s) e"
)
# As a line of a thread, for what reads originals and attachments.
_MESSAGE: Final = (
    "select f.inbox_id, null::bigint as number, f.message_id, 'message' as kind, 'in' as direction, f.content,"
    " true as filtered from inbox.filtered f where f.message_id = %s"
)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Version:
    """The filters of one version; 0 and none before there were any."""

    number: int = 0
    filters: tuple[EmailFilter, ...] = ()
    switches: tuple[FilterSwitches, ...] = ()


async def newest(database: Database) -> Version:
    row = await database.row("select version, filters, switches from inbox.email_filters order by version desc limit 1")
    if row is None:
        return Version()
    return Version(row["version"], _filters.decode(row["filters"]), _switches.decode(row["switches"]))


async def page(database: Database, inboxes: frozenset[UUID] | None, after: Place | None, limit: int) -> list[Row]:
    """Filtered mails of these inboxes (None: of all), newest first."""
    return await database.rows(
        _PAGE,
        {
            "every": inboxes is None,
            "inboxes": list(inboxes or ()),
            "first": after is None,
            "at": None if after is None else after.at,
            "id": None if after is None else after.id,
            "limit": limit,
        },
    )


async def count(database: Database, inboxes: frozenset[UUID] | None) -> Count:
    """How many mails filters keep out of these inboxes (None: of all): those that were let in are no longer among
    them."""
    asked = {"inboxes": list(inboxes or ()), "limit": COUNTED + 1}
    row = await database.row(_COUNT if inboxes is None else _COUNT_OF, asked)
    found = 0 if row is None else int(row["found"])
    return Count(min(found, COUNTED), more=found > COUNTED)


async def caught_by(database: Database, rows: Sequence[Row]) -> dict[tuple[int, UUID], EmailFilter]:
    """The filters that caught these mails, as they were then, by version and id."""
    versions = sorted({row["filter_version"] for row in rows})
    found = await database.rows("select version, filters from inbox.email_filters where version = any(%s)", (versions,))
    return {(row["version"], one.id): one for row in found for one in _filters.decode(row["filters"])}


async def one(database: Database, filtered_id: UUID) -> Row | None:
    return await database.row(_FILTERED + " where f.filtered_id = %s", (filtered_id,))


async def message(database: Database, message_id: UUID) -> Row | None:
    """A filtered mail by its message id, with what reading its original and its attachments needs."""
    return await database.row(_MESSAGE, (message_id,))


def shaped_filter(one: EmailFilter) -> dict[str, Any]:
    return msgspec.structs.asdict(one)


def shaped_switches(one: FilterSwitches) -> dict[str, Any]:
    return msgspec.structs.asdict(one)


def shaped(row: Row, caught: EmailFilter | None) -> dict[str, Any]:
    content = None if row["content"] is None else _content.decode(row["content"])
    return {
        "id": row["filtered_id"],
        "message_id": row["message_id"],
        "inbox_id": row["inbox_id"],
        "channel": row["channel"],
        "channel_id": row["channel_id"],
        "filter_id": row["filter_id"],
        "contact_id": row["contact_id"],
        "switch": row["switch"],
        "refused": row["refused"],
        "filter": None if caught is None else shaped_filter(caught),
        "from": None if content is None else address(content.sender),
        "to": [] if content is None else [address(one) for one in content.to],
        "subject": "" if content is None else content.subject,
        "preview": "" if content is None else preview_of(content.new_text) or preview_of(content.quoted),
        "attachments": [] if content is None else [attachment(row["message_id"], one) for one in content.attachments],
        "size": _facts.decode(row["details"]).size,
        "erased": content is None,
        "received_at": row["at"],
        "raw_url": f"/api/v1/messages/{row['message_id']}/raw",
        "admitted_at": row["admitted_at"],
        "admitted_by": None if row["admitted_by"] is None else UUID(row["admitted_by"].partition(":")[2]),
        "conversation_id": row["conversation_id"],
    }
