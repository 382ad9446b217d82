"""A projector in a process of its own: arguments bootstrap, dsn, topic, group."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from service_kit import lifecycle, logs
from service_kit.database import Cursor
from service_kit.dead_letters import DeadLetters
from service_kit.projector import Projector
from service_kit.view_batch import Arrived


def apply(cursor: Cursor, batch: Sequence[Arrived]) -> None:
    events = [each.envelope for each in batch if each.envelope is not None]
    cursor.execute(
        b"INSERT INTO inbox.rows SELECT * FROM unnest(%b::uuid[], %b::int[], %b::bigint[])",
        ([e.stream for e in events], [e.sequence for e in events], [e.position or 0 for e in events]),
    )


def main() -> int:
    logs.configure("projector")
    bootstrap, dsn, topic, group = sys.argv[1:]

    async def life() -> int:
        projector = Projector(
            name=group,
            instance="0",
            bootstrap=bootstrap,
            dsn=dsn,
            schema="inbox",
            topics=[topic],
            apply=apply,
            dead_letters=DeadLetters(bootstrap, group),
            max_records=20,
        )
        projector.create()
        return await lifecycle.run({"projector": projector.run})

    return lifecycle.main(life)


if __name__ == "__main__":
    raise SystemExit(main())
