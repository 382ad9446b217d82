"""Carries bulks out piece by piece, as commands that are safe to give again."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from events.bulk import ChangeConversations
from events.filtering import SpamBlock
from events.outcomes import CommandHandled
from inbox_projection import steps
from inbox_projection.commands import ANSWER_SECONDS, AnyCommand, CommandPort, agent, answered, envelope
from inbox_projection.pool import Database, DatabaseAway, Row
from inbox_projection.problems import of_refusal
from inbox_projection.queries import bulks, spammers
from service_kit.clock import Clock
from service_kit.ids import derived_id

log = logging.getLogger(__name__)
MOST: Final = 10_000
PIECE: Final = 100
AT_ONCE: Final = 2
"""Conversations of one bulk, of one of its commands, and commands under way: more, and agents' other commands would
wait for them."""
POLL_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 0.5
FAILED: Final = "bulk-failed"


class Bulks:
    """One of a process. A request carries out its own bulk; `run` takes up those that a process left when it died,
    after the last piece that was counted: a piece's command has the same id again, and is done once."""

    def __init__(
        self,
        database: Database,
        commands: CommandPort,
        workspace_id: UUID,
        clock: Clock,
        *,
        piece: int = PIECE,
        most: int = MOST,
        answer_seconds: float = ANSWER_SECONDS,
        poll_seconds: float = POLL_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self.most = most
        self._database, self._commands = database, commands
        self._workspace_id, self._clock = workspace_id, clock
        self._piece, self._answer_seconds = piece, answer_seconds
        self._poll_seconds, self._retry_seconds = poll_seconds, retry_seconds
        self._places = asyncio.Semaphore(AT_ONCE)
        self._running: dict[UUID, asyncio.Task[None]] = {}

    async def finished(self, bulk_id: UUID) -> Row | None:
        """The bulk once it is finished, begun here if nobody is at it; None when it takes longer than an answer may."""
        working = self._running.get(bulk_id)
        if working is None:
            row = await bulks.claim(self._database, bulk_id)
            if row is not None:
                working = self._running[bulk_id] = asyncio.create_task(self._guarded(row))
                working.add_done_callback(lambda _: self._running.pop(bulk_id, None))
        if working is not None:
            await asyncio.wait({working}, timeout=self._answer_seconds)
        row = await bulks.one(self._database, bulk_id)
        return row if row is not None and row["finished_at"] is not None else None

    async def run(self) -> None:
        await steps.taken(self.step, "a bulk", self._poll_seconds)

    async def step(self) -> bool:
        """Takes a bulk that nobody is at to its end; False when there is none. Raises DatabaseAway."""
        row = await bulks.claim(self._database)
        if row is not None:
            await self._guarded(row)
        return row is not None

    async def _guarded(self, row: Row) -> None:
        """One that the database got away from is taken up again when its claim has lapsed; of one that breaks us the
        rest is refused, lest it do so again and again."""
        try:
            try:
                await self._carried_out(row)
            except DatabaseAway:
                raise
            except Exception as error:
                log.error("a bulk failed", extra={"bulk": str(row["bulk_id"]), "fault": type(error).__name__})
                await bulks.give_up(self._database, row["bulk_id"], FAILED)
        except DatabaseAway as error:
            log.warning("a bulk waits for the database", extra={"fault": type(error).__name__})

    async def _carried_out(self, row: Row) -> None:
        """A few pieces at a time, counted in their order."""
        handled: int = row["handled"]
        pieces = _pieces(row["ids"], handled, self._piece)
        under_way: deque[tuple[Sequence[UUID], asyncio.Task[CommandHandled]]] = deque()
        try:
            while True:
                for start, ids in pieces:
                    under_way.append((ids, asyncio.create_task(self._asked(row, start, ids))))
                    if len(under_way) == AT_ONCE:
                        break
                if not under_way:
                    return
                ids, asked = under_way[0]
                outcome = await asked
                under_way.popleft()
                if not await bulks.advance(self._database, row["bulk_id"], handled, len(ids), _refused(ids, outcome)):
                    return
                handled += len(ids)
        finally:
            for _, asked in under_way:
                asked.cancel()
            await asyncio.gather(*(asked for _, asked in under_way), return_exceptions=True)

    async def _asked(self, row: Row, start: int, ids: Sequence[UUID]) -> CommandHandled:
        piece_id = derived_id(row["bulk_id"], f"{start}+{len(ids)}")
        change, blocks = bulks.change_of(row), tuple[SpamBlock, ...]()
        if change.block is not None:
            # Up to when it was asked for: given again, the piece says the same.
            blocks = await spammers.blocks(self._database, ids, change.block, row["created_at"])
        wish = ChangeConversations(bulk_id=row["bulk_id"], change=change, conversation_ids=tuple(ids), blocks=blocks)
        command: AnyCommand = envelope(
            wish,
            command_id=piece_id,
            stream=piece_id,
            workspace_id=self._workspace_id,
            actor=agent(row["agent_id"]),
            now=self._clock(),
        )
        async with self._places:
            return await answered(self._commands, command, self._retry_seconds)


def _pieces(ids: Sequence[UUID], start: int, size: int) -> Iterator[tuple[int, Sequence[UUID]]]:
    for place in range(start, len(ids), size):
        yield place, ids[place : place + size]


def _refused(ids: Sequence[UUID], outcome: CommandHandled) -> dict[UUID, str]:
    """What stayed as it was, each with the code that the single command would be refused with."""
    if outcome.state == "refused":
        return dict.fromkeys(ids, of_refusal(outcome.code, "").code)
    return {one.id: of_refusal(one.code, "").code for one in outcome.refused}
