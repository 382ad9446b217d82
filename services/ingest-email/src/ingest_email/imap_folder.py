"""Catches up with one folder: what is new on the server goes into the log, and then the cursor moves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from msgspec.structs import replace

from ingest_email.imap_client import ImapClient, Selected
from ingest_email.imap_cursor import (
    BATCH_MAILS,
    Cursor,
    Listed,
    Portion,
    at_absence,
    at_connect,
    gaps_behind,
    history_at,
    is_wanted,
    open_gaps,
    portions,
    renumbered,
)
from ingest_email.imap_errors import CommandRefused, ProtocolBroken
from ingest_email.imap_intake import Fetched, MailboxIntake
from ingest_email.imap_mails import SPARE_BYTES, MailReader, Room, listed
from ingest_email.imap_store import MailboxStore
from ingest_email.imap_syntax import search_date, uid_set
from ingest_email.receive_metrics import ReceiveMetrics
from service_kit.clock import Clock

log = logging.getLogger(__name__)

LISTED_AT_ONCE: Final = 500
LISTING: Final = "UID RFC822.SIZE INTERNALDATE"
AfterCommit = Literal["nothing", "mark_seen", "delete"]
T = TypeVar("T")


class Folder:
    """One folder of a mailbox. Its cursor moves only after the log has acknowledged what it moves past."""

    def __init__(
        self,
        name: str,
        *,
        channel_id: UUID,
        account: str,
        address: str,
        after_commit: AfterCommit,
        store: MailboxStore,
        intake: MailboxIntake,
        room: Room,
        metrics: ReceiveMetrics,
        clock: Clock,
        max_mail_bytes: int,
        history_days: int = 0,
    ) -> None:
        self.name = name
        self._history_days = history_days
        self._place = (channel_id, account, name)
        self._address, self._after_commit = address, after_commit
        self._store, self._intake, self._room = store, intake, room
        self._metrics, self._clock, self._max_mail_bytes = metrics, clock, max_mail_bytes
        self._cursor: Cursor | None = None
        self._mails = MailReader(metrics, max_mail_bytes)
        self._state: Selected | None = None
        self._caught_up: Selected | None = None

    async def open(self, client: ImapClient) -> bool:
        """Opens it on the server; whether that has given all mails new UIDs. Raises FolderMissing, CommandRefused."""
        selected = await client.select(self.name, read_only=self._after_commit == "nothing")
        cursor = await self._known()
        if cursor is not None and cursor.uid_validity == selected.uid_validity:
            return False
        uid_next = selected.uid_next
        if uid_next is None:
            uid_next = max(await client.search("UID *"), default=0) + 1
        if cursor is None:
            cursor = at_connect(self._clock(), selected.uid_validity, uid_next, self._history_days)
            await self._store.begin(*self._place, cursor)
            self._cursor = cursor
            return False
        await self._move(renumbered(cursor, selected.uid_validity, uid_next))
        return cursor.uid_validity != 0

    async def is_news(self, client: ImapClient) -> bool:
        """Whether there is something to fetch, without opening the folder. Raises FolderMissing, CommandRefused."""
        self._state = await client.status(self.name)
        if self._cursor is not None and open_gaps(self._cursor, self._clock()):
            return True
        return self._state.uid_next is None or self._state != self._caught_up

    async def note_absence(self) -> None:
        """The folder is not there: what arrives in it until it is, is not to be lost."""
        if await self._known() is None:
            cursor = at_absence(self._clock())
            await self._store.begin(*self._place, cursor)
            self._cursor = cursor

    async def catch_up(self, client: ImapClient) -> None:
        """Fetches and stores all that the opened folder has behind the cursor.

        Raises MailboxFault, BlobError, KafkaAway, StoreAway, CursorMoved; what was acknowledged until then stays so.
        """
        told, client.news = client.news, False
        await self._tidy_the_rest(client)
        cursor = self._now
        if cursor.last_uid < cursor.checked_to:
            since = search_date(cursor.connected_at - timedelta(days=1))
            await self._take(client, f"UID {cursor.last_uid + 1}:{cursor.checked_to} SINCE {since}")
            await self._move(replace(self._now, last_uid=cursor.checked_to, tidied_uid=cursor.checked_to))
        if told:
            found = await client.fetch_behind(self._now.last_uid, LISTING)
            await self._fetch(client, [listed(uid, items) for uid, items in found.items()])
        else:
            await self._take(client, f"UID {self._now.last_uid + 1}:*")
        await self._take_late(client)
        self._mails.broken_off = 0
        self._caught_up = self._state

    @property
    def _now(self) -> Cursor:
        if self._cursor is None:
            raise ProtocolBroken("the folder was not opened")
        return self._cursor

    async def _known(self) -> Cursor | None:
        if self._cursor is None:
            self._cursor = await self._store.load(*self._place)
        return self._cursor

    async def _move(self, cursor: Cursor) -> None:
        if cursor != self._now:
            await self._store.move(*self._place, self._now, cursor)
            self._cursor = cursor

    async def _take(self, client: ImapClient, criteria: str) -> None:
        uids = [uid for uid in await client.search(criteria) if uid > self._now.last_uid]
        for start in range(0, len(uids), LISTED_AT_ONCE):
            await self._fetch(client, await self._listed(client, uids[start : start + LISTED_AT_ONCE]))

    async def _take_late(self, client: ImapClient) -> None:
        """What has come into the cursor's gaps since it passed them."""
        gaps = open_gaps(self._now, self._clock())
        if gaps:
            found = await client.fetch([gap.uid for gap in gaps], LISTING)
            await self._fetch(client, [listed(uid, items) for uid, items in sorted(found.items())])

    async def _listed(self, client: ImapClient, uids: Sequence[int]) -> list[Listed]:
        """Sizes and arrivals. One that is there and yet not listed is fetched like the others."""
        found = await client.fetch(uids, LISTING)
        unlisted = [uid for uid in uids if uid not in found]
        there = set(await client.search(f"UID {uid_set(unlisted)}")) if unlisted else set()
        return [listed(uid, found.get(uid, {})) for uid in uids if uid in found or uid in there]

    async def _fetch(self, client: ImapClient, mails: Sequence[Listed]) -> None:
        """Portion after portion, the next one fetched while one is stored."""
        most = 1 if self._mails.is_troubled else BATCH_MAILS
        wanted = list(portions(mails, self._now, self._max_mail_bytes, most))
        if not wanted:
            return
        there = {mail.uid for mail in mails}
        history = {mail.uid: at for mail in mails if (at := history_at(mail, self._now)) is not None}
        async with self._room.held(2 * max(portion.size for portion in wanted) + SPARE_BYTES):
            fetching = asyncio.ensure_future(self._mails.read(client, wanted[0]))
            try:
                for portion, following in zip(wanted, [*wanted[1:], None], strict=True):
                    fetched = _dated(await fetching, history)
                    ahead = not self._mails.is_troubled  # else what breaks off now would be blamed on the wrong mail
                    if following is not None and ahead:
                        fetching = asyncio.ensure_future(self._mails.read(client, following))
                    await _to_its_end(self._keep(portion, fetched, there))
                    await self._tidy(client, portion, fetched)
                    if following is not None and not ahead:
                        fetching = asyncio.ensure_future(self._mails.read(client, following))
            finally:
                fetching.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await fetching

    async def _keep(self, portion: Portion, mails: dict[int, Fetched], there: set[int]) -> None:
        """Into the log first, then the cursor moves: a process that dies between the two fetches them again."""
        await self._intake.store([mails[uid] for uid in sorted(mails)], self._address)
        self._mails.note_progress()
        settled = self._after_commit == "nothing" or any(mail.withheld for mail in mails.values())
        tidied = portion.last_uid if settled else self._now.tidied_uid
        gaps = gaps_behind(self._now, portion.last_uid, there, self._clock())
        await self._move(replace(self._now, last_uid=portion.last_uid, tidied_uid=tidied, gaps=gaps))
        if mails:
            log.info("mails fetched", extra={"channel_id": str(self._place[0]), "mails": len(mails)})

    async def _tidy(self, client: ImapClient, portion: Portion, mails: dict[int, Fetched]) -> None:
        """Those that are whole in the log, and no history; of a portion with others, nothing is done again should we
        die here."""
        whole = sorted(uid for uid, mail in mails.items() if mail.withheld is None and mail.history_at is None)
        if self._after_commit != "nothing" and await self._tidied(client, whole):
            await self._move(replace(self._now, tidied_uid=portion.last_uid))

    async def _tidy_the_rest(self, client: ImapClient) -> None:
        """What was stored, and not yet told to the server, when this or another process ended."""
        cursor = self._now
        if self._after_commit == "nothing" or cursor.tidied_uid >= cursor.last_uid:
            return
        uids = await client.search(f"UID {cursor.tidied_uid + 1}:{cursor.last_uid}")
        mails = await self._listed(client, [uid for uid in uids if cursor.tidied_uid < uid <= cursor.last_uid])
        ours = [mail.uid for mail in mails if is_wanted(mail, cursor) and history_at(mail, cursor) is None]
        if await self._tidied(client, ours):
            await self._move(replace(cursor, tidied_uid=cursor.last_uid))

    async def _tidied(self, client: ImapClient, uids: Sequence[int]) -> bool:
        """Whether it was done; a server that refuses stops no mail from being fetched."""
        if not uids:
            return True
        try:
            if self._after_commit == "mark_seen":
                await client.add_flag(uids, "\\Seen")
            else:
                await client.add_flag(uids, "\\Deleted")
                await client.expunge(uids)
        except CommandRefused as refused:
            self._metrics.mailbox_fault(refused.reason)
            log.warning("fetched mails stay as they are", extra={"reason": str(refused)})
            return False
        return True


def _dated(mails: dict[int, Fetched], history: Mapping[int, datetime]) -> dict[int, Fetched]:
    """The mails, those that are history with when they came."""
    if not history:
        return mails
    return {uid: mail if uid not in history else mail._replace(history_at=history[uid]) for uid, mail in mails.items()}


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """What is under way is finished even when its waiter is told to end meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        with suppress(asyncio.CancelledError, Exception):
            task.result()
        raise
