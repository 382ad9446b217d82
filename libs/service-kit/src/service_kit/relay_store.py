"""What the relay reads in PostgreSQL, and what it writes in the session that holds its lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service_kit.event_store import TABLE
from service_kit.faults import LeadershipLost
from service_kit.leadership import AsyncConnection
from service_kit.relay_page import Published, Row, event_id
from service_kit.statements import statement

PAGE_BYTES = 8 * 1024 * 1024


class Epoch(NamedTuple):
    """A store's newest epoch: its name on records, where it began, and the stored position of its relay."""

    name: str
    number: int
    since: int
    relayed: int


class RelayStore:
    """SQL on the event store's table and the row of its newest epoch in `<schema>.stores`; `name` has the epoch."""

    def __init__(self, schema: str, store: str, page_events: int) -> None:
        self.name = store
        self._schema, self.store = schema, store
        self._number = 1
        self._page_events = page_events
        names = {"events": f"{schema}.{TABLE}", "stores": f"{schema}.stores", "channel": f"{schema}_{TABLE}"}
        self._sql_after = statement(
            "SELECT notification_id, state FROM (SELECT notification_id, state,"
            " sum(octet_length(state)) OVER (ORDER BY notification_id ROWS UNBOUNDED PRECEDING) - octet_length(state)"
            " AS before FROM (SELECT notification_id, state FROM {events}"
            " WHERE notification_id > %s ORDER BY notification_id LIMIT %s) page) sized"
            " WHERE before < %s",
            **names,
        )
        self._sql_keep = statement(
            "UPDATE {stores} SET relayed = greatest(relayed, %s) WHERE store = %s AND epoch = %s", **names
        )
        self._sql_states = statement(
            "SELECT notification_id, state FROM {events} WHERE notification_id = ANY(%s)", **names
        )
        self._sql_listen = statement("LISTEN {channel}", **names)
        self._sql_load = statement(
            "SELECT epoch, since, relayed FROM {stores} WHERE store = %s ORDER BY epoch DESC LIMIT 1", **names
        )
        self._sql_epoch = statement("INSERT INTO {stores} VALUES (%s, %s, %s, %s)", **names)

    async def listen(self, connection: AsyncConnection) -> None:
        await connection.execute(self._sql_listen)

    async def notified(self, connection: AsyncConnection, seconds: float) -> None:
        """Waits for the next append, or until the time has passed."""
        async for _ in connection.notifies(timeout=seconds, stop_after=1):
            pass

    async def load(self, connection: AsyncConnection) -> Epoch:
        """Raises LeadershipLost when the event store has not been created yet."""
        cursor = await connection.execute(self._sql_load, (self.store,))
        row = await cursor.fetchone()
        if row is None:
            raise LeadershipLost(f"the store {self.store} has no row in {self._schema}.stores: start its router first")
        return self._remember(Epoch(f"{self.store}/{row[0]}", *row))

    async def begin_epoch(self, connection: AsyncConnection, last: Epoch, newest: int) -> Epoch:
        """An epoch of its own, after the newest one of store and log, from the stored position on: what was relayed
        before is common to both."""
        await connection.execute(
            self._sql_epoch,
            (self.store, max(last.number, newest) + 1, last.relayed, last.relayed),
        )
        return await self.load(connection)

    async def unknown(self, connection: AsyncConnection, last: Sequence[Published]) -> list[Published]:
        """Those of the log's events that the store does not hold at their position."""
        cursor = await connection.execute(self._sql_states, ([event.position for event in last],))
        held = {position: event_id(state) for position, state in await cursor.fetchall()}
        return [event for event in last if held.get(event.position) != event.event_id]

    async def after(self, reader: AsyncConnection, position: int) -> list[Row]:
        """The next rows after a position, at most a page and 8 MB."""
        cursor = reader.cursor(binary=True)
        await cursor.execute(self._sql_after, (position, self._page_events, PAGE_BYTES))
        return await cursor.fetchall()

    async def keep(self, leader: AsyncConnection, confirmed: int) -> None:
        """Stores the confirmed position. It fails when the session that holds the lock has ended."""
        await leader.execute(self._sql_keep, (confirmed, self.store, self._number))

    def _remember(self, epoch: Epoch) -> Epoch:
        self.name, self._number = epoch.name, epoch.number
        return epoch
