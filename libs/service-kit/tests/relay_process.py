"""A relay in a process of its own, for tests that stop and kill it: arguments bootstrap, dsn, topic, partitions."""

from __future__ import annotations

import asyncio
import sys

from service_kit import lifecycle, logs
from service_kit.relay import Relay


def main() -> int:
    logs.configure("relay")
    bootstrap, dsn, topic, partitions = sys.argv[1:]
    relay = Relay(bootstrap, dsn, partitions={topic: int(partitions)}, page_events=50)

    async def life() -> int:
        return await lifecycle.run({"relay": relay.run}, stop=asyncio.Event())

    return lifecycle.main(life)


if __name__ == "__main__":
    raise SystemExit(main())
