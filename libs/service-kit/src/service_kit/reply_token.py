"""Reply tokens: how an answer says, unforgeably, which conversation it answers.

A token is the signed id of the conversation (`signed_ids`). A conversation has a second one for its side thread, what
we forward to others: who knows the one can't make the other.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from service_kit import signed_ids

_CONVERSATION: Final = b"conversation"
_SIDE_THREAD: Final = b"side thread"


def sign(conversation_id: UUID, key: bytes, *, side: bool = False) -> str:
    """The token of a conversation, or of its side thread."""
    return signed_ids.sign(conversation_id, key, _SIDE_THREAD if side else _CONVERSATION)


def verify(token: str, key: bytes) -> UUID | None:
    """The conversation that the token, of whichever of its threads, was signed for, None for anything else."""
    return signed_ids.verify(token, key, _CONVERSATION, _SIDE_THREAD)


def message_id(reply_id: UUID, conversation_id: UUID, key: bytes, domain: str, *, side: bool = False) -> str:
    """The Message-ID of a reply or forward, without angle brackets: the same at every attempt."""
    return f"{reply_id.hex}.{sign(conversation_id, key, side=side)}@{domain}"


def conversation_of(external_id: str, key: bytes, domain: str) -> UUID | None:
    """The conversation of one of our own Message-IDs (no angle brackets), None for a foreign or forged one."""
    local, _, host = external_id.rpartition("@")
    if host.lower() != domain.lower():
        return None
    return verify(local.rpartition(".")[2].lower(), key)


def plus_address(address: str, token: str) -> str:
    """`local+token@domain`."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def split_plus(address: str) -> tuple[str, str]:
    """The address without its plus part, and the plus part ("" when there is none)."""
    local, at, domain = address.rpartition("@")
    base, plus, token = local.partition("+")
    return (f"{base}{at}{domain}", token) if plus and base else (address, "")
