"""What the committed views show, by (topic, partition): told by NOTIFY, waited for by those who wrote. What else the
database tells comes by the same connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from psycopg import AsyncConnection, Error
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from events.outcomes import ShownAt
from service_kit.database import session_options

log = logging.getLogger(__name__)
CHANNEL: Final = "inbox_shown"
RETRY_SECONDS: Final = 0.5
CHECK_SECONDS: Final = 15.0
Heard = Callable[[str | None], None]
"""Takes a payload; None: some may have gone missing."""
_Positions = list[tuple[str, int, int]]
_payload = msgspec.json.Decoder(_Positions)


class Shown:
    """The greatest position shown of each partition, and who waits for one; no I/O."""

    def __init__(self) -> None:
        self._positions: dict[tuple[str, int], int] = {}
        self._waiting: dict[asyncio.Future[None], tuple[ShownAt, ...]] = {}

    def advance(self, positions: Iterable[tuple[str, int, int]]) -> None:
        """Notes what a commit made visible; wakes those whose last wish it was."""
        for topic, partition, position in positions:
            known = self._positions.get((topic, partition), 0)
            self._positions[topic, partition] = max(known, position)
        for future, wanted in list(self._waiting.items()):
            if not future.done() and self.shows(wanted):
                future.set_result(None)

    def shows(self, wanted: Iterable[ShownAt]) -> bool:
        return all(self._positions.get((at.topic, at.partition), 0) >= at.position for at in wanted)

    async def wait(self, wanted: tuple[ShownAt, ...]) -> None:
        """Returns when all of it is visible; never gives up by itself."""
        if self.shows(wanted):
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting[future] = wanted
        try:
            await future
        finally:
            del self._waiting[future]


class ShownListener:
    """Keeps a `Shown` and the feed's readers up to date by LISTEN; after every loss it reads the stored positions."""

    def __init__(self, dsn: str, shown: Shown) -> None:
        self._dsn = dsn
        self._shown = shown
        self._signals: set[asyncio.Event] = set()
        self._hearers: dict[str, Heard] = {}
        self.listening = asyncio.Event()

    def signal(self) -> asyncio.Event:
        """An event that is set after every commit of the projector (and after every reconnection)."""
        event = asyncio.Event()
        self._signals.add(event)
        return event

    def no_signal(self, event: asyncio.Event) -> None:
        self._signals.discard(event)

    def hear(self, channel: str, heard: Heard) -> None:
        """Hands on what is told on another channel, and after every (re)connection None. To be said before `run`."""
        self._hearers[channel] = heard

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen()
            except (Error, OSError) as error:
                self.listening.clear()
                log.warning("the listener lost its connection", extra={"fault": type(error).__name__})
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await AsyncConnection.connect(
            self._dsn,
            autocommit=True,
            row_factory=dict_row,
            application_name="postroom inbox-projection listen",
            options=session_options(),
            connect_timeout=5,
        )
        async with connection:
            for channel in (CHANNEL, *self._hearers):
                await connection.execute(SQL("listen {}").format(Identifier(channel)))
            await self._read(connection)
            for heard in self._hearers.values():
                heard(None)
            self.listening.set()
            while True:
                async for notice in connection.notifies(timeout=CHECK_SECONDS):
                    if notice.channel in self._hearers:
                        self._hearers[notice.channel](notice.payload)
                    else:
                        self._tell(_payload.decode(notice.payload) if notice.payload else [])
                await self._read(connection)

    async def _read(self, connection: AsyncConnection[dict[str, object]]) -> None:
        """All stored positions: at a (re)connection, and now and then, should a notification have gone missing."""
        cursor = await connection.execute(
            "select coalesce(json_agg(json_build_array(topic, partition, position)), '[]')::text as positions"
            " from inbox.positions"
        )
        row = await cursor.fetchone()
        self._tell(_payload.decode(str(row["positions"])) if row else [])

    def _tell(self, positions: _Positions) -> None:
        self._shown.advance(positions)
        for event in self._signals:
            event.set()
