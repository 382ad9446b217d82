"""What can go wrong in the router's shell, as one tree.

Fault (service_kit.faults)
├── LookupTaken          a look-up row that was read as free is taken: roll back, decide again
RouterError
├── ImportRefused        a history cannot be imported: malformed, or its streams exist
└── StillActive          a command needs the router to be stopped
"""

from __future__ import annotations

from aiokafka.errors import KafkaError

from service_kit.faults import Fault, StreamConflict


class LookupTaken(StreamConflict):
    """A look-up row that was read as free is taken."""


class RouterError(Exception):
    """Something a command of the router could not do; the message says what, why and the remedy."""

    retriable = False


class ImportRefused(RouterError):
    """The history is malformed or was imported already."""


class StillActive(RouterError):
    """Another router holds the lock."""


def words(error: BaseException) -> str:
    """What can be logged of an infrastructure error: PostgreSQL's own words may quote values."""
    return f"{type(error).__name__}: {error}" if isinstance(error, (Fault, KafkaError)) else type(error).__name__
