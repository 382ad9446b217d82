"""Feeds what a process must know of the workspace from the records of workspace.v1, each position once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from events import codec
from events.codec import Header
from events.envelope import AnyEnvelope
from events.errors import EventError, UnknownEventVersion
from service_kit.offsets import Record

log = logging.getLogger(__name__)


class Book(Protocol):
    """What is kept of the workspace: `apply` takes in one event, of the classes READS or any other."""

    READS: ClassVar[frozenset[type]]

    def apply(self, event: object, /) -> object: ...


B = TypeVar("B", bound=Book)


class WorkspaceReader(Generic[B]):
    """Feeds `book`, and others, with the events that any of them reads.

    Records that can't be read are kept in `unreadable`, for the dead letters, until they are `buried`; what they would
    have changed stays as it was. While one that the book would have read is among them, the book can't be trusted to
    be whole: `doubtful`. What is damaged is then done with, as for the views. What is only newer than this process is
    not: what it speaks of exists, and a newer process will read it.
    """

    def __init__(self, book: B, *others: Book) -> None:
        self.book = book
        self.unreadable: list[tuple[Record, str]] = []
        self._books: tuple[Book, ...] = (book, *others)
        self._wanted = _names(one for each in self._books for one in each.READS)
        self._own = _names(book.READS)
        self._seen: dict[str, int] = {}
        self._has_newer = False

    @property
    def doubtful(self) -> bool:
        return self._has_newer or any(_type_of(record.headers) in self._own for record, _ in self.unreadable)

    def buried(self, letters: Sequence[tuple[Record, str]]) -> None:
        """The first ones of `unreadable` are dead letters now."""
        del self.unreadable[: len(letters)]

    def read(self, records: Sequence[Record]) -> list[Any]:
        """The events that were taken in, in order. Never raises for what a record holds."""
        taken: list[Any] = []
        for record in records:
            kind = _type_of(record.headers)
            if kind is not None and kind not in self._wanted:
                continue
            try:
                envelope = codec.decode(record.headers, record.value)
            except EventError as error:
                self._set_aside(record, error)
                continue
            if self._is_new(envelope):
                for book in self._books:
                    book.apply(envelope.data)
                taken.append(envelope.data)
        return taken

    def _is_new(self, envelope: AnyEnvelope) -> bool:
        if envelope.store is None or envelope.position is None:
            return True
        if envelope.position <= self._seen.get(envelope.store, 0):
            return False
        self._seen[envelope.store] = envelope.position
        return True

    def _set_aside(self, record: Record, error: EventError) -> None:
        reason = f"{type(error).__name__}: {error}"
        log.error(
            "a record of %s can't be read",
            record.topic,
            extra={"partition": record.partition, "offset": record.offset, "reason": reason},
        )
        self._has_newer = self._has_newer or isinstance(error, UnknownEventVersion)
        self.unreadable.append((record, reason))


def _names(classes: Iterable[type]) -> frozenset[bytes]:
    return frozenset(cls.__name__.encode() for cls in classes)


def _type_of(headers: Sequence[Header]) -> bytes | None:
    return next((value for key, value in headers if key == "ce_type"), None)
