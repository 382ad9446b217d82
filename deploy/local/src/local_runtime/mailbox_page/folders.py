"""The folders in which the customers' mails lie, one `.eml` with its envelope in `.json` each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

RECEIVED: Final = "received"
"""Below the mailbox folder: what customers got before the first start, as the demo has it."""
SENT: Final = "sent"
"""What customers sent: the demo's, and what is written on the page."""


def write_whole(path: Path, content: bytes) -> None:
    """Whoever lists the folder sees all of the file or none of it; only the owner may read it. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)
