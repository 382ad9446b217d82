"""Which mails of a folder are still to be fetched, and in which portions; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

BATCH_BYTES: Final = 4 * 1024 * 1024
BATCH_MAILS: Final = 100
GAP_AGE: Final = timedelta(seconds=60)
MOST_GAPS: Final = 1000


class Gap(Struct, frozen=True, array_like=True):
    """A UID below the cursor that no mail had when the cursor passed it."""

    uid: int
    seen_at: datetime


class Cursor(Struct, frozen=True, kw_only=True):
    """How far a folder is fetched: all UIDs up to `last_uid` under `uid_validity` are safe with us, or older than we.

    Those up to `checked_to` were there when UIDVALIDITY changed: of them only those are fetched that came after
    `connected_at`. Up to `tidied_uid` the server was told what becomes of fetched mails. A UIDVALIDITY of 0 is that of
    a folder which was not there when the mailbox was connected.

    UIDs become visible in ascending order (RFC 3501 2.3.1.1), but not on every server: two mails that are appended at
    once may show the greater UID first. So the youngest `gaps` are asked for again for a minute.

    What came before `history_before` is history; then `connected_at` lies as far back as that was wanted.
    """

    connected_at: datetime
    uid_validity: int
    last_uid: int
    checked_to: int = 0
    tidied_uid: int = 0
    gaps: tuple[Gap, ...] = ()
    history_before: datetime | None = None


class Listed(NamedTuple):
    """A mail as the server lists it: its size in bytes, and when it came; None where that can't be told."""

    uid: int
    size: int | None
    arrived_at: datetime | None


class Portion(NamedTuple):
    """Mails that are fetched, stored and acknowledged together. `last_uid` is where the cursor goes then.

    Of those in `heads` only the header is fetched.
    """

    uids: tuple[int, ...]
    heads: tuple[Listed, ...]
    last_uid: int
    size: int


def at_connect(now: datetime, uid_validity: int, uid_next: int, history_days: int = 0) -> Cursor:
    """The cursor of a folder that nobody fetched from yet: what lies in it stays where it is, but for the mails of its
    last days, where these are wanted."""
    last = max(uid_next - 1, 0)
    if history_days:
        since = now - timedelta(days=history_days)
        return Cursor(
            connected_at=since, uid_validity=uid_validity, last_uid=0, checked_to=last, tidied_uid=0, history_before=now
        )
    return Cursor(connected_at=now, uid_validity=uid_validity, last_uid=last, tidied_uid=last)


def at_absence(now: datetime) -> Cursor:
    """The cursor of a folder that is not there: should it come, all that arrived meanwhile is fetched."""
    return Cursor(connected_at=now, uid_validity=0, last_uid=0)


def renumbered(cursor: Cursor, uid_validity: int, uid_next: int) -> Cursor:
    """After the server gave all mails new UIDs (RFC 3501 2.3.1.1): from the first again, those since connecting."""
    return replace(
        cursor, uid_validity=uid_validity, last_uid=0, checked_to=max(uid_next - 1, 0), tidied_uid=0, gaps=()
    )


def open_gaps(cursor: Cursor, now: datetime) -> tuple[Gap, ...]:
    """Those that are young enough to be asked for again."""
    return tuple(gap for gap in cursor.gaps if now - gap.seen_at < GAP_AGE)


def gaps_behind(cursor: Cursor, last_uid: int, there: Collection[int], now: datetime) -> tuple[Gap, ...]:
    """The gaps when the cursor has moved to `last_uid`, past the mails that are `there`: the youngest 1,000."""
    first = max(cursor.last_uid, cursor.checked_to, last_uid - MOST_GAPS) + 1
    still = [gap for gap in open_gaps(cursor, now) if gap.uid not in there]
    new = [Gap(uid, now) for uid in range(first, last_uid) if uid not in there]
    return (*still, *new)[-MOST_GAPS:]


def is_wanted(mail: Listed, cursor: Cursor) -> bool:
    """Whether a listed mail is fetched. An arrival is known to the second; one without is rather fetched twice."""
    if mail.uid > cursor.checked_to or mail.arrived_at is None:
        return True
    return mail.arrived_at >= cursor.connected_at.replace(microsecond=0)


def history_at(mail: Listed, cursor: Cursor) -> datetime | None:
    """When a mail came that is history; None for any other."""
    if cursor.history_before is None or mail.arrived_at is None or mail.arrived_at >= cursor.history_before:
        return None
    return mail.arrived_at


def portions(
    listed: Sequence[Listed], cursor: Cursor, max_mail_bytes: int, most: int = BATCH_MAILS
) -> Iterator[Portion]:
    """The listed mails, ascending, in portions of at most `most` mails and 4 MiB (or one mail).

    The cursor stays where it is for mails that fill its gaps.
    """
    uids: list[int] = []
    heads: list[Listed] = []
    size = 0
    last = cursor.last_uid
    for mail in listed:
        wanted, own = is_wanted(mail, cursor), mail.size or 0
        if wanted and (len(uids) + len(heads) >= most or (uids and size + own > BATCH_BYTES)):
            yield Portion(tuple(uids), tuple(heads), last, size)
            uids, heads, size = [], [], 0
        if wanted and own > max_mail_bytes:
            heads.append(mail)
        elif wanted:
            uids.append(mail.uid)
            size += own
        last = max(last, mail.uid)
    if uids or heads or last > cursor.last_uid:
        yield Portion(tuple(uids), tuple(heads), last, size)
