"""Names of time zones."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError


@cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _zone(text: str) -> str:
    if text not in _names():
        raise PydanticCustomError("time_zone", "not a time zone of the IANA database")
    return text


IanaZone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_zone)]
