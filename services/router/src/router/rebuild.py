"""`python -m router lookups rebuild`: the look-up rows made anew from the events of the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from events import codec, frame
from events.sealing import DataKey
from events.topics import COMMAND_OUTCOMES
from router.composition import Parts
from router.replay import KEPT, Replay
from service_kit.database import Cursor
from service_kit.event_store import StoredEvent

PAGE: Final = 1000
_EMPTY: Final = (
    b"TRUNCATE router.thread_keys, router.participants, router.handles, router.holdings, router.conversations,"
    b" router.agent_load, router.team_load, router.timers, router.acknowledged, router.blobs, router.filtered,"
    b" router.ticket_links, router.tickets, router.ticket_stages, router.merged, router.blocked,"
    b" router.company_domains, router.former_handles, router.last_agents, router.successors"
)
_UNNUMBERED: Final = b"UPDATE router.numbers SET last = 0"
_PAGE: Final = (
    b"SELECT originator_id, originator_version, topic, state, notification_id FROM router.stored_events"
    b" WHERE notification_id > %b ORDER BY notification_id LIMIT %b"
)


def rebuild(
    parts: Parts, progress: Callable[[int], None] = lambda events: None, *, page_events: int = PAGE, kept: int = KEPT
) -> int:
    """All in one transaction that holds the store's lock, so that a running router waits and then goes on with the new
    rows; returns the number of events. Dedupe keys, outcomes, secrets, and what is left to hand out of
    queues or to give back are not in the events and stay as they are.

    Raises KeyNotHeld when the keyring lacks a row.
    """
    replay = Replay(parts.store, parts.decoder.hashes, parts.decoder.conversation_of, kept=kept)
    events, position = 0, 0
    with parts.store.transaction() as cursor:
        cursor.execute(_EMPTY)
        cursor.execute(_UNNUMBERED)
        while page := _page(cursor, position, page_events):
            _apply(cursor, parts, replay, page)
            events, position = events + len(page), page[-1].position
            progress(events)
    return events


def _page(cursor: Cursor, after: int, most: int) -> list[StoredEvent]:
    cursor.execute(_PAGE, (after, most), binary=True)
    return [StoredEvent._make(row) for row in cursor.fetchall()]


def _apply(cursor: Cursor, parts: Parts, replay: Replay, page: list[StoredEvent]) -> None:
    parsed: list[codec.Parsed] = []
    firsts: dict[UUID, int] = {}
    for event in page:
        kept = frame.unpack(event.state)
        one = codec.parse(kept.headers, kept.body)
        if COMMAND_OUTCOMES.name == one.cls.TOPIC:
            continue
        parsed.append(one)
        firsts.setdefault(event.stream, event.sequence)
    keys = parts.keyring.fetch(cursor, {one.key_id for one in parsed if one.key_id is not None})
    replay.prepare(cursor, firsts)
    for one in parsed:
        held = isinstance(keys.get(one.key_id), DataKey) if one.key_id is not None else False
        replay.apply(cursor, codec.open_(one, keys), one.key_id if held else None)
    replay.flush(cursor)
    parts.keyring.evict()
