"""A router on a real log, for tests: what ingest and the API would publish, and an intake in this process."""

from __future__ import annotations

import asyncio
from typing import Any

from events import codec
from events.commands import CreateTeam
from events.envelope import AnyEnvelope, Command
from router.batch import BatchHandler
from router.intake import Intake
from router.observation import Observation
from router.offsets_command import LOCK
from router.testing import AS_ANNA, COMMANDS, EMAIL, Workbench, envelope, mail
from service_kit.health import Health
from service_kit.ids import new_id
from service_kit.leadership import Leadership
from service_kit.metrics import Metrics
from service_kit.producer import Publisher
from service_kit.settings import DEFAULT_WORKSPACE_ID

LOCK_SESSION = "postroom router lock"


class Log:
    """Publishes what ingest and the API would."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.publisher = Publisher(self.bootstrap, linger_ms=5)

    async def mails(self, count: int) -> list[AnyEnvelope]:
        made = [mail(f"{new_id().hex}@c.example") for _ in range(count)]
        await asyncio.gather(*[self._publish(EMAIL, one) for one in made])
        return made

    async def command(self, wish: Command | None = None) -> AnyEnvelope:
        """Of the workspace; without a wish for another team."""
        wish = wish or CreateTeam(team_id=new_id(), name=new_id().hex)
        asked = envelope(wish, stream=DEFAULT_WORKSPACE_ID, actor=AS_ANNA)
        await self._publish(COMMANDS, asked)
        return asked

    async def _publish(self, topic: str, one: AnyEnvelope) -> None:
        await self.publisher.publish(topic, str(one.stream).encode(), codec.encode(one))


class Running:
    """An intake in this process, with its lock."""

    def __init__(
        self, bench: Workbench, log: Log, max_records: int = 500, handler: BatchHandler | None = None, **others: Any
    ) -> None:
        self.stop = asyncio.Event()
        self.metrics, self.health = Metrics(), Health("intake")
        self.observation = Observation(self.metrics, self.health)
        self.intake = Intake(
            bootstrap=log.bootstrap,
            dsn=bench.dsn,
            handler=bench.built(settled=self.observation.settled).handler if handler is None else handler,
            observation=self.observation,
            max_records=max_records,
            **others,
        )
        self._dsn = bench.dsn
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with Leadership(self._dsn, LOCK, process="router lock", stop=self.stop) as leader:
            if leader.held:
                await self.intake.run(self.stop, leader)

    async def end(self) -> None:
        self.stop.set()
        await self.task


def appended(bench: Workbench) -> int:
    found = bench.rows("SELECT count(*) FROM router.stored_events WHERE topic = 'ConversationOpened'")
    return int(found[0][0])


def handled_once(bench: Workbench, mails: list[AnyEnvelope]) -> None:
    """Each mail has become exactly one conversation, in streams without holes."""
    opened = [event for event in bench.events() if event.type == "ConversationOpened"]
    assert sorted(event.causation_id for event in opened) == sorted(one.id for one in mails)  # type: ignore[type-var]
    holes = bench.rows(
        "SELECT originator_id FROM router.stored_events GROUP BY 1 HAVING count(*) <> max(originator_version)"
    )
    assert holes == []


def end_sessions(bench: Workbench, name: str = LOCK_SESSION) -> int:
    """Ends the database sessions of that name; how many there were."""
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
    return len(bench.rows(f"{ended} AND datname = current_database()", name))
