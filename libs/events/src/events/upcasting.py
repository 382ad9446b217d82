"""Old versions of an event become the current one: pure functions dict → dict, chained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from events.errors import UnknownEventVersion

Json = dict[str, Any]
Upcaster = Callable[[Json], Json]
Upcasters = Mapping[tuple[str, int], Upcaster]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type, version n) → a function from data of version n to data of version n + 1. Append only."""


def upcast(type_name: str, version: int, current: int, data: Json, upcasters: Upcasters = UPCASTERS) -> Json:
    """The data in its current version. Raises UnknownEventVersion where a step is missing."""
    for step in range(version, current):
        upcaster = upcasters.get((type_name, step))
        if upcaster is None:
            raise UnknownEventVersion(f"no upcaster leads from {type_name} version {step} to {step + 1}")
        data = upcaster(data)
    return data
