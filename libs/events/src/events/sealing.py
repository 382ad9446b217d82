"""Personal data in a box that only its key opens: lz4, then AES-256-GCM with the event id as associated data.

A box is a format byte, a nonce of 12 bytes, and the ciphertext of an lz4 block with its opened size in front.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import lz4.block
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from events.errors import KeyNotHeld, MalformedEvent, SealBroken

LZ4_AES256_GCM: Final = 1
NONCE_BYTES: Final = 12
SIZE_BYTES: Final = 4
KEY_BYTES: Final = 32
MAX_OPENED_BYTES: Final = 8 * 1024 * 1024


class DataKey:
    """The 256-bit key of one person; its secret is in no repr."""

    __slots__ = ("_cipher", "key_id")

    def __init__(self, key_id: UUID, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, got {len(secret)}")
        self.key_id = key_id
        self._cipher = AESGCM(secret)

    def __repr__(self) -> str:
        return f"DataKey({self.key_id})"

    def seal(self, plain: bytes, event_id: UUID) -> bytes:
        """Format byte, nonce, ciphertext with tag."""
        nonce = os.urandom(NONCE_BYTES)
        compressed = lz4.block.compress(plain)
        return bytes((LZ4_AES256_GCM,)) + nonce + self._cipher.encrypt(nonce, compressed, event_id.bytes)

    def open(self, box: bytes, event_id: UUID) -> bytes:
        """The plain bytes. Raises SealBroken (wrong key, event id or bytes) or MalformedEvent (unknown format)."""
        if not box or box[0] != LZ4_AES256_GCM:
            raise MalformedEvent(f"sealed box has unknown format {box[:1].hex() or 'none'}")
        try:
            compressed = self._cipher.decrypt(box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :], event_id.bytes)
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"the box of event {event_id} does not open with key {self.key_id}") from error
        if int.from_bytes(compressed[:SIZE_BYTES], "little") > MAX_OPENED_BYTES:
            raise MalformedEvent(f"sealed box of event {event_id} opens to more than {MAX_OPENED_BYTES} bytes")
        try:
            return bytes(lz4.block.decompress(compressed))
        except lz4.block.LZ4BlockError as error:
            raise MalformedEvent(f"sealed box of event {event_id} holds no lz4 block") from error


class Erased:
    """In place of a key that was destroyed on purpose."""

    def __repr__(self) -> str:
        return "ERASED"


ERASED: Final = Erased()
Keys = Mapping[UUID, DataKey | Erased]


def key_for(keys: Keys, key_id: UUID) -> DataKey | Erased:
    """The key or ERASED. Raises KeyNotHeld when neither is known: a fault, never an erasure."""
    try:
        return keys[key_id]
    except KeyError:
        raise KeyNotHeld(f"data key {key_id} is not held: its keyring row is missing or was not looked up") from None
