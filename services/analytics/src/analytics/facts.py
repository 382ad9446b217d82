"""What a batch of the log adds to the facts: conversations as they are then, and the values found; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

import msgspec

from analytics import workspace
from analytics.measures import conversation
from analytics.measures.conversation import Conversation
from analytics.measures.definitions import V1, Definition
from analytics.measures.measure import Kind, Value
from analytics.workspace import Workspace
from events.envelope import AnyEnvelope
from events.topics import CONVERSATIONS, WORKSPACE
from events.values import Channel

DAY: Final = 86_400_000
"""Milliseconds. The days by which facts are kept are those of UTC; reports have days of any zone."""
IGNORED: Final[dict[str, str]] = {
    "FilteredAdmitted": "the message that it became is measured",
    "InboundFiltered": "kept out of the inbox: nobody has to answer it",
    "InboundQuarantined": "not a message yet; what comes of a retry is measured",
    "QuarantineReleased": "what came of the retry is measured",
    "ReplyHeld": "a reply counts when its channel accepts it",
    "ReplySending": "a reply counts when its channel accepts it",
    "ReplyUncertain": "a reply counts when its channel accepts it",
    "CommentAdded": "seen by the team only: it stops no clock",
    "LabelAdded": "no report groups by label yet",
    "LabelRemoved": "no report groups by label yet",
    "PriorityChanged": "no report groups by priority yet",
    "SubjectChanged": "no report looks at what a conversation is called",
    "ConversationContactChanged": "no report groups by contact",
    "SuggestedLinkRefused": "nothing happened to the conversation",
    "ConversationFollowedUp": "the follow-up is a conversation of its own, and counts as one",
    "TrashElapsed": "in the trash already; neither answers nor resolves",
    "ConversationReadMarked": "who has read what is measured by no report",
    "ConversationFollowed": "who follows is measured by no report",
    "ConversationUnfollowed": "who follows is measured by no report",
    "LabelDefined": "no report groups by label yet",
    "LabelDeleted": "no report groups by label yet",
    "ViewSaved": "what agents look at is no fact",
    "ViewDeleted": "what agents look at is no fact",
    "NotificationPreferencesSet": "what agents want to be told of is no fact",
    "PersonalDataErased": "facts hold no personal data",
    "FallbackAddressIssued": "addresses are no facts",
    "QuarantineRetryRequested": "what waits in quarantine is in no conversation",
    "QuarantineRetryFailed": "what waits in quarantine is in no conversation",
    "AgentProfileChanged": "names are no facts",
    "AgentAvatarSet": "pictures are no facts",
    "AgentAvatarRemoved": "pictures are no facts",
    "AgentAvailabilityChanged": "decides nothing about who may see reports",
    "AgentCapacityChanged": "decides nothing about who may see reports",
    "ContactPropertyDefined": "properties of contacts are no facts",
    "ContactPropertyChanged": "properties of contacts are no facts",
    "ContactPropertyDeleted": "properties of contacts are no facts",
    "PipelineDefined": "tickets are not measured yet",
    "PipelineDeleted": "tickets are not measured yet",
    "SnippetSaved": "texts are no facts",
    "SnippetDeleted": "texts are no facts",
    "EmailFiltersSet": "decides nothing about who may see reports",
    "ChannelConnected": "facts name the kind of their channel themselves",
    "ChannelChanged": "facts name the kind of their channel themselves",
    "ChannelDisconnected": "facts name the kind of their channel themselves",
    "ChannelHealthNoted": "decides nothing about who may see reports",
    "ChannelTestStarted": "a mail of our own to ourselves is no fact",
    "ChannelTestNoted": "a mail of our own to ourselves is no fact",
    "RuleSetDrafted": "decides nothing about who may see reports",
    "RuleSetPublished": "decides nothing about who may see reports",
}
"""Events of the topics read that change no fact, and why."""
MEASURED: Final = conversation.MEASURED | workspace.READ


class Arrived(Protocol):
    """A record as the projector's shell hands it on."""

    @property
    def topic(self) -> str: ...
    @property
    def envelope(self) -> AnyEnvelope | None: ...


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A value with what it is filed under. Times are milliseconds since 1970; `sequence` is that of the event that
    told it, which no other value of this kind in this conversation has."""

    kind: Kind
    stopped_at: int
    conversation_id: UUID
    sequence: int
    number: int
    inbox_id: UUID
    channel: Channel
    team_id: UUID | None
    agent_id: UUID | None
    duration: int | None
    parts: tuple[int, ...] | None
    event_id: UUID
    start_event_id: UUID | None
    started_at: int | None

    @property
    def day(self) -> int:
        """Days since 1970, of UTC."""
        return self.stopped_at // DAY


class Stream(msgspec.Struct, frozen=True):
    """A conversation, or another stream, in which nothing is measured; `sequence` is that of its last event."""

    conversation_id: UUID
    sequence: int
    state: Conversation


@dataclass(slots=True)
class Known:
    """What is known of the streams that a batch speaks of, and of the workspace."""

    streams: dict[UUID, Stream] = field(default_factory=dict)
    workspace: Workspace = workspace.EMPTY


@dataclass(slots=True)
class Changes:
    """What to write; `workspace` None: as it was."""

    streams: dict[UUID, Stream] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    workspace: Workspace | None = None


class OrderCheck(Protocol):
    """Raises when `sequence` does not follow `last` in the stream."""

    def __call__(self, stream: UUID, last: int, sequence: int) -> None: ...


def fold(batch: Iterable[Arrived], known: Known, check: OrderCheck, definition: Definition = V1) -> Changes:
    """The changes that the batch makes. Events of one stream must come in their order, of different streams in any.

    `known` is not changed. Raises what `check` does.
    """
    changes = Changes()
    for record in batch:
        envelope = record.envelope
        if envelope is None:
            continue
        if record.topic == CONVERSATIONS.name:
            _conversation(changes, known, envelope, check, definition)
        elif record.topic == WORKSPACE.name:
            _workspace(changes, known, envelope, check)
    return changes


def _conversation(
    changes: Changes, known: Known, envelope: AnyEnvelope, check: OrderCheck, definition: Definition
) -> None:
    stream = envelope.stream
    before = changes.streams.get(stream) or known.streams.get(stream)
    check(stream, 0 if before is None else before.sequence, envelope.sequence)
    state, values = conversation.step(conversation.UNKNOWN if before is None else before.state, envelope, definition)
    changes.streams[stream] = Stream(stream, envelope.sequence, state)
    if state.inbox_id is not None:
        changes.facts += [_fact(value, envelope, state, state.inbox_id) for value in values]


def _fact(value: Value, envelope: AnyEnvelope, state: Conversation, inbox_id: UUID) -> Fact:
    return Fact(
        kind=value.kind,
        stopped_at=value.stop.at,
        conversation_id=envelope.stream,
        sequence=envelope.sequence,
        number=state.number,
        inbox_id=inbox_id,
        channel=state.channel,
        team_id=state.team_id,
        agent_id=value.agent_id,
        duration=value.duration,
        parts=value.parts,
        event_id=value.stop.event_id,
        start_event_id=None if value.start is None else value.start.event_id,
        started_at=None if value.start is None else value.start.at,
    )


def _workspace(changes: Changes, known: Known, envelope: AnyEnvelope, check: OrderCheck) -> None:
    before = changes.workspace or known.workspace
    check(envelope.stream, before.sequences.get(envelope.stream, 0), envelope.sequence)
    changes.workspace = workspace.evolve(before, envelope)
