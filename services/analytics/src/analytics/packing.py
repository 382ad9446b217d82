"""The facts of a kind and a day as columns in a few bytes each: what makes a report over a year quick; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from analytics.facts import DAY, Fact

NOBODY: Final = UUID(int=0)
"""Stands for no team and no agent."""
_NARROW: Final = 1 << 16
_NUMBERED: Final = frozenset({"sent"})
Array = npt.NDArray[Any]
Row = tuple[int, int, UUID, str, UUID | None, UUID | None, int | None, Sequence[int] | None]
"""stopped_at, number, inbox_id, channel, team_id, agent_id, duration, parts."""


class Block(msgspec.Struct, frozen=True, array_like=True):
    """The columns. `at` counts milliseconds from the day's beginning; inbox, team and agent are places in `ids` (of 16
    bytes each, in order), channel in `channels`; `durations` is empty where the kind is only counted or has `parts`
    (fact by fact, as many of each), `numbers` (of conversations) where nobody asks for different ones."""

    rows: int
    at: bytes
    numbers: bytes
    ids: bytes
    inboxes: bytes
    teams: bytes
    agents: bytes
    channels: tuple[str, ...]
    channel: bytes
    durations: bytes
    parts: bytes = b""

    def places(self, column: bytes) -> Array:
        """A column of places in `ids`."""
        return np.frombuffer(column, "<u2" if len(self.ids) // 16 <= _NARROW else "<u4")


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Block).decode


def row_of(fact: Fact) -> Row:
    """What of a fact is packed."""
    return (
        fact.stopped_at,
        fact.number,
        fact.inbox_id,
        fact.channel,
        fact.team_id,
        fact.agent_id,
        fact.duration,
        fact.parts,
    )


def pack(kind: str, day: int, rows: Sequence[Row]) -> bytes:
    """The rows of one kind and one day (since 1970, UTC), in their order."""
    channels: dict[str, int] = {}
    columns = zip(*rows, strict=True) if rows else [()] * 8
    stopped_at, numbers, inboxes, channel, teams, agents, durations, parts = columns
    ids = {each: place for place, each in enumerate(sorted({each or NOBODY for each in (*inboxes, *teams, *agents)}))}
    placed = [[ids[each or NOBODY] for each in column] for column in (inboxes, teams, agents)]
    kinds = [channels.setdefault(each, len(channels)) for each in channel]
    width = "<u2" if len(ids) <= _NARROW else "<u4"
    divided = any(each is not None for each in parts)
    timed = not divided and any(each is not None for each in durations)
    return _encode(
        Block(
            rows=len(rows),
            at=(np.array(stopped_at, "<i8") - day * DAY).astype("<u4").tobytes(),
            numbers=np.array(numbers, "<i8").tobytes() if kind in _NUMBERED else b"",
            ids=b"".join(each.bytes for each in ids),
            inboxes=np.array(placed[0], width).tobytes(),
            teams=np.array(placed[1], width).tobytes(),
            agents=np.array(placed[2], width).tobytes(),
            channels=tuple(channels),
            channel=np.array(kinds, "u1").tobytes(),
            durations=np.array(durations, "<i8").tobytes() if timed else b"",
            parts=np.array(parts, "<i8").tobytes() if divided else b"",
        )
    )


def unpack(packed: bytes) -> Block:
    """The columns of `pack`."""
    return _decode(packed)
