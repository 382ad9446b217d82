"""Writes the API's OpenAPI document for the web UI's types: `python -m inbox_projection.api.description FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from inbox_projection.api.app import describe


def for_the_web() -> dict[str, Any]:
    """The document without 202: the client follows a pending write to its end, so that no page ever sees one."""
    document = describe()
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("202", None)
    return document


def write(path: Path) -> None:
    """Leaves a file alone that says the same already: nothing that is made of it gets old."""
    text = json.dumps(for_the_web(), indent=1, sort_keys=True) + "\n"
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
