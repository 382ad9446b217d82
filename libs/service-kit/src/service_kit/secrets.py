"""Passwords and tokens of channels: sealed with the master key before they travel; rows of `keyring.secrets`."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service_kit.database import Cursor
from service_kit.hashing import derive_key

NONCE_BYTES: Final = 12
MAX_BYTES: Final = 8 * 1024


class SecretSealedOtherwise(Exception):
    """A box was sealed under another master key, or for another id; the message says what to do."""


class SecretMissing(Exception):
    """Settings name a secret that has no row."""


class SecretBox:
    """Seals and opens with AES-256-GCM (NIST SP 800-38D), the secret's id as associated data: a box that is moved to
    another id does not open. The same text under the same id gives the same box: a command that is repeated, because
    nobody knows whether it arrived, must have the same body. So the nonce is a keyed hash of both (as in RFC 5297).
    Its keys are in no repr."""

    __slots__ = ("_cipher", "_nonces")

    def __init__(self, secret_key: str) -> None:
        self._cipher = AESGCM(derive_key(secret_key, "channel-secrets"))
        self._nonces = derive_key(secret_key, "channel-secret-nonces")

    def seal(self, secret_id: UUID, text: str) -> bytes:
        """Nonce and ciphertext with tag. Raises ValueError for a text over 8 kB."""
        plain = text.encode("utf-8", "surrogatepass")
        if len(plain) > MAX_BYTES:
            raise ValueError(f"a secret has at most {MAX_BYTES} bytes")
        nonce = blake2b(secret_id.bytes + plain, key=self._nonces, digest_size=NONCE_BYTES).digest()
        return nonce + self._cipher.encrypt(nonce, plain, secret_id.bytes)

    def open(self, secret_id: UUID, box: bytes) -> str:
        """The text. Raises SecretSealedOtherwise."""
        try:
            plain = self._cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], secret_id.bytes)
        except (InvalidTag, ValueError) as error:
            raise SecretSealedOtherwise(
                f"the secret {secret_id} was sealed under another POSTROOM_SECRET_KEY than this one: set that one,"
                " or enter the password anew"
            ) from error
        return plain.decode("utf-8", "surrogatepass")


def store(cursor: Cursor, secrets: Iterable[tuple[UUID, bytes]]) -> None:
    """Writes the rows; one that is there already stays (an id is used for one secret only)."""
    rows = list(secrets)
    if rows:
        cursor.executemany(
            "INSERT INTO keyring.secrets (secret_id, box) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            rows,
        )


def remove(cursor: Cursor, secret_ids: Iterable[UUID]) -> None:
    """Deletes what no settings name any more."""
    gone = list(secret_ids)
    if gone:
        cursor.execute("DELETE FROM keyring.secrets WHERE secret_id = ANY(%s)", (gone,))


def load(cursor: Cursor, secret_id: UUID) -> bytes:
    """The box. Raises SecretMissing."""
    row = cursor.execute("SELECT box FROM keyring.secrets WHERE secret_id = %s", (secret_id,)).fetchone()
    if row is None:
        raise SecretMissing(f"the secret {secret_id} has no row: enter the channel's password anew")
    return bytes(row[0])
