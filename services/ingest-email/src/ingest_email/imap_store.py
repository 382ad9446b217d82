"""Cursors and last health of mailboxes in PostgreSQL, and the locks that give each mailbox to one process.

All on one session, so that a process which lost its locks writes no cursor either.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from ingest_email.imap_cursor import Cursor, Gap
from ingest_email.imap_errors import CursorMoved, StoreAway
from service_kit.leadership import IDLE_SESSION_SECONDS, AsyncConnection, direct_connection

STATEMENT_SECONDS: Final = IDLE_SESSION_SECONDS
_SEED: Final = 20261101
_COLUMNS: Final = "connected_at, uid_validity, last_uid, checked_to, tidied_uid, gaps, history_before"
_TRY: Final = (
    f"SELECT id FROM unnest(%s::uuid[]) AS t(id) WHERE pg_try_advisory_lock(hashtextextended(id::text, {_SEED}))"  # noqa: S608
)
_RELEASE: Final = f"SELECT pg_advisory_unlock(hashtextextended(%s::uuid::text, {_SEED}))"
_LOAD: Final = (
    f"SELECT {_COLUMNS} FROM ingest_email.imap_folders WHERE channel_id = %s AND account = %s AND folder = %s"  # noqa: S608
)
_BEGIN: Final = (
    f"INSERT INTO ingest_email.imap_folders (channel_id, account, folder, {_COLUMNS})"  # noqa: S608
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)
_MOVE: Final = (
    "UPDATE ingest_email.imap_folders"
    " SET connected_at = %s, uid_validity = %s, last_uid = %s, checked_to = %s, tidied_uid = %s, gaps = %s"
    " WHERE channel_id = %s AND account = %s AND folder = %s"
    " AND uid_validity = %s AND last_uid = %s AND tidied_uid = %s"
)
_HEALTH: Final = "SELECT state, reason FROM ingest_email.imap_health WHERE channel_id = %s"
_NOTE_HEALTH: Final = (
    "INSERT INTO ingest_email.imap_health (channel_id, state, reason) VALUES (%s, %s, %s)"
    " ON CONFLICT (channel_id) DO UPDATE SET state = excluded.state, reason = excluded.reason"
)


class MailboxStore:
    """A session with PostgreSQL. Everything raises StoreAway when it has ended or does not answer: then its locks are
    lost, too."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @staticmethod
    async def opened(dsn: str) -> MailboxStore:
        async with _answering():
            return MailboxStore(await direct_connection(dsn, "receive mailboxes"))

    async def close(self) -> None:
        await self._connection.close()

    async def take(self, channel_ids: Collection[UUID]) -> set[UUID]:
        """Those mailboxes of the given ones, none held yet, that are this process's from now on; also a heartbeat."""
        return {row[0] for row in await self._rows(_TRY, (list(channel_ids),))}

    async def release(self, channel_id: UUID) -> None:
        await self._rows(_RELEASE, (channel_id,))

    async def load(self, channel_id: UUID, account: str, folder: str) -> Cursor | None:
        rows = await self._rows(_LOAD, (channel_id, account, folder))
        if not rows:
            return None
        connected_at, uid_validity, last_uid, checked_to, tidied_uid, gaps, history_before = rows[0]
        return Cursor(
            connected_at=connected_at,
            uid_validity=uid_validity,
            last_uid=last_uid,
            checked_to=checked_to,
            tidied_uid=tidied_uid,
            gaps=msgspec.convert(gaps, tuple[Gap, ...]),
            history_before=history_before,
        )

    async def begin(self, channel_id: UUID, account: str, folder: str, cursor: Cursor) -> None:
        """Raises CursorMoved when there is one already."""
        await self._write(_BEGIN, (channel_id, account, folder, *_row(cursor), cursor.history_before))

    async def move(self, channel_id: UUID, account: str, folder: str, old: Cursor, new: Cursor) -> None:
        """Raises CursorMoved when it is not where `old` says."""
        place = (channel_id, account, folder, old.uid_validity, old.last_uid, old.tidied_uid)
        await self._write(_MOVE, (*_row(new), *place))

    async def health(self, channel_id: UUID) -> tuple[str, str] | None:
        rows = await self._rows(_HEALTH, (channel_id,))
        return (rows[0][0], rows[0][1]) if rows else None

    async def note_health(self, channel_id: UUID, state: str, reason: str) -> None:
        await self._execute(_NOTE_HEALTH, (channel_id, state, reason))

    async def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        if await self._execute(statement, values) != 1:
            raise CursorMoved("another process has moved the cursor of this folder")

    async def _execute(self, statement: str, values: tuple[Any, ...]) -> int:
        async with _answering():
            return (await self._connection.execute(statement.encode(), values)).rowcount

    async def _rows(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        async with _answering():
            return await (await self._connection.execute(statement.encode(), values)).fetchall()


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(STATEMENT_SECONDS):
            yield
    except (psycopg.Error, TimeoutError) as error:
        raise StoreAway(f"PostgreSQL does not answer: {type(error).__name__}") from error


def _row(cursor: Cursor) -> tuple[Any, ...]:
    gaps = msgspec.json.encode(cursor.gaps).decode()
    return (cursor.connected_at, cursor.uid_validity, cursor.last_uid, cursor.checked_to, cursor.tidied_uid, gaps)
