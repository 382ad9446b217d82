"""When people of the demo write: agents in office hours, customers while they are awake; pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

ZONE: Final = timezone(timedelta(hours=1))
OPENS, CLOSES = 8, 17
AWAKE, ASLEEP = 6, 23
SATURDAY: Final = 5
JITTER_MINUTES: Final = 37
"""What was put off to the morning is not all done at the stroke of eight."""


def in_office(at: datetime, order: int) -> datetime:
    """The moment itself from Monday to Friday in office hours, else early on the next working day; `order` spreads."""
    local = at.astimezone(ZONE)
    if local.weekday() < SATURDAY and OPENS <= local.hour < CLOSES:
        return at
    day = local if local.hour < OPENS else local + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    minutes = 5 + order * 11 % JITTER_MINUTES
    return day.replace(hour=OPENS, minute=minutes, second=local.second, microsecond=0).astimezone(at.tzinfo)


def awake(at: datetime, order: int) -> datetime:
    """The moment itself by day, else in the next morning."""
    local = at.astimezone(ZONE)
    if AWAKE <= local.hour < ASLEEP:
        return at
    day = local if local.hour < AWAKE else local + timedelta(days=1)
    return day.replace(hour=AWAKE + 1, minute=order * 13 % 60, second=local.second, microsecond=0).astimezone(at.tzinfo)


def midnight_of(now: datetime) -> datetime:
    """When the day of `now` began, in the demo's zone."""
    return now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


def beginning(days_ago: int, minute: int, number: int, now: datetime) -> datetime:
    """`minute` of the day so many days before `now`, or a day earlier where that is still to come; `number` spreads."""
    midnight = midnight_of(now)
    began = midnight - timedelta(days=days_ago) + timedelta(minutes=minute, seconds=number * 17 % 60)
    return (began - timedelta(days=1) if began > now - timedelta(minutes=2) else began).astimezone(now.tzinfo)


def day_and_time(text: str, now: datetime) -> datetime:
    """`3 09:00`: at nine, three days after `now`."""
    days, _, clock = text.partition(" ")
    hour, minute = (int(part) for part in clock.split(":"))
    midnight = midnight_of(now)
    return (midnight + timedelta(days=int(days), hours=hour, minutes=minute)).astimezone(now.tzinfo)
