"""For tests: an example of every event and command, and envelopes around them."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from events.envelope import Actor, AnyEnvelope, Command, Envelope, Event
from events.sealing import DataKey

E = TypeVar("E", bound="Event | Command")
MOMENT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
WORKSPACE_ID = UUID("01900000-0000-7000-8000-000000000001")
EXAMPLE_KEY_ID = UUID("01900000-0000-7000-8000-0000000000aa")
EXAMPLE_SECRET = bytes(range(32))
EXAMPLE_KEY = DataKey(EXAMPLE_KEY_ID, EXAMPLE_SECRET)


def example(cls: type[E]) -> E:
    """An instance with every field filled, the same at each call."""
    built: E = msgspec.convert(_value(msgspec.inspect.type_info(cls), cls.__name__), cls, strict=False)
    return built


def envelope(data: E, **attributes: Any) -> Envelope[E]:
    """The event in an envelope with plain attributes; give those that matter."""
    defaults: dict[str, Any] = {
        "id": UUID("01900000-0000-7000-8000-000000000e01"),
        "stream": UUID("01900000-0000-7000-8000-000000000501"),
        "sequence": 0 if isinstance(data, Command) else 1,
        "occurred_at": MOMENT,
        "recorded_at": MOMENT,
        "workspace_id": WORKSPACE_ID,
        "actor": Actor("agent", "01900000-0000-7000-8000-000000000a01"),
        "correlation_id": UUID("01900000-0000-7000-8000-000000000c01"),
        "causation_id": UUID("01900000-0000-7000-8000-000000000c02"),
    }
    return Envelope(data=data, **(defaults | attributes))


def same(one: AnyEnvelope, other: AnyEnvelope) -> bool:
    """Equal but for where the relay says they lie."""
    return msgspec.structs.replace(one, store=None, position=None) == msgspec.structs.replace(
        other, store=None, position=None
    )


def _value(kind: msgspec.inspect.Type, name: str) -> Any:
    inspect = msgspec.inspect
    match kind:
        case inspect.StructType(fields=fields):
            filled = {field.encode_name: _value(field.type, field.name) for field in fields}
            return filled | ({kind.tag_field: kind.tag} if kind.tag_field else {})
        case inspect.UnionType(types=types):
            return _value(next(each for each in types if not isinstance(each, inspect.NoneType)), name)
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.VarTupleType(item_type=item_type):
            return [] if _is_recursive(item_type) else [_value(item_type, name)]
        case inspect.DictType(value_type=value_type):
            return {name: _value(value_type, name)}
        case inspect.StrType():
            return f"{name} ąż€"
        case inspect.BytesType():
            return b64encode(name.encode()).decode()
        case inspect.IntType():
            return 7
        case inspect.FloatType():
            return 0.5
        case inspect.BoolType():
            return True
        case inspect.UUIDType():
            return str(UUID(int=WORKSPACE_ID.int + sum(name.encode())))
        case inspect.DateTimeType():
            return MOMENT.isoformat()
        case inspect.DateType():
            return MOMENT.date().isoformat()
        case _:
            raise TypeError(f"no example for {kind!r} of field {name}: teach events.testing this type")


def _is_recursive(kind: msgspec.inspect.Type) -> bool:
    return isinstance(kind, msgspec.inspect.UnionType) and any(
        isinstance(each, msgspec.inspect.StructType) and each.tag_field == "kind" for each in kind.types
    )
