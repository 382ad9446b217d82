"""The live feed: one reader of the feed table for the whole process, and a bounded queue for each listener."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from inbox_projection.attendance import Change
from inbox_projection.policy import Permission
from inbox_projection.pool import Database, DatabaseAway
from inbox_projection.queries.drafts import Told
from inbox_projection.shown import ShownListener

PAGE: Final = 500
QUEUE: Final = 1000
SIGNALS_KEPT: Final = 200
KEEP_ALIVE_SECONDS: Final = 15.0
_told: Final = msgspec.json.Decoder(Told)
_AFTER: Final = """
select f.feed_id, f.kind, f.conversation_id, f.inbox_id, f.sequence, f.position, t.assignee_id, t.opened_by
from inbox.feed f
left join inbox.tickets t on f.kind = 'ticket' and f.inbox_id is null and t.ticket_id = f.conversation_id
where f.feed_id > %s order by f.feed_id limit %s
"""
_BOUNDS: Final = "select coalesce(min(feed_id), 0) as oldest, coalesce(max(feed_id), 0) as newest from inbox.feed"


_NAMED: Final = frozenset({"conversation", "ticket", "company", "contact", "agent"})
_UNNAMED: Final = {
    "inbox": Permission.READ_CONVERSATIONS,
    "team": Permission.READ_CONVERSATIONS,
    "label": Permission.READ_CONVERSATIONS,
    "channel": Permission.READ_CONVERSATIONS,
    "view": Permission.READ_CONVERSATIONS,
    "filtered": Permission.MANAGE_FILTERS,
    "filters": Permission.MANAGE_FILTERS,
    "rules": Permission.MANAGE_RULES,
    "pipeline": Permission.READ_CONVERSATIONS,
    "property": Permission.READ_CONVERSATIONS,
    "snippet": Permission.READ_CONVERSATIONS,
}
"""Kinds that only say that something of it is otherwise, and what one must be allowed to be told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the feed with its text on the wire; `inbox_id` None concerns everybody, `agent_id` set that agent only.

    `members_only`: who may look into every inbox is no member of each. `owners`, of a ticket without conversations:
    those agents, and who manages.
    """

    id: int
    inbox_id: UUID | None
    text: bytes
    agent_id: UUID | None = None
    members_only: bool = False
    owners: frozenset[UUID] | None = None
    needs: Permission = Permission.READ_CONVERSATIONS


def entry(
    feed_id: int,
    kind: str,
    conversation_id: UUID | None,
    inbox_id: UUID | None,
    sequence: int | None,
    position: int | None,
    owners: Iterable[UUID | None] = (),
) -> Entry:
    """The server-sent event (HTML Living Standard 9.2) of a row; `owners` has who opened a ticket and whose it is."""
    if kind == "notification":
        body = msgspec.json.encode({"id": None, "inbox_id": inbox_id, "sequence": None, "position": position}).decode()
        text = f"id: {feed_id}\nevent: notification\ndata: {body}\n\n".encode()
        return Entry(feed_id, inbox_id, text, agent_id=conversation_id, members_only=True)
    if kind == "ticket_left":
        named = {"id": conversation_id, "inbox_id": None, "sequence": sequence, "position": position}
        text = f"id: {feed_id}\nevent: ticket\ndata: {msgspec.json.encode(named).decode()}\n\n".encode()
        return Entry(feed_id, None, text, agent_id=inbox_id)
    if kind in _UNNAMED:
        body = msgspec.json.encode({"id": None, "inbox_id": inbox_id, "sequence": None, "position": position}).decode()
        text = f"id: {feed_id}\nevent: {kind}\ndata: {body}\n\n".encode()
        return Entry(feed_id, inbox_id, text, agent_id=conversation_id, needs=_UNNAMED[kind])
    if kind not in _NAMED:
        return Entry(feed_id, None, reset_text(feed_id))
    body = msgspec.json.encode(
        {"id": conversation_id, "inbox_id": inbox_id, "sequence": sequence, "position": position}
    ).decode()
    only = frozenset(one for one in owners if one is not None) if kind == "ticket" and inbox_id is None else None
    return Entry(feed_id, inbox_id, f"id: {feed_id}\nevent: {kind}\ndata: {body}\n\n".encode(), owners=only)


def presence_entries(change: Change) -> list[Entry]:
    """The server-sent event of a presence; without an id it changes nobody's `Last-Event-ID`."""
    named = {"id": change.conversation_id, "inbox_id": change.inbox_id, "sequence": None, "position": None}
    body = msgspec.json.encode({**named, "agent_id": change.agent_id, "state": change.state}).decode()
    told = [Entry(0, change.inbox_id, f"event: presence\ndata: {body}\n\n".encode())]
    if change.state == "gone":
        again = msgspec.json.encode({**named, "id": None}).decode()
        text = f"event: notification\ndata: {again}\n\n".encode()
        told.append(Entry(0, change.inbox_id, text, agent_id=change.agent_id))
    return told


def draft_entry(told: Told | None) -> Entry:
    """The server-sent event of a draft, for its own agent, without an id; None: any draft may have changed."""
    named = {"id": None if told is None else told.conversation_id, "sequence": None, "position": None}
    rest = {"inbox_id": None, "became": None if told is None else told.became}
    body = msgspec.json.encode({**named, **rest, "writer": None if told is None else told.writer}).decode()
    agent_id = None if told is None else told.agent_id
    return Entry(0, None, f"event: draft\ndata: {body}\n\n".encode(), agent_id=agent_id)


def preferences_entry(agent_id: UUID | None) -> Entry:
    """The server-sent event of an agent's preferences, without an id; None: anybody's may be others."""
    body = msgspec.json.encode({"id": None, "inbox_id": None, "sequence": None, "position": None}).decode()
    return Entry(0, None, f"event: preferences\ndata: {body}\n\n".encode(), agent_id=agent_id)


def reset_text(feed_id: int) -> bytes:
    """Tells the listener to read everything anew: what it missed is no longer known."""
    body = msgspec.json.encode({"id": None, "sequence": None, "position": None}).decode()
    return f"id: {feed_id}\nevent: reset\ndata: {body}\n\n".encode()


class Listener:
    """What one connection has not read yet. It begins by reading the table, and so does a slow one whose queue
    overflowed: it loses the queue, not its place.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._wake = asyncio.Event()
        self._signals: deque[Entry] = deque(maxlen=SIGNALS_KEPT)
        self.behind = True
        self.closed = False

    def push(self, entries: Iterable[Entry]) -> None:
        self._entries.extend(entries)
        if len(self._entries) > QUEUE:
            self._entries.clear()
            self.behind = True
        self._wake.set()

    def signal(self, entry: Entry) -> None:
        self._signals.append(entry)
        self._wake.set()

    def signals(self) -> list[Entry]:
        """What passed meanwhile; of too much of it the oldest is forgotten."""
        taken = list(self._signals)
        self._signals.clear()
        return taken

    def close(self) -> None:
        self.closed = True
        self._wake.set()

    async def take(self, seconds: float) -> list[Entry]:
        """What came, waiting at most so long for something; `behind` says that the table must be read instead."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()
        taken = list(self._entries)
        self._entries.clear()
        return taken


class Feed:
    """`run` reads new rows after every commit of the projector and hands them to all listeners."""

    def __init__(
        self, database: Database, commits: ShownListener, *, keep_alive_seconds: float = KEEP_ALIVE_SECONDS
    ) -> None:
        self.keep_alive_seconds = keep_alive_seconds
        self._database = database
        self._commits = commits
        self._listeners: set[Listener] = set()
        self._last: int | None = None
        self._closed = False

    async def bounds(self) -> tuple[int, int]:
        """The oldest and newest ids kept; (0, 0) for an empty feed."""
        row = await self._database.row(_BOUNDS)
        return (row["oldest"], row["newest"]) if row else (0, 0)

    async def after(self, feed_id: int) -> AsyncIterator[list[Entry]]:
        """All committed entries above the id, in pages."""
        while True:
            page = await self._page(feed_id)
            if page:
                yield page
                feed_id = page[-1].id
            if len(page) < PAGE:
                return

    @contextlib.contextmanager
    def listening(self) -> Iterator[Listener]:
        """A listener that collects from now on, until the block ends."""
        listener = Listener()
        if self._closed:
            listener.close()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def tell(self, change: Change) -> None:
        """Tells all listeners of a presence: it is no row, has no id, and is not repeated to who comes later. The agent
        whose it is may read notifications again that were held back."""
        told = presence_entries(change)
        for listener in self._listeners:
            for one in told:
                listener.signal(one)

    def tell_draft(self, told: str | None) -> None:
        """Hands on what `queries.drafts.CHANNEL` tells; None: some of it may have gone missing."""
        one = draft_entry(None if told is None else _told.decode(told))
        for listener in self._listeners:
            listener.signal(one)

    def tell_preferences(self, agent_id: str | None) -> None:
        """Hands on what `queries.preferences.CHANNEL` tells; None: some of it may have gone missing."""
        one = preferences_entry(None if agent_id is None else UUID(agent_id))
        for listener in self._listeners:
            listener.signal(one)

    async def run(self) -> None:
        """Until cancelled."""
        signal = self._commits.signal()
        try:
            while True:
                await signal.wait()
                signal.clear()
                try:
                    await self._read()
                except DatabaseAway:
                    continue  # the next (re)connection of the listener sets the signal again
        finally:
            self._commits.no_signal(signal)

    def close(self) -> None:
        """Ends all listeners' streams; new ones end at once."""
        self._closed = True
        for listener in self._listeners:
            listener.close()

    async def _read(self) -> None:
        known = self._last
        if known is not None:
            async for page in self.after(known):
                self._last = page[-1].id
                self._hand_out(page)
        if self._last != known:
            return
        _, newest = await self.bounds()
        if known is not None and newest < known:
            self._hand_out([Entry(newest, None, reset_text(newest))])
        if known is None or newest < known:
            self._last = newest

    def _hand_out(self, entries: list[Entry]) -> None:
        for listener in self._listeners:
            listener.push(entries)

    async def _page(self, feed_id: int) -> list[Entry]:
        rows = await self._database.rows(_AFTER, (feed_id, PAGE))
        return [
            entry(
                row["feed_id"],
                row["kind"],
                row["conversation_id"],
                row["inbox_id"],
                row["sequence"],
                row["position"],
                (row["assignee_id"], row["opened_by"]),
            )
            for row in rows
        ]
