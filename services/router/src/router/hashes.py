"""Keyed hashes of what may stand in look-up rows for an address or a Message-ID."""

from __future__ import annotations

import hmac
from typing import Final

from service_kit.hashing import derive_key

AGENT: Final = "agent"
REMEMBERED: Final = 20_000


class Hashes:
    """16 bytes each, of HMAC-SHA256; meaningless without the installation's secret.

    Handles that were hashed lately are remembered: within a batch the same few come again and again.
    """

    __slots__ = ("_handles", "_key")

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret, "address-hash")
        self._handles: dict[tuple[str, str], bytes] = {}

    def handle(self, kind: str, value: str) -> bytes:
        """Of a person's handle: a channel's kind, or "agent" for an agent's address. Case does not count."""
        known = self._handles.get((kind, value))
        if known is None:
            if len(self._handles) >= REMEMBERED:
                self._handles.clear()
            known = self._handles[kind, value] = self._digest(f"handle\x00{kind}\x00{value.lower()}")
        return known

    def message(self, external_id: str) -> bytes:
        """Of a Message-ID without angle brackets."""
        return self._digest("message\x00" + external_id)

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")[:16]
