"""Writes the API's OpenAPI document for the web UI's types: `python -m inbox_projection.api.description FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from inbox_projection.api.app import describe
from service_kit.web.description import write_description


def for_the_web() -> dict[str, Any]:
    """The document without 202: the client follows a pending write to its end, so that no page ever sees one."""
    document = describe()
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("202", None)
    return document


if __name__ == "__main__":
    write_description(for_the_web(), Path(sys.argv[1]))
