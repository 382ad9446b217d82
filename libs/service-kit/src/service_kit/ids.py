"""Ids: new ones by the clock, derived ones by what they come from."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from uuid_utils.compat import uuid7

_TIME_MASK = 0xFFFFFFFFFFFF << 80
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 5.7): ordered by the time of its making."""
    return uuid7()


def derived_id(parent: UUID, name: str) -> UUID:
    """The id that `parent` gives to its part `name`: always the same, with the parent's time (UUIDv7 layout).

    Whatever is made while handling a record takes its ids from here, so that handling twice makes the same ones.
    """
    digest = int.from_bytes(sha256(parent.bytes + name.encode()).digest()[:10], "big")
    random_a, random_b = digest >> 62 & 0xFFF, digest & (1 << 62) - 1
    return UUID(int=parent.int & _TIME_MASK | _VERSION_7 | random_a << 64 | _VARIANT | random_b)
