"""Reply tokens: how an answer says, unforgeably, which conversation it answers.

A token is the conversation's id and 48 bits of HMAC-SHA256 over it, in lower-case base32 without padding (36
characters), fit for the local part of an address (RFC 5321 4.5.3.1.1: 64 octets) and of a Message-ID. A conversation
has a second one for its side thread, what we forward to others: who knows the one can't make the other.
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


def _mac(conversation_id: UUID, key: bytes, *, side: bool) -> bytes:
    label = b"side thread" if side else b"conversation"
    return hmac.digest(key, label + conversation_id.bytes, sha256)[:MAC_BYTES]


def sign(conversation_id: UUID, key: bytes, *, side: bool = False) -> str:
    """The token of a conversation, or of its side thread."""
    return b32encode(conversation_id.bytes + _mac(conversation_id, key, side=side)).decode().rstrip("=").lower()


def verify(token: str, key: bytes) -> UUID | None:
    """The conversation that the token, of whichever of its threads, was signed for, None for anything else."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = b32decode(token.upper() + "====")
    except (Error, ValueError):
        return None
    conversation_id = UUID(bytes=raw[:16])
    signed = (_mac(conversation_id, key, side=side) for side in (False, True))
    return conversation_id if any(hmac.compare_digest(raw[16:], mac) for mac in signed) else None


def message_id(reply_id: UUID, conversation_id: UUID, key: bytes, domain: str, *, side: bool = False) -> str:
    """The Message-ID of a reply or forward, without angle brackets: the same at every attempt."""
    return f"{reply_id.hex}.{sign(conversation_id, key, side=side)}@{domain}"


def conversation_of(external_id: str, key: bytes, domain: str) -> UUID | None:
    """The conversation of one of our own Message-IDs (no angle brackets), None for a foreign or forged one."""
    local, _, host = external_id.rpartition("@")
    if host.lower() != domain.lower():
        return None
    return verify(local.rpartition(".")[2].lower(), key)


def plus_address(address: str, token: str) -> str:
    """`local+token@domain`."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def split_plus(address: str) -> tuple[str, str]:
    """The address without its plus part, and the plus part ("" when there is none)."""
    local, at, domain = address.rpartition("@")
    base, plus, token = local.partition("+")
    return (f"{base}{at}{domain}", token) if plus and base else (address, "")
