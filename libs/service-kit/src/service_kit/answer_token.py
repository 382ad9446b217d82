"""Tokens of our own mails: which notification an agent's answer answers, and which test a mail that comes back is of.

A token is the signed id of the mail (`signed_ids`), whose length is as much as fits beside the longest address of an
inbox. The mail's event, which never changes, says to which agent it went, about which conversation, and when: so the
token stands for all of that. It is no reply token: its label differs, as those of the two purposes do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from service_kit import signed_ids

Purpose = Literal["notification mail", "channel test"]


def sign(mail_id: UUID, key: bytes, purpose: Purpose = "notification mail") -> str:
    """The token of a mail of ours."""
    return signed_ids.sign(mail_id, key, purpose.encode())


def verify(token: str, key: bytes, purpose: Purpose = "notification mail") -> UUID | None:
    """The mail that the token was signed for, None for anything else."""
    return signed_ids.verify(token, key, purpose.encode())


def mail_of(tokens: Iterable[str], key: bytes) -> UUID | None:
    """The notification mail of the first token that is one."""
    return next((found for token in tokens if token and (found := verify(token.lower(), key)) is not None), None)
