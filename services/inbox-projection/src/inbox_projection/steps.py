"""Work in the background, a step after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from inbox_projection.pool import DatabaseAway

log = logging.getLogger(__name__)


async def taken(step: Callable[[], Awaitable[bool]], what: str, pause: float) -> NoReturn:
    """Until cancelled. Pauses for so many seconds where a step says that there was nothing to do (False), and where the
    database is away: `what` waits for it then, as the log says."""
    while True:
        try:
            if await step():
                continue
        except DatabaseAway as error:
            log.warning(f"{what} waits for the database", extra={"fault": type(error).__name__})
        await asyncio.sleep(pause)
