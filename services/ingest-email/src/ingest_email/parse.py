"""Raw bytes become a mail, or a stub that says why not; never raises, and takes time linear in the size."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

import msgspec

from events.values import Address
from ingest_email import headers, mime
from ingest_email.bodies import Bodies, bodies_of
from ingest_email.charsets import clean
from ingest_email.headers import Headers
from ingest_email.limits import MAX_HEADER_BYTES, MAX_HEADERS, MAX_LINE, MAX_REFERENCES, TooMuch
from ingest_email.mailboxes import mailboxes, sender

PARSER_VERSION = 3
_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
_DATE = re.compile(
    r"(?:[A-Za-z]{3},\s+)?(\d{1,2})\s+([A-Z][a-z]{2})\s+(\d{4})\s+(\d{2}):(\d{2}):(\d{2})\s+([+-])(\d{2})(\d{2})"
    r"(?:\s+\(.{0,40}\))?"
)
_MONTHS = dict(
    zip(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], range(1, 13), strict=True)
)
_NOTHING = Bodies("", None, ())


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as its people see it. `message_id` is "" where it has none; `unreadable` says why it is only a stub.

    `date` is the field as written, `sent_at` its instant (UTC) or None. `container` is the type of the whole.
    """

    headers: Headers
    message_id: str
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    date: str
    sent_at: datetime | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    container: str
    report_type: str
    bodies: Bodies
    unreadable: str | None = None


def parse(raw: bytes, envelope_sender: str = "") -> Mail:
    """The mail in `raw`. What exceeds a limit, or can't be read at all, becomes a stub with the fields that could."""
    try:
        raw = _without_mbox_line(raw)
        head_end, body_start = headers.block_end(raw)
        fields = headers.read(raw[:head_end])
    except Exception as error:
        return _stub(raw, envelope_sender, error)
    if not fields.fields and raw.strip():
        body_start = 0
    try:
        root = mime.split(raw, fields, body_start)
        return _mail(fields, envelope_sender, root, bodies_of(root))
    except Exception as error:
        return _stub(raw, envelope_sender, error)


def _mail(
    fields: Headers, envelope_sender: str, root: mime.Part | None, bodies: Bodies, why: str | None = None
) -> Mail:
    first = fields.first
    container, parameters = headers.parameters(first("content-type"))
    date = clean(first("date")).strip()[:MAX_LINE]
    return Mail(
        headers=fields,
        message_id=message_id(first("message-id")),
        sender=sender(first("from"), first("sender"), envelope_sender),
        reply_to=mailboxes(first("reply-to")),
        to=_all(fields, "to"),
        cc=_all(fields, "cc"),
        bcc=_all(fields, "bcc"),
        subject=fields.text("subject")[:MAX_LINE],
        date=date,
        sent_at=instant(date),
        in_reply_to=message_ids(fields.all("in-reply-to")),
        references=message_ids(fields.all("references")),
        container=root.content_type if root else container,
        report_type=parameters.get("report-type", "").lower(),
        bodies=bodies,
        unreadable=why,
    )


def _stub(raw: bytes, envelope_sender: str, error: Exception) -> Mail:
    why = str(error) if isinstance(error, TooMuch) else f"the parser failed with {type(error).__name__}"
    try:
        return _mail(_first_fields(raw), envelope_sender, None, _NOTHING, why)
    except Exception:
        return _mail(Headers({}), "", None, _NOTHING, why)


def unread(why: str) -> Mail:
    """A stub of which nothing is known but why; its raw bytes are kept with it."""
    return _mail(Headers({}), "", None, _NOTHING, why)


def _first_fields(raw: bytes) -> Headers:
    """As many fields as the limits allow, for a stub."""
    head_end, _ = headers.block_end(raw[: MAX_HEADER_BYTES + 2])
    block = raw[: min(head_end, MAX_HEADER_BYTES)]
    for line_limit in (MAX_HEADERS, 50):
        try:
            return headers.read(b"\n".join(block.split(b"\n")[:line_limit]))
        except TooMuch:
            continue
    return Headers({})


def _without_mbox_line(raw: bytes) -> bytes:
    """mbox files and some gateways put a line "From sender date" before the header."""
    if raw.startswith((b"From ", b">From ")):
        return raw[raw.find(b"\n") + 1 :]
    return raw


def _all(fields: Headers, name: str) -> tuple[Address, ...]:
    values = fields.fields.get(name)
    if not values:
        return ()
    return mailboxes(values[0]) if len(values) == 1 else mailboxes(", ".join(values))


def message_id(value: str) -> str:
    """The id without angle brackets, "" for none (RFC 5322 3.6.4)."""
    usual = _ID.match(value)
    if usual is not None and "=?" not in value:
        return clean(usual[1])[:MAX_LINE]
    found = message_ids([value])
    return found[0] if found else ""


def message_ids(values: list[str]) -> tuple[str, ...]:
    """All ids of the fields in their order, each once; of more than 100 the first and the last 99.

    Some mailers (Python's, for one) break long ids into encoded words, which RFC 2047 5 forbids.
    """
    if not values:
        return ()
    ids: dict[str, None] = {}
    for value in values:
        if "=?" in value:
            value = headers.decode_words(value)
        found = _ID.findall(value) or ([value.strip(" \t<>").split()[0]] if value.strip(" \t<>") else [])
        for text in found:
            ids.setdefault(clean(text)[:MAX_LINE])
    kept = list(ids)
    return tuple(kept if len(kept) <= MAX_REFERENCES else [kept[0], *kept[1 - MAX_REFERENCES :]])


def instant(date: str) -> datetime | None:
    """The instant of a Date field in UTC, None where it can't be told."""
    if not date:
        return None
    try:
        parsed = _usual(date) or parsedate_to_datetime(date[:200])
        parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return parsed if 1970 <= parsed.year <= 2200 else None


def _usual(date: str) -> datetime | None:
    """The form that nearly all mailers write (RFC 5322 3.3), read ten times faster than any form."""
    match = _DATE.fullmatch(date)
    if match is None or match[2] not in _MONTHS:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    return datetime(
        int(year),
        _MONTHS[month],
        int(day),
        int(hour),
        int(minute),
        min(int(second), 59),
        tzinfo=_zone(sign, hours, minutes),
    )


@lru_cache(maxsize=256)
def _zone(sign: str, hours: str, minutes: str) -> timezone:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(offset if sign == "+" else -offset)
