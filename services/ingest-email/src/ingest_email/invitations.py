"""The meeting in a mail's calendar part (RFC 5545, 5546) or winmail.dat, None for one that can't be read; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from events.values import Invitation
from ingest_email import tnef
from ingest_email.attachments import File
from ingest_email.charsets import clean, decode
from ingest_email.limits import MAX_LINE

CALENDAR_TYPES: Final = frozenset({"text/calendar", "application/ics"})
MAX_CALENDAR_BYTES: Final = 64_000
"""A longer one is a calendar rather than an invitation, and slow to read."""
MAX_COMPONENTS: Final = 50
MAX_LINES: Final = 600
MAX_PARAMETERS: Final = 1_000
_MAILTO: Final = "mailto:"


def invitation_of(files: Sequence[File]) -> Invitation | None:
    """The first meeting of the first calendar part that holds one, or of Outlook's own wrapping. Times without a zone
    are left out: whose they are can't be told."""
    for file in files:
        if file.content_type in tnef.TYPES or file.name.lower() == tnef.NAME:
            invitation = _unwrapped(file.content)
            if invitation is not None:
                return invitation
        if file.content_type in CALENDAR_TYPES and len(file.content) <= MAX_CALENDAR_BYTES:
            invitation = _read(decode(file.content))
            if invitation is not None:
                return invitation
    return None


def _unwrapped(content: bytes) -> Invitation | None:
    try:
        found = tnef.read(content)
    except tnef.Broken:
        return None
    for calendar in found.calendars:
        if (invitation := _read(decode(calendar))) is not None:
            return invitation
    one = found.meeting
    if one is None:
        return None
    return Invitation(
        method=one.method,
        summary=_text(one.summary),
        location=_text(one.location),
        organizer=_address(_text(one.organizer)),
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        whole_day=one.whole_day,
    )


def _read(text: str) -> Invitation | None:
    if text.count("BEGIN:") > MAX_COMPONENTS or text.count("\n") > MAX_LINES or text.count(";") > MAX_PARAMETERS:
        return None
    from icalendar import Calendar  # takes as long to import as all else together, and few mails need it

    try:
        calendar: Any = Calendar.from_ical(text)
        meetings = calendar.walk("VEVENT")
        return _invitation(calendar, meetings[0]) if meetings else None
    except Exception:
        return None  # the library promises no errors of its own; the calendar itself stays an attachment


def _invitation(calendar: Any, meeting: Any) -> Invitation:
    start, end = _when(meeting, "DTSTART"), _when(meeting, "DTEND")
    if end is None and start is not None and isinstance(duration := _value(meeting, "DURATION"), timedelta):
        end = start + duration
    return Invitation(
        method=_text(calendar.get("METHOD")).upper()[:40],
        summary=_text(meeting.get("SUMMARY")),
        location=_text(meeting.get("LOCATION")),
        organizer=_address(_text(_first(meeting.get("ORGANIZER")))),
        starts_at=_instant(start),
        ends_at=_instant(end),
        whole_day=start is not None and not isinstance(start, datetime),
    )


def _when(meeting: Any, name: str) -> date | datetime | None:
    value = _value(meeting, name)
    return value if isinstance(value, date) else None


def _value(meeting: Any, name: str) -> object:
    return getattr(_first(meeting.get(name)), "dt", None)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _instant(when: date | datetime | None) -> datetime | None:
    if isinstance(when, datetime):
        return when.astimezone(UTC) if when.tzinfo is not None else None
    return datetime.combine(when, time(), UTC) if when is not None else None


def _text(value: object) -> str:
    return " ".join(clean(str(_first(value))).split())[:MAX_LINE] if value is not None else ""


def _address(value: str) -> str:
    return value[len(_MAILTO) :] if value[: len(_MAILTO)].lower() == _MAILTO else value
