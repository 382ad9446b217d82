"""Prunes what the views keep for a time only: the feed for 24 hours, command outcomes for 48."""

from __future__ import annotations

from typing import Final

from inbox_projection.tables.schema import LIVE
from service_kit.database import connect

FEED_HOURS: Final = 24
OUTCOME_HOURS: Final = 48
ROWS: Final = 10_000
"""At most so many rows in one transaction, so that nobody waits for it."""

_PRUNED: Final = (
    (
        "delete from {schema}.feed where feed_id in (select feed_id from {schema}.feed"
        " where at < now() - make_interval(hours => %(hours)s) order by feed_id limit %(rows)s)",
        FEED_HOURS,
    ),
    (
        "delete from {schema}.command_outcomes where command_id in (select command_id from {schema}.command_outcomes"
        " where handled_at < now() - make_interval(hours => %(hours)s) limit %(rows)s)",
        OUTCOME_HOURS,
    ),
)


def prune(dsn: str, schema: str = LIVE) -> int:
    """Deletes what is older, in portions; the number of rows that went."""
    gone = 0
    with connect(dsn, "prune", durable=False) as connection:
        for text, hours in _PRUNED:
            statement = text.format(schema=schema).encode()
            while True:
                deleted = connection.execute(statement, {"hours": hours, "rows": ROWS}).rowcount
                gone += deleted
                if deleted < ROWS:
                    break
    return gone
