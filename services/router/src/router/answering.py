"""What an agent's answer to a notification mail goes by, read from the event store before it is decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from events import codec, frame
from events.conversations import ConversationOpened, ConversationStarted, MessageAppended, ReplyQueued
from events.envelope import AnyEnvelope
from events.replies import ReplyContent
from events.system_mails import SystemMailQueued
from events.workspace import AgentIdentity, AgentProfile
from router.domain.agent_answers import Notified, Question
from service_kit.database import Cursor
from service_kit.keyring import Keyring

AT_ONCE: Final = 20
_MAIL: Final = b"SELECT state FROM router.stored_events WHERE originator_id = %b AND topic = 'SystemMailQueued'"
_SPOKEN: Final = (
    b"SELECT originator_version, state FROM router.stored_events WHERE originator_id = %b AND originator_version < %b"
    b" AND topic IN ('ConversationOpened', 'ConversationStarted', 'MessageAppended', 'ReplyQueued')"
    b" ORDER BY originator_version DESC LIMIT %b"
)
_PROFILES: Final = (
    b"SELECT originator_version, state FROM router.stored_events WHERE originator_id = %b AND originator_version < %b"
    b" AND topic IN ('AgentInvited', 'AgentProfileChanged') ORDER BY originator_version DESC LIMIT %b"
)
_FIRST: Final = b"SELECT state FROM router.stored_events WHERE originator_id = %b AND originator_version = 1"
_NEWEST: Final = 2**62


def find(cursor: Cursor, keyring: Keyring, mail_id: UUID) -> Notified | None:
    """The notification about a single conversation that this mail was, None for any other.

    What it was about never changes; what stands in the conversation is as an agent would see it who answers now.
    Raises KeyNotHeld and other EventErrors.
    """
    cursor.execute(_MAIL, (mail_id,), binary=True)
    row = cursor.fetchone()
    if row is None:
        return None
    envelope = _opened(cursor, keyring, row[0])
    told: SystemMailQueued = envelope.data
    if told.kind != "notification" or len(told.matters) != 1:
        return None
    (matter,) = told.matters
    return Notified(
        agent_id=told.agent_id,
        conversation_id=matter.conversation_id,
        number=matter.number,
        told_at=envelope.occurred_at,
        question=_question(cursor, keyring, matter.conversation_id),
        agent=_profile(cursor, keyring, envelope.workspace_id, told.agent_id),
    )


def _profile(cursor: Cursor, keyring: Keyring, workspace_id: UUID, agent_id: UUID) -> AgentProfile | None:
    """The agent's last profile; None for one who was erased."""
    for event in _newest_first(cursor, keyring, _PROFILES, workspace_id, of=agent_id):
        match event.data.personal:
            case AgentProfile() as profile:
                return profile
            case AgentIdentity(name=name, email=email):
                return AgentProfile(name=name, email=email)
            case _:
                return None
    return None


def _question(cursor: Cursor, keyring: Keyring, conversation_id: UUID) -> Question:
    """The last message that somebody wrote to us, or our newest, and how the conversation began."""
    cursor.execute(_FIRST, (conversation_id,), binary=True)
    row = cursor.fetchone()
    opening = None if row is None else _opened(cursor, keyring, row[0]).data
    if not isinstance(opening, ConversationOpened | ConversationStarted):
        return Question()
    subject = "" if opening.personal is None else opening.personal.subject
    ours: ReplyContent | None = None
    for envelope in _newest_first(cursor, keyring, _SPOKEN, conversation_id):
        match envelope.data:
            case MessageAppended(in_side_thread=False, message=facts, personal=content):
                pass
            case ConversationOpened(message=facts, personal=opened):
                content = None if opened is None else opened.message
            case ReplyQueued(in_side_thread=False, personal=sent) if ours is None:
                ours = sent
                continue
            case _:
                continue
        through = tuple(dict.fromkeys((facts.channel_id, opening.channel_id)))
        at = facts.sent_at or facts.received_at
        return Question(last=content, last_at=at, through=through, subject=subject)
    return Question(ours=ours, through=(opening.channel_id,), subject=subject)


def _newest_first(
    cursor: Cursor, keyring: Keyring, query: bytes, stream: UUID, of: UUID | None = None
) -> Iterator[AnyEnvelope]:
    """Events of the stream, a few at a time, of one agent only where that is said."""
    before = _NEWEST
    while True:
        cursor.execute(query, (stream, before, AT_ONCE), binary=True)
        rows = cursor.fetchall()
        for _, state in rows:
            if of is None or _closed(state).data.agent_id == of:
                yield _opened(cursor, keyring, state)
        if len(rows) < AT_ONCE:
            return
        before = rows[-1][0]


def _closed(state: bytes) -> AnyEnvelope:
    kept = frame.unpack(state)
    return codec.decode(kept.headers, kept.body)


def _opened(cursor: Cursor, keyring: Keyring, state: bytes) -> AnyEnvelope:
    kept = frame.unpack(state)
    parsed = codec.parse(kept.headers, kept.body)
    keys = {} if parsed.key_id is None else keyring.fetch(cursor, [parsed.key_id])
    return codec.open_(parsed, keys)
