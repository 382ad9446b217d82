"""Random tokens, of which only the hash is kept; pure but for the randomness."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

_BYTES: Final = 32
MAX_TOKEN_LENGTH: Final = 200


def new_token(prefix: str = "") -> str:
    """256 random bits, URL-safe; the prefix says what it is when it turns up somewhere."""
    return prefix + secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> bytes:
    """SHA-256: a token has full entropy, so that a slow hash would protect nothing more."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
