"""Writes what is committed of the contracts: `python -m events.contracts` (JSON Schemas, missing golden events)."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import msgspec

from events import catalog, codec
from events.envelope import Command, Event
from events.testing import EXAMPLE_KEY, envelope, example

PACKAGE = Path(__file__).parent
SCHEMAS = PACKAGE / "schemas"
GOLDEN = PACKAGE / "golden"


def schema(cls: type[Event] | type[Command]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the data half, with the personal half beside it under `personal`."""
    (data,), components = msgspec.json.schema_components([cls], ref_template="#/$defs/{name}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **data, "$defs": components}


def schema_text(cls: type[Event] | type[Command]) -> str:
    return json.dumps(schema(cls), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def schema_path(cls: type[Event] | type[Command]) -> Path:
    return SCHEMAS / f"{cls.__name__}.v{cls.VERSION}.json"


def golden_paths(cls: type[Event] | type[Command]) -> list[Path]:
    """Golden events of the current version; they are append-only."""
    return sorted(GOLDEN.glob(f"{cls.__name__}.v{cls.VERSION}__*.json"))


def golden_text(cls: type[Event] | type[Command]) -> str:
    """A record as it is on Kafka, from the example of the type."""
    record = codec.encode(envelope(example(cls)), EXAMPLE_KEY)
    return json.dumps(
        {
            "headers": {name: raw.decode() for name, raw in record.headers},
            "value": b64encode(record.value).decode(),
        },
        indent=2,
        ensure_ascii=False,
    )


def read_golden(path: Path) -> codec.Record:
    """The record that a golden file holds."""
    golden = json.loads(path.read_text("utf-8"))
    headers = [(name, text.encode()) for name, text in golden["headers"].items()]
    return codec.Record(headers, b64decode(golden["value"]))


def write() -> list[str]:
    """Writes every schema, and a golden event where a (type, version) has none. Returns the names written."""
    written = []
    for cls in catalog.TYPES.values():
        path = schema_path(cls)
        if not path.exists() or path.read_text("utf-8") != schema_text(cls):
            path.write_text(schema_text(cls), "utf-8")
            written.append(path.name)
        if not golden_paths(cls):
            path = GOLDEN / f"{cls.__name__}.v{cls.VERSION}__example.json"
            path.write_text(golden_text(cls) + "\n", "utf-8")
            written.append(path.name)
    return written


if __name__ == "__main__":
    for name in write():
        print(f"wrote {name}")  # noqa: T201
