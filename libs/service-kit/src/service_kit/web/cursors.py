"""Keyset cursors: opaque text around the values a page ended with; pure."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from service_kit.web.problems import Problem

T = TypeVar("T", bound=msgspec.Struct)


def encode(place: msgspec.Struct) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def decode(text: str, kind: type[T]) -> T:
    """The place a cursor names. Raises Problem 422 for anything that no page ended with."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        place = msgspec.msgpack.decode(raw, type=kind)
    except (ValueError, msgspec.DecodeError, UnicodeEncodeError, OverflowError) as error:
        raise Problem(422, "invalid-cursor", "Take `next_cursor` of the page before, unchanged.") from error
    return place
