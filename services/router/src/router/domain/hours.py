"""Whether business hours can be those of an inbox."""

from __future__ import annotations

from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from events.business_hours import MIDNIGHT, BusinessHours
from router.domain import errors

MAX_SPANS: Final = 10
MAX_HOLIDAYS: Final = 500


def check_business_hours(hours: BusinessHours) -> None:
    """Raises BusinessHoursInvalid: seven weekdays of hours that follow each other, in a zone that there is."""
    try:
        ZoneInfo(hours.zone)
    except (ValueError, KeyError, OSError):
        raise errors.BusinessHoursInvalid("There is no such IANA time zone.") from None
    if len(hours.weekdays) != 7:
        raise errors.BusinessHoursInvalid("Business hours are those of seven weekdays.")
    for day in hours.weekdays:
        if len(day) > MAX_SPANS:
            raise errors.BusinessHoursInvalid(f"A day has at most {MAX_SPANS} spans of open hours.")
        if any(not 0 <= each.begin < each.end <= MIDNIGHT for each in day):
            raise errors.BusinessHoursInvalid("Hours end after they begin, within the same day.")
        if any(before.end > after.begin for before, after in pairwise(day)):
            raise errors.BusinessHoursInvalid("Hours of a day follow each other and do not overlap.")
    if len(hours.holidays) > MAX_HOLIDAYS:
        raise errors.BusinessHoursInvalid(f"There are at most {MAX_HOLIDAYS} holidays.")
