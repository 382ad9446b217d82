"""Keyed hashes and derived keys: what may stand for an address, and what one secret gives to each purpose."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Purpose = Literal[
    "address-hash", "channel-secrets", "channel-secret-nonces", "master-key", "reply-token", "single-use-tokens"
]


def derive_key(secret: str | bytes, purpose: Purpose) -> bytes:
    """32 bytes for one purpose from the installation's secret (HKDF-SHA256, RFC 5869)."""
    material = secret.encode() if isinstance(secret, str) else secret
    return HKDF(algorithm=SHA256(), length=32, salt=b"postroom", info=purpose.encode()).derive(material)


class KeyedHash:
    """HMAC-SHA256 cut to 128 bits, in 32 hex digits: equal for equal parts, meaningless without the key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, *parts: str) -> str:
        """The hash of the parts; their borders count."""
        framed: list[bytes] = []
        for part in parts:
            raw = part.encode("utf-8", "surrogatepass")
            framed += (len(raw).to_bytes(4, "big"), raw)
        return hmac.digest(self._key, b"".join(framed), sha256).hex()[:32]
