"""In-app notifications and read marks: of each kind the newest for a conversation and person; a storm is one."""

from __future__ import annotations

from hashlib import sha256
from typing import Final
from uuid import UUID

from events.conversations import ConversationEvent, ConversationReadMarked
from events.envelope import AnyEnvelope, Envelope
from events.notifications import KINDS, NotificationKind
from events.workspace import ChannelDisconnected, ChannelHealthNoted
from inbox_projection.views.rows import ChannelRow, ConversationRow, NotificationRow, ReadMarkRow
from service_kit.notices import notices

_WELL: Final = "ok"
_RANDOM_BITS: Final = (1 << 62) - 1
_OF_KIND: Final = {kind: int.from_bytes(sha256(kind.encode()).digest()[:8], "big") for kind in KINDS}


def of_conversation(
    envelope: Envelope[ConversationEvent], before: ConversationRow | None, row: ConversationRow
) -> list[NotificationRow]:
    """What the event tells agents; `before` and `row` are the conversation before and after it."""
    had = None if before is None else before.assignee_id
    return [
        _row(envelope, notice.kind, notice.agent_id, row.inbox_id, conversation_id=row.conversation_id)
        for notice in notices(envelope.data, envelope.actor, had, row.assignee_id, row.follower_ids)
    ]


def of_channel(envelope: Envelope[ChannelHealthNoted], channel: ChannelRow | None) -> list[NotificationRow]:
    """To the channel's inbox when it is not well."""
    event = envelope.data
    if channel is None or event.state == _WELL:
        return []
    return [_row(envelope, "channel_unhealthy", None, channel.inbox_id, channel_id=channel.channel_id)]


def withdrawn(event: object, channel: ChannelRow | None) -> UUID | None:
    """The notification that nobody needs any more: its channel, as it is after the event, is well in all its parts, or
    is no channel now."""
    if channel is None or not isinstance(event, ChannelHealthNoted | ChannelDisconnected):
        return None
    over = channel.health_state == _WELL or channel.disconnected_at is not None
    return _id_of(channel.channel_id, "channel_unhealthy", None) if over else None


def read_mark(envelope: Envelope[ConversationReadMarked]) -> ReadMarkRow:
    event = envelope.data
    return ReadMarkRow(conversation_id=envelope.stream, agent_id=event.agent_id, up_to=event.up_to)


def _row(
    envelope: AnyEnvelope,
    kind: NotificationKind,
    agent_id: UUID | None,
    inbox_id: UUID,
    *,
    conversation_id: UUID | None = None,
    channel_id: UUID | None = None,
) -> NotificationRow:
    about = conversation_id or channel_id
    assert about is not None
    return NotificationRow(
        notification_id=_id_of(about, kind, agent_id),
        kind=kind,
        conversation_id=conversation_id,
        channel_id=channel_id,
        inbox_id=inbox_id,
        agent_id=agent_id,
        sequence=envelope.sequence,
        at=envelope.recorded_at,
        actor_kind=envelope.actor.kind,
        actor_id=envelope.actor.id,
    )


def _id_of(about: UUID, kind: NotificationKind, agent_id: UUID | None) -> UUID:
    """The same for the same three: the id of what it is about, its random bits mixed with kind and agent; cheap, for
    it is made for most mails."""
    mixed = _OF_KIND[kind] if agent_id is None else _OF_KIND[kind] ^ agent_id.int
    return UUID(int=about.int ^ mixed & _RANDOM_BITS)
