"""Which addresses of ours exist, by the events of workspace.v1: the shell keeps it fed, the book itself is pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from events import codec
from events.codec import Header
from events.envelope import AnyEnvelope
from events.errors import EventError, UnknownEventVersion
from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    EmailSettings,
    FallbackAddressIssued,
    InboxChanged,
)
from service_kit.offsets import Record
from service_kit.reply_token import split_plus

log = logging.getLogger(__name__)

_READ: Final = frozenset(
    cls.__name__.encode()
    for cls in (ChannelChanged, ChannelConnected, ChannelDisconnected, FallbackAddressIssued, InboxChanged)
)


@dataclass(frozen=True)
class OurAddress:
    """An e-mail channel: an address, lower case, the inbox that it belongs to, and the server whose word on a sender
    counts there ("" for none)."""

    address: str
    channel_id: UUID
    inbox_id: UUID
    fallback: bool
    authserv_id: str = ""


class Found(NamedTuple):
    """An address of ours and the plus part that the sender wrote ("" for none)."""

    ours: OurAddress
    plus: str


class AddressBook:
    """The addresses as the events so far leave them.

    An inbox's fallback address and its connected ones, each with or without a plus part. Disconnected channels have
    no address; an archived inbox keeps its fallback address, which is valid for ever, and no other.
    """

    def __init__(self) -> None:
        self._channels: dict[UUID, OurAddress] = {}
        self._archived: set[UUID] = set()
        self._by_address: dict[str, OurAddress] | None = {}

    def apply(self, event: object) -> None:
        """Takes in one event; those about other things change nothing."""
        match event:
            case FallbackAddressIssued():
                self._open(event.channel_id, event.inbox_id, EmailSettings(address=event.address, fallback=True))
            case ChannelConnected(kind="email", email=EmailSettings() as settings):
                self._open(event.channel_id, event.inbox_id, settings)
            case ChannelChanged(email=EmailSettings() as settings) if event.channel_id in self._channels:
                self._open(event.channel_id, self._channels[event.channel_id].inbox_id, settings)
            case ChannelDisconnected():
                self._channels.pop(event.channel_id, None)
            case InboxChanged(archived=True):
                self._archived.add(event.inbox_id)
            case InboxChanged():
                self._archived.discard(event.inbox_id)
            case _:
                return
        self._by_address = None

    def find(self, address: str) -> Found | None:
        """The address of ours that this one names, None for none. A plus part that is itself connected comes first."""
        if self._by_address is None:
            self._by_address = self._live()
        wanted = normal(address)
        ours = self._by_address.get(wanted)
        if ours is not None:
            return Found(ours, "")
        base, plus = split_plus(wanted)
        ours = self._by_address.get(base) if plus else None
        return Found(ours, plus) if ours is not None else None

    def _open(self, channel_id: UUID, inbox_id: UUID, settings: EmailSettings) -> None:
        known = self._channels.get(channel_id)
        fallback = settings.fallback or (known is not None and known.fallback)
        self._channels[channel_id] = OurAddress(
            normal(settings.address), channel_id, inbox_id, fallback, settings.authserv_id
        )

    def _live(self) -> dict[str, OurAddress]:
        return {
            ours.address: ours
            for ours in self._channels.values()
            if ours.fallback or ours.inbox_id not in self._archived
        }


@lru_cache(maxsize=4096)
def normal(address: str) -> str:
    """The form in which addresses are compared: lower case, an international domain as A-labels where it has any."""
    local, at, domain = address.strip().lower().rpartition("@")
    if local[:1] == '"' and local[-1:] == '"' and len(local) > 1:
        local = local[1:-1].replace("\\", "")
    domain = domain.rstrip(".")
    if not domain.isascii() and len(domain) <= 255:
        with suppress(UnicodeError):
            domain = domain.encode("idna").decode("ascii")
    return f"{local}{at}{domain}"


class WorkspaceReader:
    """Feeds the book, and others who care for channels, from the records of workspace.v1, each position once.

    Records that can't be read are kept in `unreadable`, for the dead letters, until they are `buried`. While one about
    addresses is among them, no address can be said not to exist: `doubtful`. What is damaged is then done with, as for
    the views. What is only newer than this process is not: the address that it speaks of exists, and senders should try
    again until a newer process reads it.
    """

    def __init__(self, book: AddressBook, *others: Callable[[object], None]) -> None:
        self.book = book
        self._others = others
        self.unreadable: list[tuple[Record, str]] = []
        self._seen: dict[str, int] = {}
        self._has_newer = False

    @property
    def doubtful(self) -> bool:
        return self._has_newer or any(_header(record.headers, "ce_type") in _READ for record, _ in self.unreadable)

    def buried(self, letters: Sequence[tuple[Record, str]]) -> None:
        """The first ones of `unreadable` are dead letters now."""
        del self.unreadable[: len(letters)]

    def read(self, records: Sequence[Record]) -> None:
        """Never raises for what a record holds."""
        for record in records:
            kind = _header(record.headers, "ce_type")
            if kind is not None and kind not in _READ:
                continue
            try:
                envelope = codec.decode(record.headers, record.value)
            except EventError as error:
                self._set_aside(record, error)
                continue
            if self._is_new(envelope):
                self.book.apply(envelope.data)
                for apply in self._others:
                    apply(envelope.data)

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


def _header(headers: Sequence[Header], name: str) -> bytes | None:
    return next((value for key, value in headers if key == name), None)
