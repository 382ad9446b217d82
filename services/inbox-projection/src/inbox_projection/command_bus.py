"""The command port over Kafka: publishes with acks=all, reads outcomes without a group, waits for the views."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from events import codec
from events.errors import EventError
from events.outcomes import CommandHandled
from events.topics import COMMAND_OUTCOMES, COMMANDS
from inbox_projection.commands import ANSWER_SECONDS, AnyCommand
from inbox_projection.kafka_bus import KafkaBus
from inbox_projection.shown import Shown

log = logging.getLogger(__name__)
PUBLISH_SECONDS: Final = 4.0
FindOutcome = Callable[[UUID], Awaitable[CommandHandled | None]]
"""Looks an outcome up in the views, where it is when the topic's copy was missed."""


class Outcomes:
    """Who waits for which outcome; no I/O."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, set[asyncio.Future[CommandHandled]]] = {}

    def expect(self, command_id: UUID) -> asyncio.Future[CommandHandled]:
        future: asyncio.Future[CommandHandled] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(command_id, set()).add(future)
        return future

    def forget(self, command_id: UUID, future: asyncio.Future[CommandHandled]) -> None:
        waiting = self._waiting.get(command_id, set())
        waiting.discard(future)
        if not waiting:
            self._waiting.pop(command_id, None)

    def arrived(self, outcome: CommandHandled) -> None:
        for future in self._waiting.get(outcome.command_id, ()):
            if not future.done():
                future.set_result(outcome)

    def awaited(self, command_id: UUID) -> bool:
        return command_id in self._waiting


class KafkaCommands:
    """See CommandPort. `run` must be running; `ready` is set once the end of the outcomes has been sought."""

    def __init__(
        self,
        bootstrap_servers: str,
        shown: Shown,
        find_outcome: FindOutcome,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        publish_seconds: float = PUBLISH_SECONDS,
    ) -> None:
        self._answer_seconds, self._publish_seconds = answer_seconds, publish_seconds
        self._shown = shown
        self._find = find_outcome
        self._outcomes = Outcomes()
        self._bus = KafkaBus(
            bootstrap_servers,
            reads=COMMAND_OUTCOMES,
            reading="outcomes",
            writes=COMMANDS,
            writing="command",
            enable_idempotence=True,
            acks="all",
            max_request_size=2 * 1024 * 1024,
            request_timeout_ms=3_000,
        )
        self.ready, self.close = self._bus.ready, self._bus.close

    async def ask(self, command: AnyCommand, *, publish: bool = True) -> CommandHandled | None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._answer_seconds
        expected = self._outcomes.expect(command.id)
        try:
            if publish:
                await self._bus.publish(str(command.stream), codec.encode(command), self._publish_seconds)
            else:
                found = await self._find(command.id)
                if found is not None:
                    return found
            async with asyncio.timeout_at(deadline):
                outcome = await expected
                await self._shown.wait(outcome.shown_at)
                return outcome
        except TimeoutError:
            return await self._find(command.id)
        finally:
            self._outcomes.forget(command.id, expected)

    async def run(self) -> None:
        """Reads outcomes until cancelled; after a fault of Kafka it begins anew at the end of the topic."""
        await self._bus.run(self._notice)

    def _notice(self, key: bytes | None, headers: list[codec.Header], value: bytes | None) -> None:
        """An outcome that somebody here waits for; all others (of other processes) are passed over unread."""
        try:
            command_id = UUID((key or b"").decode())
        except ValueError:
            return
        if not self._outcomes.awaited(command_id):
            return
        try:
            outcome = codec.decode(headers, value).data
        except EventError as error:
            log.error("an outcome cannot be read", extra={"fault": type(error).__name__})
            return
        if isinstance(outcome, CommandHandled):
            self._outcomes.arrived(outcome)
