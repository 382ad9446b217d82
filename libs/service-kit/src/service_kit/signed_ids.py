"""Ids that we give away and know again: the id and 48 bits of HMAC-SHA256 over a label and it.

In lower-case base32 without padding: 36 characters, fit for the local part of an address (RFC 5321 4.5.3.1.1: 64
octets) and of a Message-ID.
"""

from __future__ import annotations

import hmac
from base64 import b32decode, b32encode
from binascii import Error
from hashlib import sha256
from typing import Final
from uuid import UUID

MAC_BYTES: Final = 6
TOKEN_LENGTH: Final = 36


def sign(signed: UUID, key: bytes, label: bytes) -> str:
    """The token of the id; who knows the one of one label can't make that of another."""
    return b32encode(signed.bytes + _mac(signed, key, label)).decode().rstrip("=").lower()


def verify(token: str, key: bytes, *labels: bytes) -> UUID | None:
    """The id that the token was signed for under one of the labels, None for anything else."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = b32decode(token.upper() + "====")
    except (Error, ValueError):
        return None
    signed = UUID(bytes=raw[:16])
    return signed if any(hmac.compare_digest(raw[16:], _mac(signed, key, label)) for label in labels) else None


def _mac(signed: UUID, key: bytes, label: bytes) -> bytes:
    return hmac.digest(key, label + signed.bytes, sha256)[:MAC_BYTES]
