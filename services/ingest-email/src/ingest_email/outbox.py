"""Mails as files, for a machine without a mail server: `<time>-<message id>.eml` with its envelope beside it."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Final

from ingest_email.delivery import Answered, PutOff, Silence, Taken
from ingest_email.render import Mail
from ingest_email.smtp_client import BeforeFinalDot

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9@._+=-]")


class OutboxTransport:
    """Writes each mail once, however often it is sent: the name comes from its Date and Message-ID.

    The envelope's recipients, blind copies included, are in `<name>.json` only: the mail itself stays as any of its
    recipients would see it. The .eml appears whole, and after its .json.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail, wanted: Sequence[int], before_final_dot: BeforeFinalDot) -> Answered:
        """Like an SMTP server that takes everything; a folder that can't be written puts the mail off."""
        await before_final_dot(dict.fromkeys(wanted, Silence()))
        try:
            await asyncio.to_thread(self._write, mail)
        except OSError as error:
            return Answered(mail.recipients, dict.fromkeys(wanted, PutOff("outbox", error.strerror or "not written")))
        return Answered(mail.recipients, dict.fromkeys(wanted, Taken()))

    async def close(self) -> None:
        """There is nothing to take leave of."""

    def _write(self, mail: Mail) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = file_name(mail)
        if (self._folder / f"{name}.eml").exists():
            return
        envelope = {"message_id": mail.message_id, "mail_from": mail.sender, "rcpt_to": list(mail.recipients)}
        _write_whole(self._folder / f"{name}.json", json.dumps(envelope, indent=1).encode() + b"\n")
        _write_whole(self._folder / f"{name}.eml", mail.content)


def file_name(mail: Mail) -> str:
    """`20260102T030405Z-<message id>`, without ending; names sort by time."""
    message_id = _UNSAFE.sub("_", mail.message_id)[:180]
    return f"{mail.queued_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{message_id}"


def _write_whole(path: Path, content: bytes) -> None:
    """Whoever lists the folder sees all of the file or none of it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
