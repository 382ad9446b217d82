"""Writes the reports' OpenAPI document for the web UI's types: `python -m analytics.api.description FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from analytics.api.app import describe


def for_the_web() -> dict[str, Any]:
    """The document without CSV, which pages make of what they show."""
    document = describe()
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"]["200"]["content"].pop("text/csv", None)
    return document


def write(path: Path) -> None:
    """Leaves a file alone that says the same already: nothing that is made of it gets old."""
    text = json.dumps(for_the_web(), indent=1, sort_keys=True) + "\n"
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
