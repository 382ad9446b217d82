"""The classes of faults that consumers and writers tell apart.

Fault
├── StaleOffsets       another process has moved the offsets: drop the batch, re-read, seek; never a dead letter
├── StreamConflict     a stream version is taken: roll back, decide again
├── KafkaAway          the log did not answer in time: what was to be published may or may not be there
│   └── RecordRefused      it will never take this record
├── CommitUnclear      the connection broke at COMMIT: it may or may not have happened, read the offsets again
├── LeadershipLost     the session that held the advisory lock has ended: this term ends, the process stands by again
└── MustStop           ends the process; a person has to look
    ├── StreamGap          an event of a stream is missing
    ├── StreamRepeated     an event's place in its stream is taken by another one
    ├── OffsetsDoNotFit    the log under the stored offsets was re-created, cut or changed
    ├── TooManyDeadLetters so many in a row that the consumer itself is suspect
    ├── LogAheadOfStore    the log holds events that the event store does not know
    └── StoodStill         there is work and nothing moves
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import psycopg
from aiokafka.errors import KafkaError

from events.errors import KeyNotHeld


class Fault(Exception):
    """What broke; `retriable` says whether trying again later can help without a person."""

    retriable = True


class StaleOffsets(Fault):
    """Fewer offset rows moved than the batch needs: someone else has handled it."""


class StreamConflict(Fault):
    """A (stream, sequence) of the events to append exists already."""


class CommitUnclear(Fault):
    """The connection was lost while COMMIT was under way."""


class LeadershipLost(Fault):
    """The advisory lock is no longer held: what was begun under it can't go on; the lock may be waited for anew."""

    retriable = False


class KafkaAway(Fault):
    """Kafka did not answer or acknowledge in time."""


class RecordRefused(KafkaAway):
    """Kafka will never take this record: it is too large."""

    retriable = False


class MustStop(Fault):
    """Trying again cannot help; the message says why and what to do."""

    retriable = False


class StreamGap(MustStop):
    """An event came whose predecessor in its stream never did."""


class StreamRepeated(MustStop):
    """An event came for a place in its stream that is already taken."""


class OffsetsDoNotFit(MustStop):
    """The records under the stored offsets are not those that were read before."""


class TooManyDeadLetters(MustStop):
    """The limit of consecutive records that could not be handled is reached."""


class LogAheadOfStore(MustStop):
    """The log holds positions of this store that the store does not hold: it is an older copy."""


class StoodStill(MustStop):
    """There is work, and nothing has moved for too long."""


Kind = Literal["wait", "culprit", "stop"]


def kind(error: BaseException) -> Kind:
    """What to do about an error of a handler.

    `wait`: infrastructure, try again for ever. `culprit`: pure code or a value that the database refuses; a record of
    the batch is to blame. `stop`: neither waiting nor leaving a record out can help (a missing table, a gap).
    """
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError, KeyNotHeld)):
        return "wait"
    if isinstance(error, KafkaError):
        return "wait" if error.retriable else "stop"
    if isinstance(error, (psycopg.DataError, psycopg.IntegrityError)):
        return "culprit"
    if isinstance(error, (psycopg.Error, MemoryError)) or not isinstance(error, Exception):
        return "stop"
    retriable = getattr(error, "retriable", None)
    if retriable is None:
        return "culprit"
    return "wait" if retriable else "stop"


def check_sequence(stream: UUID, last: int, sequence: int) -> None:
    """Promise 3: sequences of a stream come as 1, 2, 3 … Raises StreamGap, StreamRepeated."""
    if sequence > last + 1:
        raise StreamGap(
            f"stream {stream} goes from sequence {last} to {sequence}: an event is missing from the log or was skipped;"
            " compare the log with the event store before going on"
        )
    if sequence <= last:
        raise StreamRepeated(
            f"stream {stream} has sequence {last} and {sequence} comes again at a later position: the log holds events"
            " of an event store that was since restored; name the cut in POSTROOM_STORE_CUTS and rebuild"
        )
