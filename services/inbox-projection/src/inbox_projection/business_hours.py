"""Business hours between the API, where days have names and times look like 09:00, and events; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from events.business_hours import BusinessHours, OpenHours

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_stored: Final = msgspec.json.Decoder(BusinessHours)


def made(zone: str, weekdays: Mapping[str, Sequence[Mapping[str, str]]], holidays: Sequence[date]) -> BusinessHours:
    """What was asked for, each holiday once and in order."""
    return BusinessHours(
        zone=zone,
        weekdays=tuple(
            tuple(OpenHours(_minutes(each["opens"]), _minutes(each["closes"])) for each in weekdays[name])
            for name in WEEKDAYS
        ),
        holidays=tuple(sorted(set(holidays))),
    )


def shaped(stored: str | None) -> dict[str, Any] | None:
    """As the API gives what the view has; None: always open."""
    if stored is None:
        return None
    hours = _stored.decode(stored)
    days = dict(zip(WEEKDAYS, hours.weekdays, strict=False))
    return {
        "zone": hours.zone,
        "weekdays": {
            name: [{"opens": _wall(each.begin), "closes": _wall(each.end)} for each in days.get(name, ())]
            for name in WEEKDAYS
        },
        "holidays": [day.isoformat() for day in hours.holidays],
    }


def _minutes(wall: str) -> int:
    hours, _, minutes = wall.partition(":")
    return int(hours) * 60 + int(minutes)


def _wall(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
