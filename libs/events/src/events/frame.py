"""The frame in which the event store keeps an event: topics, key, headers and body bytes, which the relay forwards."""

from __future__ import annotations

import msgspec

from events.codec import Header, Record


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """An event as it will be published; the first topic is its family's, the others get a copy."""

    topics: tuple[str, ...]
    key: bytes
    headers: list[Header]
    body: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Frame)


def pack(topics: tuple[str, ...], key: bytes, record: Record) -> bytes:
    return _encoder.encode(Frame(topics, key, record.headers, record.value))


def unpack(state: bytes) -> Frame:
    return _decoder.decode(state)
