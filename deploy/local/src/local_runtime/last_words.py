"""What a log's end says, in few words; pure."""

from __future__ import annotations

import json
from typing import Any


def last_words(text: str, lines: int) -> str:
    """The last lines that say something, joined: no stack frames, and of JSON lines the message and the error."""
    telling = [said for line in text.splitlines() if (said := _plain(line))]
    return " | ".join(telling[-lines:])


def _plain(line: str) -> str:
    line = line.strip()
    if line.startswith(("at ", "File ", "^", "~")):
        return ""
    if not line.startswith("{"):
        return line
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return line
    error = str(record.get("error", "")).strip().splitlines()
    return " ".join([str(record.get("message", line)), *error[-1:]])
