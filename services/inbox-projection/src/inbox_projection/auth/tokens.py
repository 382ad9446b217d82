"""Random tokens, of which only the hash is kept; pure but for the randomness."""

from __future__ import annotations

import secrets
from typing import Final

from service_kit.web.log_ins import MAX_TOKEN_LENGTH, hash_of

__all__ = ["MAX_TOKEN_LENGTH", "hash_of", "new_token"]

_BYTES: Final = 32


def new_token(prefix: str = "") -> str:
    """256 random bits, URL-safe; the prefix says what it is when it turns up somewhere."""
    return prefix + secrets.token_urlsafe(_BYTES)
