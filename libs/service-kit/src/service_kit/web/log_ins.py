"""How log-ins are told from what the schema `auth` keeps of them: shared by those who check them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

COOKIE: Final = "postroom_session"
IDLE: Final = timedelta(hours=12)
"""A session that nobody used for so long is over."""
GRACE: Final = timedelta(minutes=1)
"""The token before the present one is valid for so long, for requests that were under way."""
MAX_TOKEN_LENGTH: Final = 200


def hash_of(token: str) -> bytes:
    """SHA-256: a token has full entropy, so that a slow hash would protect nothing more."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
