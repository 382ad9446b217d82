"""Links contacts who are there already to the company that gets their domain, slice by slice."""

from __future__ import annotations

import asyncio
import logging
from typing import Final
from uuid import UUID

from events.contact_commands import LinkCompany
from events.envelope import SYSTEM
from inbox_projection import steps
from inbox_projection.commands import AnyCommand, CommandPort, answered, envelope
from inbox_projection.pool import Database, Row
from inbox_projection.queries import company_links
from service_kit.clock import Clock
from service_kit.ids import derived_id

log = logging.getLogger(__name__)
SLICE: Final = 1_000
AT_ONCE: Final = 20
POLL_SECONDS: Final = 3.0
RETRY_SECONDS: Final = 0.5


class CompanyLinks:
    """One of a process. What is to be done follows from the companies' domains as they are shown, so that nothing of it
    is lost with a process: the next one goes on after the last slice that was counted, with commands of the same ids.

    A contact who has a company keeps it, and one whom somebody unlinked stays unlinked: each domain of a company is
    gone through once, when the company gets it.
    """

    def __init__(
        self,
        database: Database,
        commands: CommandPort,
        workspace_id: UUID,
        clock: Clock,
        *,
        slice_size: int = SLICE,
        poll_seconds: float = POLL_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._database, self._commands = database, commands
        self._workspace_id, self._clock = workspace_id, clock
        self._slice, self._poll_seconds, self._retry_seconds = slice_size, poll_seconds, retry_seconds

    async def run(self) -> None:
        await steps.taken(self.step, "linking companies", self._poll_seconds)

    async def step(self) -> bool:
        """Takes the next company to its end; False when there is nothing to do."""
        await company_links.begin(self._database)
        row = await company_links.claim(self._database)
        if row is None:
            return False
        after: UUID = row["after"]
        while found := await company_links.some(self._database, row["wanted"], after, self._slice):
            belonging = [one["contact_id"] for one in found if one["belongs"]]
            for place in range(0, len(belonging), AT_ONCE):
                await asyncio.gather(*(self._link(row, one) for one in belonging[place : place + AT_ONCE]))
            last = found[-1]["contact_id"]
            if not await company_links.advance(self._database, row, after, last):
                return True
            after = last
        await company_links.finish(self._database, row)
        return True

    async def _link(self, row: Row, contact_id: UUID) -> None:
        """A refusal is an end, too: who was merged or erased meanwhile is linked by nobody."""
        command: AnyCommand = envelope(
            LinkCompany(company_id=row["company_id"], unless_linked=True),
            command_id=derived_id(row["run_id"], contact_id.hex),
            stream=contact_id,
            workspace_id=self._workspace_id,
            actor=SYSTEM,
            now=self._clock(),
        )
        await answered(self._commands, command, self._retry_seconds)
