"""What Outlook's winmail.dat says of a meeting (MS-OXTNEF, MS-OXOCAL); nothing else of it is read; pure, linear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, Final

import msgspec

TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
NAME: Final = "winmail.dat"
"""What Outlook calls the file, of whatever type other mailers make it."""
MAX_ATTRIBUTES: Final = 2_000
MAX_PROPERTIES: Final = 2_000
MAX_CALENDAR: Final = 64_000
_SIGNATURE: Final = 0x223E9F78
_CLASS, _SUBJECT, _CODEPAGE, _PROPERTIES, _ATTACHED = 0x00078008, 0x00018004, 0x00069007, 0x00069003, 0x0006800F
_BEGIN: Final = b"BEGIN:VCALENDAR"
_WORD, _LONG, _HEAD = Struct("<H"), Struct("<I"), Struct("<BII")
_WIDTHS: Final = {
    0x01: 0, 0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16,
}  # fmt: skip
"""Bytes of a value by its type, with what fills it up to four (MS-OXTNEF 2.1.3.5)."""
_COUNTED: Final = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_STRING8, _STRING, _TIME, _BOOLEAN, _SEVERAL = 0x1E, 0x1F, 0x40, 0x0B, 0x1000
_APPOINTMENT: Final = bytes.fromhex("0220060000000000C000000000000046")
_WHEN_1601: Final = datetime(1601, 1, 1, tzinfo=UTC)
_NAMED: Final = {0x8208: "location", 0x820D: "starts", 0x820E: "ends", 0x8215: "whole_day"}
_TAGGED: Final = {
    0x001A: "kind",
    0x0037: "summary",
    0x0060: "started",
    0x0061: "ended",
    0x0065: "organizer",
    0x5D02: "organizer_smtp",
}
_METHODS: Final = (
    ("ipm.schedule.meeting.request", "REQUEST"),
    ("ipm.microsoft schedule.mtgreq", "REQUEST"),
    ("ipm.schedule.meeting.canceled", "CANCEL"),
    ("ipm.microsoft schedule.mtgcncl", "CANCEL"),
    ("ipm.schedule.meeting.resp", "REPLY"),
    ("ipm.microsoft schedule.mtgresp", "REPLY"),
    ("ipm.appointment", "PUBLISH"),
)


class Broken(ValueError):
    """It is no TNEF, or ends in the middle."""


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """As Outlook wrote it; times are instants, of a whole day its midnight in UTC."""

    method: str
    summary: str = ""
    location: str = ""
    organizer: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    whole_day: bool = False


class Found(msgspec.Struct, frozen=True):
    """The meeting that the mail is, and calendar files that lie in it."""

    meeting: Meeting | None
    calendars: tuple[bytes, ...]


def read(content: bytes) -> Found:
    """Raises Broken."""
    view = memoryview(content)
    if len(view) < 6 or _LONG.unpack_from(view)[0] != _SIGNATURE:
        raise Broken("no signature of TNEF")
    said: dict[str, Any] = {}
    calendars, codepage = list[bytes](), "cp1252"
    for attribute, data in _attributes(view):
        if attribute == _CODEPAGE and len(data) >= 4:
            codepage = f"cp{_LONG.unpack_from(data)[0]}"
        elif attribute == _CLASS:
            said.setdefault("kind", _text(bytes(data), "ascii"))
        elif attribute == _SUBJECT:
            said.setdefault("summary", _text(bytes(data), codepage))
        elif attribute == _PROPERTIES:
            said |= _properties(data, codepage)
        elif attribute == _ATTACHED and len(data) <= MAX_CALENDAR and bytes(data[: len(_BEGIN)]) == _BEGIN:
            calendars.append(bytes(data))
    return Found(_meeting(said), tuple(calendars))


def _attributes(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Each attribute's id and data; what follows the last whole one is passed over."""
    at = 6
    for _ in range(MAX_ATTRIBUTES):
        if at + _HEAD.size > len(view):
            return
        level, attribute, size = _HEAD.unpack_from(view, at)
        begin = at + _HEAD.size
        if level not in (1, 2) or begin + size > len(view):
            return
        yield attribute, view[begin : begin + size]
        at = begin + size + _WORD.size


def _properties(data: memoryview, codepage: str) -> dict[str, Any]:
    """Those that are wanted, by our names for them."""
    found: dict[str, Any] = {}
    count, at = _long(data, 0), 4
    for _ in range(min(count, MAX_PROPERTIES)):
        kind, tag = _word(data, at), _word(data, at + 2)
        at += 4
        name = _TAGGED.get(tag)
        if tag >= 0x8000:
            name, at = _named(data, at)
        values, at = _values(data, at, kind)
        if name is not None and values:
            found[name] = _value(bytes(values[0]), kind, codepage)
    return found


def _named(data: memoryview, at: int) -> tuple[str | None, int]:
    """A named property is told by its set and number, or by a text, which none that is wanted is."""
    owner = bytes(_some(data, at, 16))
    by_text, number = _long(data, at + 16), _long(data, at + 20)
    at += 24
    if by_text:
        return None, at + _filled(number)
    return (_NAMED.get(number) if owner == _APPOINTMENT else None), at


def _values(data: memoryview, at: int, kind: int) -> tuple[list[memoryview], int]:
    base, count = kind & ~_SEVERAL, 1
    if kind & _SEVERAL or base in _COUNTED:
        count, at = _long(data, at), at + 4
    if count > len(data):
        raise Broken("more values than bytes")
    values = []
    for _ in range(count):
        if base in _COUNTED:
            size, at = _long(data, at), at + 4
        elif base in _WIDTHS:
            size = _WIDTHS[base]
        else:
            raise Broken("a value of an unknown type")
        values.append(_some(data, at, size))
        at += _filled(size)
    return values, at


def _value(raw: bytes, kind: int, codepage: str) -> object:
    if kind == _STRING:
        return _text(raw, "utf-16-le")
    if kind == _STRING8:
        return _text(raw, codepage)
    if kind == _TIME:
        return _instant(int.from_bytes(raw, "little"))
    return bool(raw[0]) if kind == _BOOLEAN else None


def _meeting(said: dict[str, Any]) -> Meeting | None:
    kind = str(said.get("kind") or "").lower()
    method = next((method for name, method in _METHODS if kind.startswith(name)), None)
    if method is None:
        return None
    starts, ends = said.get("starts") or said.get("started"), said.get("ends") or said.get("ended")
    whole = said.get("whole_day") is True
    organizer = str(said.get("organizer_smtp") or said.get("organizer") or "")
    return Meeting(
        method=method,
        summary=str(said.get("summary") or ""),
        location=str(said.get("location") or ""),
        organizer=organizer if "@" in organizer else "",
        starts_at=_day_of(starts) if whole else starts,
        ends_at=_day_of(ends) if whole else ends,
        whole_day=whole,
    )


def _day_of(midnight: datetime | None) -> datetime | None:
    """The day that begins then in a zone that is not told: noon there is on the same day in UTC, nearly anywhere."""
    if midnight is None:
        return None
    return (midnight + timedelta(hours=12)).replace(hour=0, minute=0, second=0, microsecond=0)


def _instant(ticks: int) -> datetime | None:
    """Of so many tenths of a microsecond since 1601; None for one that no calendar has."""
    try:
        moment = _WHEN_1601 + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return None
    return moment if 1970 <= moment.year <= 2200 else None


def _text(raw: bytes, codepage: str) -> str:
    try:
        text = raw.decode(codepage, "replace")
    except LookupError:
        text = raw.decode("cp1252", "replace")
    return text.partition("\0")[0]


def _some(data: memoryview, at: int, size: int) -> memoryview:
    if at + size > len(data):
        raise Broken("it ends in the middle")
    return data[at : at + size]


def _long(data: memoryview, at: int) -> int:
    return int(_LONG.unpack(_some(data, at, 4))[0])


def _word(data: memoryview, at: int) -> int:
    return int(_WORD.unpack(_some(data, at, 2))[0])


def _filled(size: int) -> int:
    """With what fills it up to four."""
    return size + -size % 4
