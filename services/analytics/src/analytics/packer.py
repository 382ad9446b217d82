"""Packs the days whose facts came since they were packed last."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Final

from analytics.packing import pack
from service_kit.database import Cursor

AT_ONCE: Final = 60
ROW_COLUMNS: Final = "stopped_at, number, inbox_id, channel, team_id, agent_id, duration, parts"
_DUE: Final = """
select kind, day from {schema}.days where packed is null and day < %s order by day, kind limit %s
for update skip locked
"""
_ROWS: Final = f"""
select u.kind, u.day, {ROW_COLUMNS}
from unnest(%s::text[], %s::integer[]) as u (kind, day)
join {{schema}}.facts f on f.kind = u.kind and f.stopped_at >= u.day * 86400000::bigint
    and f.stopped_at < (u.day + 1) * 86400000::bigint
order by u.kind, u.day, f.stopped_at, f.conversation_id, f.sequence
"""  # noqa: S608 (names of this file)
_PUT: Final = """
update {schema}.days d set packed = u.packed
from unnest(%s::text[], %s::integer[], %s::bytea[]) as u (kind, day, packed)
where d.kind = u.kind and d.day = u.day
"""


def pack_days(cursor: Cursor, schema: str, before: int) -> int:
    """Packs some of the days before that one (since 1970), oldest first, in the caller's transaction; how many.

    The rows of the days are locked first: who writes facts of them meanwhile waits, and marks them as unpacked again.
    """

    def execute(text: str, *parameters: object) -> None:
        cursor.execute(text.format(schema=schema).encode(), parameters)

    execute(_DUE, before, AT_ONCE)
    due = cursor.fetchall()
    if not due:
        return 0
    execute(_ROWS, [kind for kind, _ in due], [day for _, day in due])
    packed = [
        (kind, day, pack(kind, day, [row[2:] for row in rows]))
        for (kind, day), rows in groupby(cursor.fetchall(), itemgetter(0, 1))
    ]
    kinds, days, blocks = (list(column) for column in zip(*packed, strict=True))
    execute(_PUT, kinds, days, blocks)
    return len(due)
