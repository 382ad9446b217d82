"""Sends what a customer wrote, and keeps a copy in their mailbox."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from local_runtime.mailbox_page.cards import NAME_TIME, read_card
from local_runtime.mailbox_page.folders import SENT, write_whole
from local_runtime.mailbox_page.sending import Postman
from local_runtime.mailbox_page.writing import Draft, compose
from service_kit.clock import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """Writes into `mailbox`/sent what the postman delivered."""

    mailbox: Path
    postman: Postman
    clock: Clock

    def send(self, draft: Draft) -> str:
        """The id of the mail's card ("" when it went out but no copy could be kept). Raises NotSent. Blocks.

        It goes to the one it is written to; those in copy would get theirs by servers of their own.
        """
        now = self.clock().astimezone()
        external_id = f"{uuid4().hex}@{draft.address.rpartition('@')[2]}"
        raw = compose(draft, external_id, now).as_bytes()
        self.postman.deliver(raw, draft.address, draft.to)
        try:
            return self._keep(draft, raw, external_id, now)
        except OSError as error:
            log.warning("the copy of a mail was not kept", extra={"reason": error.strerror})
            return ""

    def _keep(self, draft: Draft, raw: bytes, external_id: str, now: datetime) -> str:
        folder = self.mailbox / SENT
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{now.astimezone(UTC).strftime(NAME_TIME)}-{external_id.partition('@')[0]}.eml"
        envelope = {"mail_from": draft.address, "rcpt_to": [draft.to, *draft.cc]}
        write_whole(path.with_suffix(".json"), json.dumps(envelope, indent=1).encode() + b"\n")
        write_whole(path, raw)
        return read_card(path, sent=True).id
