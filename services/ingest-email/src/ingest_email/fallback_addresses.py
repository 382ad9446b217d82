"""Each inbox's fallback address, by the events of workspace.v1; pure."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from events.workspace import FallbackAddressIssued


class FallbackAddresses:
    """The addresses that came with the inboxes: valid for ever, so none is ever forgotten."""

    READS: ClassVar[frozenset[type]] = frozenset({FallbackAddressIssued})

    def __init__(self) -> None:
        self._addresses: dict[UUID, str] = {}

    def find(self, inbox_id: UUID) -> str | None:
        """None for an inbox that no event has spoken of yet."""
        return self._addresses.get(inbox_id)

    def apply(self, event: object) -> None:
        """Takes in one event; those about other things change nothing."""
        if isinstance(event, FallbackAddressIssued):
            self._addresses[event.inbox_id] = event.address
