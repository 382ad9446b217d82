"""Shapes of an inbox's business hours."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from inbox_projection.api.models.common import Asked, Given
from inbox_projection.api.models.zones import IanaZone

WallTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", max_length=5)]


def _apart(hours: list[OpenHoursAsked]) -> list[OpenHoursAsked]:
    placed = sorted(hours, key=lambda each: each.opens)
    if any(before.closes > after.opens for before, after in pairwise(placed)):
        raise PydanticCustomError("hours_overlap", "overlap")
    return placed


class OpenHoursAsked(Asked):
    """By the clocks of the zone; `closes` 24:00 is the end of the day."""

    opens: WallTime
    closes: WallTime

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.opens >= self.closes:
            raise PydanticCustomError("hours_backwards", "closes must be later than opens")
        return self


DayAsked = Annotated[list[OpenHoursAsked], Field(max_length=10), AfterValidator(_apart)]


class WeekAsked(Asked):
    """A day left out is closed."""

    monday: DayAsked = Field(default_factory=list)
    tuesday: DayAsked = Field(default_factory=list)
    wednesday: DayAsked = Field(default_factory=list)
    thursday: DayAsked = Field(default_factory=list)
    friday: DayAsked = Field(default_factory=list)
    saturday: DayAsked = Field(default_factory=list)
    sunday: DayAsked = Field(default_factory=list)


class BusinessHoursAsked(Asked):
    """When the inbox is staffed. On `holidays` nobody is there all day."""

    zone: IanaZone
    weekdays: WeekAsked
    holidays: Annotated[list[date], Field(max_length=500)] = Field(default_factory=list)


class OpenHours(Given):
    opens: str
    closes: str


class Week(Given):
    monday: list[OpenHours]
    tuesday: list[OpenHours]
    wednesday: list[OpenHours]
    thursday: list[OpenHours]
    friday: list[OpenHours]
    saturday: list[OpenHours]
    sunday: list[OpenHours]


class BusinessHours(Given):
    zone: str
    weekdays: Week
    holidays: list[date]
