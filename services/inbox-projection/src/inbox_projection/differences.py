"""Each message of an hour that is in no conversation, and why; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from inbox_projection.inbound_log import Received


@dataclass(frozen=True)
class Shown:
    """What the views have of the received messages: ids in conversations, filtered ones by message id, and the places
    of those in quarantine."""

    appended: Collection[UUID]
    filtered: Mapping[UUID, UUID]
    quarantined: Collection[tuple[str, int, int]]


def differences(received: Iterable[Received], begin: datetime, end: datetime, shown: Shown) -> list[dict[str, Any]]:
    """Of the messages received from begin to end; earlier ones only show of which a later one is a duplicate.

    Quarantined ones are left out: the quarantine is listed by itself.
    """
    everything = list(received)
    first: dict[tuple[UUID, str], UUID] = {}
    for one in everything:
        if one.message_id in shown.appended or one.message_id in shown.filtered:
            first[one.inbox_id, one.dedupe_key] = one.message_id
    found = []
    for one in everything:
        if not begin <= one.at < end or one.message_id in shown.appended:
            continue
        if (one.topic, one.partition, one.offset) in shown.quarantined:
            continue
        copy = first.get((one.inbox_id, one.dedupe_key))
        found.append(_difference(one, shown.filtered.get(one.message_id), copy))
    return found


def _difference(one: Received, filtered_id: UUID | None, copy: UUID | None) -> dict[str, Any]:
    if filtered_id is not None:
        kind, copy = "filtered", None
    elif not one.handled:
        kind, copy = "on_its_way", None
    else:
        kind = "not_shown" if copy is None else "duplicate"
    return {
        "kind": kind,
        "id": f"{one.topic}/{one.partition}/{one.offset}",
        "at": one.at,
        "message_id": one.message_id,
        "inbox_id": one.inbox_id,
        "channel_id": one.channel_id,
        "filtered_id": filtered_id,
        "quarantine_id": None,
        "duplicate_of": copy,
        "topic": one.topic,
        "partition": one.partition,
        "offset": one.offset,
    }


def quarantined(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record of the quarantine, as a difference."""
    return {
        "kind": "quarantined",
        "id": f"{row['topic']}/{row['partition']}/{row['offset']}",
        "at": row["quarantined_at"],
        "message_id": None,
        "inbox_id": None,
        "channel_id": None,
        "filtered_id": None,
        "quarantine_id": row["quarantine_id"],
        "duplicate_of": None,
        "topic": row["topic"],
        "partition": row["partition"],
        "offset": row["offset"],
    }
