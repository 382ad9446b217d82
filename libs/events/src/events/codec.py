"""Bytes ↔ envelopes: CloudEvents binary mode, attributes in `ce_*` headers, JSON value `{data, personal}`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from events import catalog
from events.envelope import Actor, AnyEnvelope, Command, Envelope, Event
from events.errors import EventTooLarge, MalformedEvent, UnknownEventVersion
from events.sealing import DataKey, Keys, key_for
from events.topics import MAX_EVENT_BYTES, MAX_RECORD_BYTES
from events.upcasting import UPCASTERS, Upcasters, upcast

Header = tuple[str, bytes]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_SPECVERSION: Final = ("ce_specversion", b"1.0")
_SOURCE: Final = ("ce_source", b"postroom")
_CONTENT_TYPE: Final = ("content-type", b"application/json")


class Box(msgspec.Struct, frozen=True):
    key_id: UUID
    box: bytes


class _Value(msgspec.Struct, frozen=True):
    data: msgspec.Raw
    personal: Box | None = None


class _Attributes(msgspec.Struct, frozen=True):
    """The context attributes of an envelope, converted from text in one go."""

    ce_id: UUID
    ce_stream: UUID
    ce_sequence: int
    ce_time: Moment
    ce_recordedat: Moment
    ce_workspaceid: UUID
    ce_correlationid: UUID
    ce_actor: str
    ce_causationid: UUID | None = None
    ce_store: str | None = None
    ce_position: int | None = None


class Record(msgspec.Struct, frozen=True):
    """What goes to Kafka, less topic and key: the headers and the value."""

    headers: list[Header]
    value: bytes


class Parsed(msgspec.Struct, frozen=True):
    """A record whose attributes are read and whose box, if any, is still closed."""

    attributes: dict[str, str]
    cls: type[Any]
    data: msgspec.Raw
    box: Box | None

    @property
    def key_id(self) -> UUID | None:
        return None if self.box is None else self.box.key_id


_value_decoder = msgspec.json.Decoder(_Value)
_encoder = msgspec.json.Encoder()


_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def _decoder(cls: type[Any]) -> msgspec.json.Decoder[Any]:
    decoder = _decoders.get(cls)
    if decoder is None:
        decoder = _decoders[cls] = msgspec.json.Decoder(cls)
    return decoder


def encode(envelope: AnyEnvelope, key: DataKey | None = None, *, limit: int | None = None) -> Record:
    """Headers and value. With a key, the personal half is sealed; without one the event must have none.

    Raises EventTooLarge over the limit in bytes (512 kB for events of the store, 2 MB for unsealed records) and
    ValueError when personal data would travel in the clear.
    """
    data = envelope.data
    personal = getattr(data, "personal", None)
    if personal is None:
        value = b'{"data":' + _encoder.encode(data) + b"}"
    else:
        if key is None:
            raise ValueError(f"{envelope.type} has personal data and no key to seal it with")
        box = Box(key.key_id, key.seal(_encoder.encode(personal), envelope.id))
        bare = _encoder.encode(msgspec.structs.replace(data, personal=None))
        value = b'{"data":' + bare + b',"personal":' + _encoder.encode(box) + b"}"
    if limit is None:
        limit = MAX_EVENT_BYTES if envelope.sequence else MAX_RECORD_BYTES - 64 * 1024
    if len(value) > limit:
        raise EventTooLarge(f"{envelope.type} {envelope.id} has {len(value)} bytes, at most {limit} are allowed")
    return Record(_headers(envelope), value)


def _headers(envelope: AnyEnvelope) -> list[Header]:
    recorded_at = _moment(envelope.recorded_at)
    same = envelope.occurred_at is envelope.recorded_at
    headers: list[Header] = [
        _SPECVERSION,
        ("ce_id", _text(envelope.id)),
        _SOURCE,
        *_kind(type(envelope.data)),
        ("ce_time", recorded_at if same else _moment(envelope.occurred_at)),
        ("ce_stream", _text(envelope.stream)),
        ("ce_sequence", b"%d" % envelope.sequence),
        ("ce_recordedat", recorded_at),
        ("ce_workspaceid", _text(envelope.workspace_id)),
        ("ce_actor", _actor_text(envelope.actor)),
        ("ce_correlationid", _text(envelope.correlation_id)),
        _CONTENT_TYPE,
    ]
    if envelope.causation_id is not None:
        headers.append(("ce_causationid", _text(envelope.causation_id)))
    return headers


_kinds: dict[type[Any], tuple[Header, Header]] = {}


def _kind(cls: type[Any]) -> tuple[Header, Header]:
    kind = _kinds.get(cls)
    if kind is None:
        kind = _kinds[cls] = ("ce_type", cls.__name__.encode()), ("ce_version", str(cls.VERSION).encode())
    return kind


@lru_cache(maxsize=4096)
def _actor_text(actor: Actor) -> bytes:
    return str(actor).encode()


def _text(value: UUID) -> bytes:
    """An id as text: msgspec writes it three times as fast as `str` does."""
    text: str = msgspec.to_builtins(value)
    return text.encode()


def _moment(value: datetime) -> bytes:
    """RFC 3339 with the offset in digits: what `isoformat` gives, nine times as fast."""
    text: str = msgspec.to_builtins(value)
    return (text[:-1] + "+00:00" if text.endswith("Z") else text).encode()


def with_position(headers: Sequence[Header], store: str, position: int) -> list[Header]:
    """The headers plus where in which store the event lies; the relay adds this."""
    return [*headers, ("ce_store", store.encode()), ("ce_position", str(position).encode())]


def parse(headers: Sequence[Header], value: bytes | None) -> Parsed:
    """Reads attributes and splits the value; opens nothing, needs no key.

    Raises MalformedEvent, UnknownEventType, UnknownEventVersion.
    """
    try:
        attributes = {name: raw.decode() for name, raw in headers}
        type_name, version = attributes["ce_type"], int(attributes["ce_version"])
    except (KeyError, ValueError, AttributeError, UnicodeDecodeError) as error:
        raise MalformedEvent(f"not a CloudEvent in binary mode: {type(error).__name__} {error}") from error
    cls = catalog.class_of(type_name)
    if not 1 <= version <= cls.VERSION:
        raise UnknownEventVersion(f"{type_name} version {version} is unknown here, the newest known is {cls.VERSION}")
    try:
        parts = _value_decoder.decode(value or b"")
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedEvent(f"the value of a {type_name} is not {{data, personal}} in JSON: {_why(error)}") from error
    return Parsed(attributes, cls, parts.data, parts.personal)


def open_(parsed: Parsed, keys: Keys | None = None, *, upcasters: Upcasters = UPCASTERS) -> AnyEnvelope:
    """The envelope. With `keys`, the box is opened (personal None if erased); without, it stays closed.

    Raises MalformedEvent, UnknownEventVersion, KeyNotHeld, SealBroken.
    """
    cls = parsed.cls
    try:
        given = msgspec.convert(parsed.attributes, _Attributes, strict=False)
        data = _data(parsed, upcasters)
        if keys is not None and parsed.box is not None:
            data = _with_personal(data, cls, parsed.box, given.ce_id, keys)
        return Envelope(
            id=given.ce_id,
            stream=given.ce_stream,
            sequence=given.ce_sequence,
            occurred_at=given.ce_time,
            recorded_at=given.ce_recordedat,
            workspace_id=given.ce_workspaceid,
            actor=_actor(given.ce_actor),
            correlation_id=given.ce_correlationid,
            causation_id=given.ce_causationid,
            data=data,
            store=given.ce_store,
            position=given.ce_position,
        )
    except (KeyError, ValueError, msgspec.DecodeError, RecursionError) as error:
        raise MalformedEvent(f"a {cls.__name__} does not fit its schema: {_why(error)}") from error


def decode(headers: Sequence[Header], value: bytes | None, keys: Keys | None = None) -> AnyEnvelope:
    """`parse`, then `open_`."""
    return open_(parse(headers, value), keys)


def _data(parsed: Parsed, upcasters: Upcasters) -> Event | Command:
    cls, version = parsed.cls, int(parsed.attributes["ce_version"])
    if version == cls.VERSION:
        decoded: Event | Command = _decoder(cls).decode(parsed.data)
        return decoded
    old = msgspec.json.decode(parsed.data, type=dict[str, Any])
    converted: Event | Command = msgspec.convert(
        upcast(cls.__name__, version, cls.VERSION, old, upcasters), cls, strict=False
    )
    return converted


def _with_personal(data: Event | Command, cls: type[Any], box: Box, event_id: UUID, keys: Keys) -> Event | Command:
    key = key_for(keys, box.key_id)
    personal_cls = catalog.personal_type(cls)
    if personal_cls is None:
        raise MalformedEvent(f"a {cls.__name__} has no personal half, yet a box came with it")
    if not isinstance(key, DataKey):
        return data
    personal = _decoder(personal_cls).decode(key.open(box.box, event_id))
    return msgspec.structs.replace(data, personal=personal)


@lru_cache(maxsize=4096)
def _actor(text: str) -> Actor:
    kind, _, actor_id = text.partition(":")
    return msgspec.convert({"kind": kind, "id": actor_id}, Actor)


def _why(error: Exception) -> str:
    """The reason without the offending value, which may be personal."""
    if isinstance(error, msgspec.ValidationError):
        return str(error).split(" - ")[-1] if " - " in str(error) else "a value has the wrong type"
    return type(error).__name__
