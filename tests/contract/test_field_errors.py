"""Whatever can be wrong with a field of a request is told in words: `web/src/lib/i18n/*/fields.json`."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any, Final

import pytest

import analytics.api.app
import inbox_projection.api.app

ROOT: Final = Path(__file__).parents[2]
CATALOGUES: Final = ROOT / "services/inbox-projection/web/src/lib/i18n"
APIS: Final = (ROOT / "services/inbox-projection/src", ROOT / "services/analytics/src", ROOT / "libs/service-kit/src")
FAMILIES: Final = {
    "minLength": "string_too_short",
    "maxLength": "string_too_long",
    "pattern": "form",
    "minimum": "greater_than_equal",
    "maximum": "less_than_equal",
    "exclusiveMinimum": "greater_than",
    "exclusiveMaximum": "less_than",
    "minItems": "too_short",
    "maxItems": "too_long",
    "minProperties": "too_short",
    "maxProperties": "too_long",
    "enum": "one_of",
    "const": "one_of",
    "required": "missing",
    "additionalProperties": "extra_forbidden",
    "type": "kind",
}
"""Which words a value needs that does not keep to a keyword of the OpenAPI document."""
_SILENT: Final = (
    "title description default examples example anyOf oneOf allOf items properties $ref discriminator format"
    " propertyNames deprecated writeOnly contentMediaType"
)
SAYS_NOTHING: Final = frozenset(_SILENT.split())
FORMATS: Final = {"uuid": "reference", "date-time": "moment", "date": "moment", "binary": "missing", "password": "kind"}


@pytest.mark.parametrize("language", ["en", "pl"])
def test_whatever_can_be_wrong_with_a_field_has_words(language: str) -> None:
    there = json.loads((CATALOGUES / language / "fields.json").read_text())
    own = set(_own_field_codes())
    assert {"email_address", "not_one_line", "password_for_host"} <= own
    asked = {"whole_number", "not_a_number", *own}
    for document in (inbox_projection.api.app.describe(), analytics.api.app.describe()):
        for keyword, value in _constraints(document):
            assert keyword in FAMILIES or keyword in SAYS_NOTHING, f"say in FAMILIES what {keyword} needs"
            asked.add(FAMILIES.get(keyword, "kind"))
            if keyword == "format":
                asked.add(FORMATS[value])
    assert sorted(asked - there.keys()) == []


def _own_field_codes() -> list[str]:
    """What our own validators call a mistake."""
    found: list[str] = []
    for path in (path for folder in APIS for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = [one.value for one in node.keywords if one.arg == "field" and node.func.id == "invalid"]
            if node.func.id == "PydanticCustomError":
                given = node.args[:1]
            if path.name == "channel_settings.py" and node.func.id == "_wrong":
                given = node.args[3:]
            found += [str(one.value) for one in given if isinstance(one, ast.Constant)]
    return found


def _constraints(document: dict[str, Any]) -> list[tuple[str, Any]]:
    """Keywords of every value that somebody may send."""
    schemas, found, seen = document["components"]["schemas"], list[tuple[str, Any]](), set[str]()

    def visit(schema: Any) -> None:
        if not isinstance(schema, dict):
            return
        name = schema.get("$ref", "").rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            visit(schemas[name])
        found.extend(schema.items())
        for below in (schema.get("properties", {}), schema.get("additionalProperties", {})):
            if isinstance(below, dict):
                for one in below.values():
                    visit(one)
        for below in (schema.get("items"), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            visit(below)

    for operations in document["paths"].values():
        for operation in operations.values():
            for one in operation.get("parameters", ()):
                visit(one["schema"])
            for content in operation.get("requestBody", {}).get("content", {}).values():
                visit(content["schema"])
    return found
