"""Keyed hashes of what may stand in look-up rows for an address or a Message-ID."""

from __future__ import annotations

from service_kit.hashing import KeyedHash, derive_key

AGENT = "agent"


class Hashes:
    """16 bytes each; meaningless without the installation's secret."""

    __slots__ = ("_keyed",)

    def __init__(self, secret: str) -> None:
        self._keyed = KeyedHash(derive_key(secret, "address-hash"))

    def handle(self, kind: str, value: str) -> bytes:
        """Of a person's handle: a channel's kind, or "agent" for an agent's address. Case does not count."""
        return bytes.fromhex(self._keyed.of("handle", kind, value.lower()))

    def message(self, external_id: str) -> bytes:
        """Of a Message-ID without angle brackets."""
        return bytes.fromhex(self._keyed.of("message", external_id))
