"""Which addresses of ours exist, by the events of workspace.v1; pure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ingest_email.email_channels import EmailChannels
from service_kit.reply_token import split_plus


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


class AddressBook(EmailChannels):
    """The addresses as the events so far leave them.

    An inbox's fallback address and its connected ones, each with or without a plus part. Disconnected channels have
    no address; an archived inbox keeps its fallback address, which is valid for ever, and no other.
    """

    def __init__(self) -> None:
        super().__init__()
        self._by_address: dict[str, OurAddress] | None = {}

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

    def _changed(self) -> None:
        self._by_address = None

    def _live(self) -> dict[str, OurAddress]:
        ours = (
            OurAddress(
                normal(channel.settings.address),
                channel.channel_id,
                channel.inbox_id,
                channel.settings.fallback,
                channel.settings.authserv_id,
            )
            for channel in self.in_use()
        )
        return {one.address: one for one in ours}


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
