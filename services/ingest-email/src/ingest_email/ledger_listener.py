"""Wakes the workers when replies were committed to the ledger, by this process or another."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import psycopg
from psycopg import sql

from service_kit.consumer import first_of
from service_kit.database import session_options

log = logging.getLogger(__name__)
CHANNEL: Final = "ingest_email_queued"
LOOK_SECONDS: Final = 1.0


async def listen(dsn: str, wake: asyncio.Event, stop: asyncio.Event) -> None:
    """Sets `wake` at each notification, and at each new connection, before which some may have been missed."""
    while not stop.is_set():
        try:
            connection = await psycopg.AsyncConnection.connect(
                dsn, autocommit=True, application_name="postroom deliver listener", options=session_options()
            )
            async with connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                wake.set()
                while not stop.is_set():
                    async for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                        wake.set()
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            log.warning("the database does not answer, trying again", extra={"reason": type(error).__name__})
            await first_of(stop, timeout=LOOK_SECONDS)
