"""Tokens of our own mails: which notification an agent's answer answers, and which test a mail that comes back is of.

A token is the mail's id and 48 bits of HMAC-SHA256 over it, in lower-case base32 without padding (36 characters, as
much as fits beside the longest address of an inbox). The mail's event, which never changes, says to which agent it
went, about which conversation, and when: so the token stands for all of that. It is no reply token: its label differs,
as those of the two purposes do.
"""

from __future__ import annotations

import hmac
from base64 import b32decode, b32encode
from binascii import Error
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

MAC_BYTES: Final = 6
TOKEN_LENGTH: Final = 36


Purpose = Literal["notification mail", "channel test"]


def _mac(mail_id: UUID, key: bytes, purpose: Purpose) -> bytes:
    return hmac.digest(key, purpose.encode() + mail_id.bytes, sha256)[:MAC_BYTES]


def sign(mail_id: UUID, key: bytes, purpose: Purpose = "notification mail") -> str:
    """The token of a mail of ours."""
    return b32encode(mail_id.bytes + _mac(mail_id, key, purpose)).decode().rstrip("=").lower()


def verify(token: str, key: bytes, purpose: Purpose = "notification mail") -> UUID | None:
    """The mail that the token was signed for, None for anything else."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = b32decode(token.upper() + "====")
    except (Error, ValueError):
        return None
    mail_id = UUID(bytes=raw[:16])
    return mail_id if hmac.compare_digest(raw[16:], _mac(mail_id, key, purpose)) else None


def mail_of(tokens: Iterable[str], key: bytes) -> UUID | None:
    """The notification mail of the first token that is one."""
    return next((found for token in tokens if token and (found := verify(token.lower(), key)) is not None), None)
