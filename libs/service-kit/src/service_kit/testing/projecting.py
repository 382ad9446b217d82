"""A projector on a topic and a view of its own, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service_kit.dead_letters import DeadLetters
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.projector import Projector
from service_kit.testing.log import create_topics, put
from service_kit.testing.view import View
from service_kit.testing.waiting import until


@dataclass
class Setting:
    """A topic, a group with its dead letters, and an empty view."""

    bootstrap: str
    dsn: str
    topic: str
    group: str
    view: View

    def projector(self, **options: Any) -> Projector:
        dead = DeadLetters(self.bootstrap, self.group, limit=options.pop("limit", 10))
        health = options.pop("health", Health(self.group))
        one = Projector(
            name=self.group,
            instance=options.pop("instance", "0"),
            bootstrap=self.bootstrap,
            dsn=options.pop("dsn", self.dsn),
            schema="inbox",
            topics=options.pop("topics", [self.topic]),
            apply=self.view.apply,
            skipped=self.view.skipped,
            dead_letters=dead,
            health=health,
            metrics=Metrics(),
            **options,
        )
        one.create()
        return one

    async def put(self, *records: Any, partition: int = 0) -> None:
        await put(self.bootstrap, self.topic, *records, partition=partition)

    def rows(self) -> list[tuple[UUID, int, int]]:
        return self.view.rows(self.dsn)

    def positions(self) -> list[int]:
        return sorted(position for _, _, position in self.rows() if position)


async def arranged(bootstrap: str, dsn: str, suffix: str) -> Setting:
    """With a topic of two partitions and an empty view in that database."""
    topic, group = f"view-{suffix}", f"test.view-{suffix}"
    await create_topics(bootstrap, {topic: 2, f"dead-letters.{group}.v1": 1})
    view = View()
    view.create(dsn)
    return Setting(bootstrap, dsn, topic, group, view)


@asynccontextmanager
async def running(projector: Projector) -> AsyncIterator[asyncio.Task[None]]:
    """The projector's task, stopped at the end; what it raised is raised."""
    stop = asyncio.Event()
    task = asyncio.create_task(projector.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait({task})
    task.result()


async def shown(setting: Setting, *positions: int, task: asyncio.Task[None] | None = None) -> None:
    """Returns when the view has just these positions. Raises what ended the task."""

    def there() -> bool:
        if task is not None and task.done():
            task.result()
        return setting.positions() == sorted(positions)

    await until(there)
