"""The order within a stream: 1, 2, 3 … without holes, but for events known to be dead letters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

Holes = Mapping[UUID, Collection[int]]
"""Sequences by stream that will never come: their records went to the dead-letter topic."""


class OutOfOrder(Exception):
    """The log cannot be projected as it is; the projector must stop, because every later row would be wrong."""

    retriable = False


class SequenceGap(OutOfOrder):
    """An event came before its predecessor."""


class SequenceRepeated(OutOfOrder):
    """An event came for a place in its stream that an earlier record of the log has taken."""


def check(stream: UUID, last: int, sequence: int, holes: Holes) -> None:
    """Returns for the next event of a stream. Raises SequenceGap, SequenceRepeated.

    Redelivered records never get here: they are told by their positions.
    """
    if sequence == last + 1:
        return
    if sequence <= last:
        raise SequenceRepeated(
            f"stream {stream} is at {last} and {sequence} comes again at a later position: the log holds events of an"
            " event store that was since restored; name the cut in POSTROOM_STORE_CUTS and rebuild the views"
        )
    known = holes.get(stream, ())
    if not all(missing in known for missing in range(last + 1, sequence)):
        raise SequenceGap(
            f"stream {stream} is at {last} and goes on with {sequence}: events between them are missing from the log;"
            " nothing is projected past a hole. Compare the log with the event store, then rebuild the views"
        )
