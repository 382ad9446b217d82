"""All mails of the customers, kept up with the folders: a look costs three stats while nothing has changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from local_runtime.mailbox_page.cards import Card, read_card
from local_runtime.mailbox_page.folders import RECEIVED, SENT

log = logging.getLogger(__name__)
MOST: Final = 3000
"""Of each folder the newest are shown: names begin with the time."""
UNSETTLED_NS: Final = 2_000_000_000
"""A folder that changed less than two seconds before it was read may have changed again within the same tick."""


@dataclass
class _Folder:
    path: Path
    sent: bool
    changed_ns: int = -1
    settled: bool = False
    cards: dict[str, Card] = field(default_factory=dict)


class Library:
    """Thread-safe. `version` rises whenever mails came or went."""

    def __init__(self, outbox: Path, mailbox: Path) -> None:
        self._folders = [_Folder(outbox, False), _Folder(mailbox / RECEIVED, False), _Folder(mailbox / SENT, True)]
        self._by_id: dict[str, Card] = {}
        self._lock = threading.Lock()
        self.version = 0

    def refresh(self) -> int:
        """Looks what is new and returns the version. A folder that is not there is empty."""
        with self._lock:
            changed = [folder for folder in self._folders if self._look(folder)]
            if changed:
                self._by_id = {card.id: card for folder in self._folders for card in folder.cards.values()}
                self.version += 1
            return self.version

    def cards(self) -> Iterable[Card]:
        return tuple(self._by_id.values())

    def find(self, card_id: str) -> Card | None:
        """By the id of a card; no file is ever looked up by what a request says."""
        return self._by_id.get(card_id)

    def _look(self, folder: _Folder) -> bool:
        try:
            changed_ns = folder.path.stat().st_mtime_ns
        except OSError:
            changed_ns = 0
        if changed_ns == folder.changed_ns and folder.settled:
            return False
        folder.changed_ns, folder.settled = changed_ns, time.time_ns() - changed_ns > UNSETTLED_NS
        names = self._names(folder.path)
        gone, new = folder.cards.keys() - names, names - folder.cards.keys()
        for name in gone:
            del folder.cards[name]
        read = [name for name in sorted(new) if self._read(folder, name)]
        return bool(gone or read)

    def _names(self, path: Path) -> set[str]:
        try:
            found = [entry.name for entry in path.iterdir() if entry.suffix == ".eml" and entry.name[0] != "."]
        except OSError:
            return set()
        return set(sorted(found)[-MOST:])

    def _read(self, folder: _Folder, name: str) -> bool:
        try:
            folder.cards[name] = read_card(folder.path / name, sent=folder.sent)
        except OSError as error:
            log.warning("a mail can't be read", extra={"reason": error.strerror})
            return False
        return True
