"""The demo's mails as the customers have them: files in the folders that the mailbox page reads."""

from __future__ import annotations

import json
from pathlib import Path

from local_runtime.demo.journal import Journal, Posted
from local_runtime.demo.mail import outbox_name
from local_runtime.mailbox_page.folders import RECEIVED, SENT, write_whole


def fill_mailbox(folder: Path, journal: Journal) -> None:
    """Writes each mail with its envelope; what is there already is written again, the same."""
    for name, posted in ((RECEIVED, journal.received), (SENT, journal.sent)):
        there = folder / name
        there.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in posted:
            _write(there, one)


def _write(folder: Path, posted: Posted) -> None:
    name = outbox_name(posted.letter)
    envelope = {"mail_from": posted.letter.sender.address, "rcpt_to": list(posted.to)}
    write_whole(folder / f"{name}.json", json.dumps(envelope, indent=1).encode() + b"\n")
    write_whole(folder / f"{name}.eml", posted.raw)
