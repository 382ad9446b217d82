"""What can be told of a record that cannot be handled, from its header and as much of its body as can be read; pure."""

from __future__ import annotations

from typing import Final

import msgspec

from events.inbound import MessageReceived
from events.topics import INBOUND_EMAIL

_MESSAGE: Final = MessageReceived.__name__.encode()


class _Facts(msgspec.Struct):
    blobs: tuple[str, ...] = ()


class _Data(msgspec.Struct):
    facts: _Facts


class _Body(msgspec.Struct):
    data: _Data


_body: Final = msgspec.json.Decoder(_Body)


def is_parsed_by_its_channel(topic: str, kind: bytes | None) -> bool:
    """Whether the record is a mail, which ingest-email read from raw bytes that it has kept."""
    return topic == INBOUND_EMAIL.name and kind == _MESSAGE


def blobs_of(kind: bytes | None, value: bytes | None) -> tuple[str, ...]:
    """What a message names in the blob store; nothing where that cannot be read, and of anything else."""
    if kind != _MESSAGE:
        return ()
    try:
        return _body.decode(value or b"").data.facts.blobs
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()
