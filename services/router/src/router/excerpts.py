"""What was written last in conversations that an agent is told of by mail: read from the event store, sealed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from events import codec, excerpts, frame
from events.conversations import CommentAdded, ConversationOpened, MessageAppended, ReplyQueued
from events.envelope import AnyEnvelope
from events.sealing import DataKey
from events.system_mails import SealedExcerpt
from events.values import Address
from router.domain.system_mails import DueNotice, excerpt_of
from service_kit.database import Cursor
from service_kit.keyring import Keyring

MOST: Final = 60
"""Conversations of one mail of which the text is read: a few more than it names, for some are read by then."""
AT_ONCE: Final = 5
_FROM_OUTSIDE: Final = ["ConversationOpened", "MessageAppended"]
_FROM_ANYBODY: Final = [*_FROM_OUTSIDE, "CommentAdded", "ReplyQueued"]
_NAMING: Final = ["ConversationOpened", "ConversationStarted", "SubjectChanged"]
_TEAMS_OWN: Final = frozenset({"mention", "followed"})
"""Kinds that tell of what colleagues write."""
_NEWEST: Final = (
    b"SELECT originator_version, state FROM router.stored_events WHERE originator_id = %s AND topic = ANY(%s)"
    b" AND originator_version < %s ORDER BY originator_version DESC LIMIT %s"
)
_END: Final = 2**31 - 1


def with_excerpts(cursor: Cursor, keyring: Keyring, due: Sequence[DueNotice], agent_id: UUID) -> tuple[DueNotice, ...]:
    """The notices with what was written there last by somebody else, as far as its person is not erased.

    Raises KeyNotHeld and other EventErrors.
    """
    return tuple(
        one if one.is_of_channel or place >= MOST else replace(one, excerpt=_excerpt(cursor, keyring, one, agent_id))
        for place, one in enumerate(due)
    )


def _excerpt(cursor: Cursor, keyring: Keyring, notice: DueNotice, agent_id: UUID) -> SealedExcerpt | None:
    stream = notice.conversation_id
    types = _FROM_ANYBODY if _TEAMS_OWN & set(notice.kinds) else _FROM_OUTSIDE
    for envelope, key in _events(cursor, keyring, stream, types):
        told = _told(envelope.data, agent_id)
        if told is None or key is None:
            continue
        sender, text, known = told
        written = excerpt_of(sender, _subject(cursor, keyring, stream), text)
        return excerpts.seal(written, stream, key, **known)
    return None


def _told(event: Any, agent_id: UUID) -> tuple[Address | None, str, dict[str, Any]] | None:
    """Who wrote what, and what of it is not sealed; None for what is the agent's own, nobody's, or erased."""
    match event:
        case ConversationOpened(personal=opened) if opened is not None:
            return opened.message.sender, opened.message.new_text, {}
        case MessageAppended(personal=content, in_side_thread=aside) if content is not None:
            return content.sender, content.new_text, {"internal": aside}
        case CommentAdded(personal=comment, agent_id=author) if comment is not None and author != agent_id:
            return None, comment.text, {"agent_id": author, "internal": True}
        case ReplyQueued(personal=sent, agent_id=author, in_side_thread=aside, hold=None, automatic=False):
            if sent is not None and author is not None and author != agent_id:
                return None, sent.text, {"agent_id": author, "internal": aside}
            return None
        case _:
            return None


def _subject(cursor: Cursor, keyring: Keyring, stream: UUID) -> str:
    """What the conversation is called now."""
    for envelope, _ in _events(cursor, keyring, stream, _NAMING):
        personal = envelope.data.personal
        return "" if personal is None else str(personal.subject)
    return ""


def _events(
    cursor: Cursor, keyring: Keyring, stream: UUID, types: list[str]
) -> Iterator[tuple[AnyEnvelope, DataKey | None]]:
    """Events of these types, the newest first, with the key of each; None for what is erased."""
    before = _END
    while True:
        rows = cursor.execute(_NEWEST, (stream, types, before, AT_ONCE)).fetchall()
        for _, state in rows:
            kept = frame.unpack(bytes(state))
            parsed = codec.parse(kept.headers, kept.body)
            keys = {} if parsed.key_id is None else keyring.fetch(cursor, [parsed.key_id])
            key = None if parsed.key_id is None else keys.get(parsed.key_id)
            yield codec.open_(parsed, keys), key if isinstance(key, DataKey) else None
        if len(rows) < AT_ONCE:
            return
        before = rows[-1][0]
