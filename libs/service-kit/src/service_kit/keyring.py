"""Data keys of persons, wrapped by the master key; an erased one stays as a row without its key."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from events.errors import KeyNotHeld
from events.sealing import ERASED, KEY_BYTES, DataKey, Erased
from service_kit import database
from service_kit.database import Cursor
from service_kit.hashing import derive_key

NONCE_BYTES: Final = 12
SCHEMA: Final = "keyring"


def install(dsn: str) -> None:
    """Creates or updates the schema `keyring`."""
    database.migrate(dsn, SCHEMA, "service_kit.keyring_migrations")


class KeyringSealedOtherwise(Exception):
    """A row was wrapped under another master key; the message says what to do."""


class Keyring:
    """Looks keys up in batches and keeps the recently used. One thread at a time.

    The cache shrinks only in `evict`, between batches, so that a batch holds its own keys to its end.
    """

    def __init__(self, secret: str, *, cached: int = 50_000) -> None:
        self._master = AESGCM(derive_key(secret, "master-key"))
        self._cache: OrderedDict[UUID, DataKey | Erased] = OrderedDict()
        self._cached = cached

    def fetch(self, cursor: Cursor, key_ids: Iterable[UUID]) -> dict[UUID, DataKey | Erased]:
        """The keys, one query for those not cached. Raises KeyNotHeld when a row is missing: a fault, no erasure."""
        found = self.find(cursor, key_ids)
        missing = [key_id for key_id in key_ids if key_id not in found]
        if missing:
            raise KeyNotHeld(
                f"the keyring has no row for {len(missing)} key(s), the first is {missing[0]}: restore the keyring;"
                " nothing is projected as erased meanwhile"
            )
        return found

    def find(self, cursor: Cursor, key_ids: Iterable[UUID]) -> dict[UUID, DataKey | Erased]:
        """Like `fetch`, without those that have no row."""
        wanted = set(key_ids)
        unknown = [key_id for key_id in wanted if key_id not in self._cache]
        if unknown:
            cursor.execute("SELECT key_id, wrapped FROM keyring.keys WHERE key_id = ANY(%s)", (unknown,))
            for key_id, wrapped in cursor.fetchall():
                self._cache[key_id] = ERASED if wrapped is None else self._unwrap(key_id, wrapped)
        for key_id in wanted & self._cache.keys():
            self._cache.move_to_end(key_id)
        return {key_id: self._cache[key_id] for key_id in wanted if key_id in self._cache}

    def make(self, key_ids: Iterable[UUID]) -> tuple[dict[UUID, DataKey], list[tuple[UUID, bytes]]]:
        """New keys and their rows (key_id, wrapped), for a caller that writes the rows in its own statement.

        They are not cached: `keep` them after the commit.
        """
        keys: dict[UUID, DataKey] = {}
        rows: list[tuple[UUID, bytes]] = []
        for key_id in key_ids:
            secret = os.urandom(KEY_BYTES)
            keys[key_id] = DataKey(key_id, secret)
            nonce = os.urandom(NONCE_BYTES)
            rows.append((key_id, nonce + self._master.encrypt(nonce, secret, key_id.bytes)))
        return keys, rows

    def keep(self, keys: dict[UUID, DataKey]) -> None:
        """Caches keys whose rows are committed."""
        self._cache.update(keys)

    def create(self, cursor: Cursor, key_ids: Iterable[UUID]) -> dict[UUID, DataKey | Erased]:
        """The keys; those without a row are made. What was erased stays erased."""
        wanted = set(key_ids)
        found = self.find(cursor, wanted)
        absent = wanted - found.keys()
        if absent:
            _, rows = self.make(absent)
            cursor.executemany(
                "INSERT INTO keyring.keys (key_id, wrapped) VALUES (%s, %s) ON CONFLICT DO NOTHING", rows
            )
            found.update(self.find(cursor, absent))
        return found

    def erase(self, cursor: Cursor, key_ids: Iterable[UUID], at: datetime) -> None:
        """Destroys the keys; other holders forget them when they meet the erasing event. It cannot be undone."""
        wanted = list(set(key_ids))
        cursor.execute(
            "UPDATE keyring.keys SET wrapped = NULL, erased_at = %s WHERE key_id = ANY(%s) AND wrapped IS NOT NULL",
            (at, wanted),
        )
        self.forget(wanted)

    def forget(self, key_ids: Iterable[UUID]) -> None:
        """Drops keys from the cache, so that the next look-up reads their rows."""
        for key_id in key_ids:
            self._cache.pop(key_id, None)

    def evict(self) -> None:
        """Between batches: keeps the most recently used."""
        while len(self._cache) > self._cached:
            self._cache.popitem(last=False)

    def _unwrap(self, key_id: UUID, wrapped: bytes) -> DataKey:
        raw = bytes(wrapped)
        try:
            return DataKey(key_id, self._master.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], key_id.bytes))
        except InvalidTag as error:
            raise KeyringSealedOtherwise(
                f"the keyring's row {key_id} was written under another POSTROOM_SECRET_KEY than this one: set that one"
            ) from error
