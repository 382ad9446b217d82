"""What a notification mail shows of a text, in a box of its own: bound to its conversation, under its person's key."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from events.errors import MalformedEvent
from events.sealing import DataKey, Keys, key_for
from events.system_mails import Excerpt, SealedExcerpt

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Excerpt)


def seal(
    excerpt: Excerpt, conversation_id: UUID, key: DataKey, *, agent_id: UUID | None = None, internal: bool = False
) -> SealedExcerpt:
    """Sealed with the key, the conversation's id as associated data."""
    box = key.seal(_encoder.encode(excerpt), conversation_id)
    return SealedExcerpt(key_id=key.key_id, box=box, agent_id=agent_id, internal=internal)


def opened(sealed: SealedExcerpt, conversation_id: UUID, keys: Keys) -> Excerpt | None:
    """None when its person was erased. Raises KeyNotHeld, SealBroken, MalformedEvent."""
    key = key_for(keys, sealed.key_id)
    if not isinstance(key, DataKey):
        return None
    try:
        return _decoder.decode(key.open(sealed.box, conversation_id))
    except msgspec.DecodeError:
        raise MalformedEvent("the excerpt of a notification does not fit its schema") from None
