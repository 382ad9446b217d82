"""The router's event store: look-ups by key only, whatever the planner believes of tables that were empty just now."""

from __future__ import annotations

from service_kit.database import Connection, prefer_indexes
from service_kit.event_store import EventStore


class RouterStore(EventStore):
    """Prepares each new connection for the statements of a batch."""

    _prepared: Connection | None = None

    def _connected(self) -> Connection:
        connection = super()._connected()
        if connection is not self._prepared:
            prefer_indexes(connection)
            self._prepared = connection
        return connection
