"""A reply as it was queued, read again from the event store for the command that sends it now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from events import codec, frame
from events.commands import ConfirmReply, ElapseReply, RetryReply
from events.conversations import ReplyQueued
from events.envelope import Envelope
from router.records import Ask
from service_kit.database import Cursor
from service_kit.keyring import Keyring

SENDING: Final = (RetryReply, ConfirmReply, ElapseReply)
"""Commands that may send a reply whose content only its ReplyQueued has."""
_QUEUED: Final = (
    b"SELECT state FROM router.stored_events WHERE originator_id = %b AND topic = 'ReplyQueued'"
    b" ORDER BY originator_version DESC"
)


def find(cursor: Cursor, keyring: Keyring, ask: Ask) -> ReplyQueued | None:
    """The reply of the command, None where there is none; without its content when its person is erased.

    It never changes, so it may be read before the transaction that decides. Raises KeyNotHeld.
    """
    envelope: Envelope[RetryReply | ConfirmReply | ElapseReply] = ask.envelope  # type: ignore[assignment]
    matches = _matcher(envelope.data)
    cursor.execute(_QUEUED, (envelope.stream,), binary=True)
    for (state,) in cursor:
        kept = frame.unpack(state)
        parsed = codec.parse(kept.headers, kept.body)
        if matches(codec.open_(parsed).data):
            keys = {} if parsed.key_id is None else keyring.fetch(cursor, [parsed.key_id])
            found: ReplyQueued = codec.open_(parsed, keys).data
            return found
    return None


def _matcher(command: RetryReply | ConfirmReply | ElapseReply) -> Callable[[ReplyQueued], bool]:
    if isinstance(command, ElapseReply):
        timer_id: UUID = command.timer_id
        return lambda reply: reply.hold is not None and reply.hold.timer_id == timer_id
    reply_id = command.reply_id
    return lambda reply: reply.reply_id == reply_id
