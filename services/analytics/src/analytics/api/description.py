"""Writes the reports' OpenAPI document for the web UI's types: `python -m analytics.api.description FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from analytics.api.app import describe
from service_kit.web.description import write_description


def for_the_web() -> dict[str, Any]:
    """The document without CSV, which pages make of what they show."""
    document = describe()
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"]["200"]["content"].pop("text/csv", None)
    return document


if __name__ == "__main__":
    write_description(for_the_web(), Path(sys.argv[1]))
