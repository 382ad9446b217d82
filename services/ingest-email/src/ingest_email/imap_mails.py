"""Reads whole mails from an opened folder, and what can be had of those too large or withheld by the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Final

from ingest_email.imap_client import ImapClient, Items
from ingest_email.imap_cursor import Listed, Portion
from ingest_email.imap_errors import CommandRefused, ConnectionLost, ProtocolBroken, TooSlow
from ingest_email.imap_intake import Fetched
from ingest_email.imap_syntax import Literal, instant
from ingest_email.limits import MAX_HEADER_BYTES
from ingest_email.receive_metrics import ReceiveMetrics

SPARE_BYTES: Final = 1024 * 1024
SINGLY_AFTER, HEADER_AFTER, NOTHING_AFTER = 3, 6, 9
"""So many times in a row reading broke off at the same place: then mails are read one by one, then of the one that it
breaks off at only the header, then nothing; no mail stops those behind it."""
UNGIVEN: Final = "the mailbox's server does not give it"
_LARGER: Final = "larger than what is fetched"


class Room:
    """Bytes of mails that all mailboxes together may hold in memory."""

    def __init__(self, total: int) -> None:
        self._total = self._free = total
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def held(self, size: int) -> AsyncIterator[None]:
        """Waits until so much is free; more than all there is counts as all."""
        size = min(size, self._total)
        async with self._freed:
            await self._freed.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            async with self._freed:
                self._freed.notify_all()


class MailReader:
    """Reads the mails of one folder, portion by portion; `broken_off` counts how often in a row that failed."""

    def __init__(self, metrics: ReceiveMetrics, max_mail_bytes: int) -> None:
        self._metrics, self._max_mail_bytes = metrics, max_mail_bytes
        self.broken_off = 0

    @property
    def is_troubled(self) -> bool:
        return self.broken_off >= SINGLY_AFTER

    def note_progress(self) -> None:
        self.broken_off = min(self.broken_off, SINGLY_AFTER)

    async def read(self, client: ImapClient, portion: Portion) -> dict[int, Fetched]:
        """By UID; those that have gone meanwhile are left out. Raises MailboxFault."""
        began = perf_counter()
        try:
            mails = {mail.uid: await self._head(client, mail.uid, _too_large(mail.size or 0)) for mail in portion.heads}
            if len(portion.uids) == 1 and self.broken_off >= HEADER_AFTER:
                (uid,) = portion.uids
                mails[uid] = await self._ungiven(client, uid)
            elif portion.uids:
                mails |= await self._bodies(client, portion)
        except (ConnectionLost, ProtocolBroken, TooSlow):
            self.broken_off += 1
            raise
        self._metrics.took("fetch", began)
        return mails

    async def _bodies(self, client: ImapClient, portion: Portion) -> dict[int, Fetched]:
        mails = {}
        found = await self._asked(client, portion.uids, 2 * portion.size + SPARE_BYTES)
        for uid in portion.uids:
            content = _bytes(found.get(uid, {}).get("BODY[]"))
            mail = await self._alone(client, uid) if content is None else Fetched(content)
            if mail is not None:
                mails[uid] = mail
        return mails

    async def _asked(self, client: ImapClient, uids: Sequence[int], room: int) -> dict[int, Items]:
        """Nothing where the server refuses: it may refuse all for the sake of one."""
        try:
            return await client.fetch(uids, "UID BODY.PEEK[]", room=room)
        except CommandRefused:
            return {}

    async def _alone(self, client: ImapClient, uid: int) -> Fetched | None:
        """A mail that did not come with the others; None for one that is gone."""
        body = (await self._asked(client, [uid], self._max_mail_bytes)).get(uid, {}).get("BODY[]")
        content = _bytes(body)
        if content is not None:
            return Fetched(content)
        if isinstance(body, Literal):
            return await self._head(client, uid, _too_large(body.size))
        return await self._ungiven(client, uid) if uid in await client.search(f"UID {uid}") else None

    async def _ungiven(self, client: ImapClient, uid: int) -> Fetched:
        if self.broken_off >= NOTHING_AFTER:
            return _stub(b"", uid, UNGIVEN)
        return await self._head(client, uid, UNGIVEN)

    async def _head(self, client: ImapClient, uid: int, why: str) -> Fetched:
        try:
            found = await client.fetch([uid], f"UID BODY.PEEK[HEADER]<0.{MAX_HEADER_BYTES}>", room=2 * MAX_HEADER_BYTES)
        except CommandRefused:
            found = {}
        items = found.get(uid, {}).items()
        return _stub(next((_bytes(value) for key, value in items if key.startswith("BODY[HEADER]")), None), uid, why)


def listed(uid: int, items: Items) -> Listed:
    """What the server tells of a mail in its list."""
    size = items.get("RFC822.SIZE")
    known = int(size) if isinstance(size, bytes) and size.isdigit() and len(size) < 20 else None
    return Listed(uid, known, instant(items.get("INTERNALDATE")))


def _stub(header: bytes | None, uid: int, why: str) -> Fetched:
    """Without a Message-ID, by which its copies would be known for the same, its number tells it from other stubs."""
    header = header or b""
    if b"message-id:" in header.lower():
        return Fetched(header, why)
    return Fetched(header.rstrip(b"\r\n") + b"\r\n\r\n%d" % uid, why)


def _bytes(value: object) -> bytes | None:
    if isinstance(value, Literal):
        return value.content
    return value if isinstance(value, bytes) else None


def was_withheld(why: str) -> bool:
    """Whether this says of a mail that its bytes are its header at most."""
    return why == UNGIVEN or why.startswith(_LARGER)


def _too_large(size: int) -> str:
    return f"{_LARGER}: {size} bytes, of which this is the header"
