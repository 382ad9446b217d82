"""Takes agents offline 5 minutes after their last session ended, and back to what they chose when they log in again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from events.commands import SetAvailability
from events.envelope import SYSTEM
from events.values import Availability
from inbox_projection.commands import BusAway, CommandPort, envelope
from inbox_projection.pool import Database, DatabaseAway, Row
from service_kit.web.log_ins import IDLE

log = logging.getLogger(__name__)
GRACE: Final = timedelta(minutes=5)
EVERY_SECONDS: Final = 15.0
_LOCK: Final = 0x706F7374_68657265
"""Of the one process that looks ("posthere")."""

# When the last session of an agent ended, or will have: of those ended by log-out the row is gone.
_ENDED: Final = """
select p.agent_id, p.offline_for, a.availability, a.chosen, a.chosen_until,
       (select max(s.created_at) from auth.sessions s where s.agent_id = p.agent_id and s.expires_at > now()
         and s.seen_at > now() - %(idle)s::interval) as here_since,
       greatest(p.ended_at, (select max(least(s.expires_at, s.seen_at + %(idle)s::interval)) from auth.sessions s
                             where s.agent_id = p.agent_id)) as ended_at
from auth.presence p join inbox.agents a on a.agent_id = p.agent_id
where not a.deactivated and (%(agent)s::uuid is null or p.agent_id = %(agent)s)
"""
_GONE: Final = f"""
select agent_id, ended_at from ({_ENDED}) e where here_since is null and availability <> 'offline'
  and ended_at <= now() - %(grace)s::interval and (offline_for is null or offline_for < ended_at)
"""  # noqa: S608 (of this file)
_BACK: Final = f"""
select agent_id, here_since, chosen, chosen_until from ({_ENDED}) e
where here_since is not null and availability = 'offline'
"""  # noqa: S608 (of this file)


@dataclass(frozen=True)
class Presence:
    """Everything is told by rows, so it survives restarts; `run` may run in several processes: one of them acts.

    Agents who never logged in keep what was set. Who chooses to be available by a token after the last session has
    ended stays so: one end takes an agent offline once.
    """

    database: Database
    commands: CommandPort
    workspace_id: UUID
    clock: Callable[[], datetime]
    grace: timedelta = GRACE

    async def run(self, every_seconds: float = EVERY_SECONDS) -> None:
        """Until cancelled; parts that are away are tried again."""
        while True:
            try:
                await self.look()
            except (DatabaseAway, BusAway) as error:
                log.warning("presence waits", extra={"fault": type(error).__name__})
            await asyncio.sleep(every_seconds)

    async def look(self) -> None:
        """Once: who has gone, who is back. Nothing where another process is at it. Raises DatabaseAway, BusAway."""
        async with self.database.connection() as connection:
            cursor = await connection.execute("select pg_try_advisory_lock(%s) as mine", (_LOCK,))
            found = await cursor.fetchone()
            if found is None or not found["mine"]:
                return
            try:
                await self._look()
            finally:
                await connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))

    async def logged_in(self, agent_id: UUID, seconds: float = 1.0) -> None:
        """Gives an agent back what was chosen before going offline; what is not done within a second, `run` does."""
        try:
            async with asyncio.timeout(seconds):
                for row in await self._rows(_BACK, agent_id):
                    await self._come_back(row)
        except (TimeoutError, BusAway, DatabaseAway) as error:
            log.warning("an agent who logged in stays offline for a moment", extra={"fault": type(error).__name__})

    async def _look(self) -> None:
        for row in await self._rows(_GONE):
            if await self._set(row["agent_id"], "offline", None, f"offline|{row['ended_at'].isoformat()}"):
                await self.database.write(
                    "update auth.presence set offline_for = %s where agent_id = %s",
                    (row["ended_at"], row["agent_id"]),
                )
        for row in await self._rows(_BACK):
            await self._come_back(row)

    async def _rows(self, query: str, agent_id: UUID | None = None) -> list[Row]:
        return await self.database.rows(query.encode(), {"idle": IDLE, "grace": self.grace, "agent": agent_id})

    async def _come_back(self, row: Row) -> None:
        await self._set(row["agent_id"], row["chosen"], row["chosen_until"], f"back|{row['here_since'].isoformat()}")

    async def _set(self, agent_id: UUID, state: Availability, until: datetime | None, purpose: str) -> bool:
        """Whether it is settled. The same end, or log-in, is the same command however often it is given."""
        command = envelope(
            SetAvailability(agent_id=agent_id, state=state, until=until),
            command_id=uuid5(self.workspace_id, f"presence|{agent_id}|{purpose}"),
            stream=self.workspace_id,
            workspace_id=self.workspace_id,
            actor=SYSTEM,
            now=self.clock(),
        )
        outcome = await self.commands.ask(command)
        if outcome is not None and outcome.state == "refused":
            log.warning("a change of availability was refused", extra={"code": outcome.code})
        return outcome is not None
