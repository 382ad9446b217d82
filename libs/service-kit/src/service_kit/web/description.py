"""An API's OpenAPI document as a file, of which others make types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_description(document: dict[str, Any], path: Path) -> None:
    """Leaves a file alone that says the same already: nothing that is made of it gets old."""
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
