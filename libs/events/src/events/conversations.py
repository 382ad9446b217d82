"""What happens to a conversation: one stream each, topic conversations.v1."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.envelope import Event, Personal
from events.filtering import FilteredAdmitted as FilteredAdmitted
from events.filtering import Switch
from events.following import ConversationFollowed as ConversationFollowed
from events.following import ConversationUnfollowed as ConversationUnfollowed
from events.following import FollowingEvent
from events.quarantine import QuarantineRetryEvent
from events.quarantine import QuarantineRetryFailed as QuarantineRetryFailed
from events.quarantine import QuarantineRetryRequested as QuarantineRetryRequested
from events.replies import FailureReason as FailureReason
from events.replies import Hold as Hold
from events.replies import QuotedHistory as QuotedHistory
from events.replies import ReplyCancelled as ReplyCancelled
from events.replies import ReplyContent as ReplyContent
from events.replies import ReplyDelivered as ReplyDelivered
from events.replies import ReplyFailed as ReplyFailed
from events.replies import ReplyHeld as ReplyHeld
from events.replies import ReplyQueued as ReplyQueued
from events.replies import ReplyReleased as ReplyReleased
from events.replies import ReplySending as ReplySending
from events.replies import ReplySent as ReplySent
from events.replies import ReplyUncertain as ReplyUncertain
from events.replies import Then as Then
from events.rules import Value
from events.tidying import ConversationContactChanged as ConversationContactChanged
from events.tidying import ConversationFollowedUp as ConversationFollowedUp
from events.tidying import ConversationMergedInto as ConversationMergedInto
from events.tidying import ConversationMoved as ConversationMoved
from events.tidying import ConversationMuted as ConversationMuted
from events.tidying import ConversationsMerged as ConversationsMerged
from events.tidying import ConversationUnmuted as ConversationUnmuted
from events.tidying import MergedConversation as MergedConversation
from events.tidying import Subject as Subject
from events.tidying import SubjectChanged as SubjectChanged
from events.tidying import SuggestedLinkRefused as SuggestedLinkRefused
from events.tidying import TidyingEvent
from events.tidying import TrashElapsed as TrashElapsed
from events.values import Channel, MessageContent, MessageFacts, Priority

TOPIC = "conversations.v1"


class OpenedContent(Personal, frozen=True, kw_only=True):
    subject: str
    message: MessageContent


class ConversationOpened(Event, frozen=True, kw_only=True):
    """A conversation began with its first inbound message. `number` is what people say ("#1042").

    `follow_up_of` is the one that the message belonged to, which was closed for too long.
    """

    TOPIC: ClassVar[str] = TOPIC
    number: int
    inbox_id: UUID
    contact_id: UUID
    channel: Channel
    channel_id: UUID
    message: MessageFacts
    suggested_link: UUID | None = None
    follow_up_of: UUID | None = None
    personal: OpenedContent | None = None


class StartedContent(Personal, frozen=True, kw_only=True):
    subject: str


class ConversationStarted(Event, frozen=True, kw_only=True):
    """A conversation began with a message of ours to `contact_id`; the ReplyQueued of that message follows."""

    TOPIC: ClassVar[str] = TOPIC
    number: int
    inbox_id: UUID
    contact_id: UUID
    channel: Channel
    channel_id: UUID
    message_id: UUID
    personal: StartedContent | None = None


class MessageAppended(Event, frozen=True, kw_only=True):
    """A further inbound message; `contact_id` is its author, who may be another participant than the first.

    `in_side_thread`: written by somebody to whom we forwarded, and none of the customer's business.
    """

    TOPIC: ClassVar[str] = TOPIC
    contact_id: UUID
    message: MessageFacts
    in_side_thread: bool = False
    personal: MessageContent | None = None


class CommentText(Personal, frozen=True, kw_only=True):
    text: str


class CommentAdded(Event, frozen=True, kw_only=True):
    """An internal comment, seen by the team only.

    `mentions` are agents, `mentioned_team_ids` teams, and `mentioned_members` who was in those teams then. Who is
    mentioned follows the conversation.
    """

    TOPIC: ClassVar[str] = TOPIC
    comment_id: UUID
    agent_id: UUID
    mentions: tuple[UUID, ...] = ()
    mentioned_team_ids: tuple[UUID, ...] = ()
    mentioned_members: tuple[UUID, ...] = ()
    personal: CommentText | None = None

    @property
    def everybody_mentioned(self) -> tuple[UUID, ...]:
        """The agents, each once, without the author."""
        if not self.mentions and not self.mentioned_members:
            return ()
        named = dict.fromkeys((*self.mentions, *self.mentioned_members))
        return tuple(agent_id for agent_id in named if agent_id != self.agent_id)


class RuleOutcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one rule did: not evaluated (an earlier one stopped, or it is disabled), not matched, or matched."""

    rule_id: UUID
    name: str
    outcome: Literal["matched", "not_matched", "not_evaluated"]


class Candidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An agent who was considered; `refused` says why not chosen before others ("away", "deactivated", …)."""

    agent_id: UUID
    open_conversations: int
    last_assigned_at: datetime | None = None
    refused: str | None = None


class SeenValues(Personal, frozen=True, kw_only=True):
    """Values that the rules saw, by rule id and fact."""

    values: dict[str, dict[str, Value]] = msgspec.field(default_factory=dict)


class OrderedTicket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ticket that a rule had opened, as it began."""

    ticket_id: UUID
    rule_id: UUID
    pipeline_id: UUID
    stage: str
    priority: Priority = "normal"
    assignee_id: UUID | None = None


class ConversationRouted(Event, frozen=True, kw_only=True):
    """The decision record, with the assignment it made: every rule's outcome, the candidates, and why.

    `reason` is "rule", "inbox_team", "returned_to_agent" or "no_team"; by the channel's routing "channel_nobody",
    "channel_agents", "channel_team" or "last_agent"; "agent_left" or "team_left" where its agent had left, or the team
    for which it waited; or, for one that waited in a team's queue, "agent_came_back" or "capacity_freed".
    `rule_set_version` 0 is the empty set. `message_id` is the message that was routed, for one without a new one its
    newest.
    """

    TOPIC: ClassVar[str] = TOPIC
    message_id: UUID
    rule_set_version: int
    rules: tuple[RuleOutcome, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    team_id: UUID | None = None
    agent_id: UUID | None = None
    labels: tuple[str, ...] = ()
    priority: Priority | None = None
    status: Literal["open", "snoozed", "resolved", "spam", "trash"] | None = None
    reason: str
    ticket: OrderedTicket | None = None
    personal: SeenValues | None = None


class ConversationAssigned(Event, frozen=True, kw_only=True):
    """Now with this agent, this team, or both; what is None is none."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID | None
    team_id: UUID | None


class ConversationUnassigned(Event, frozen=True, kw_only=True):
    """With nobody and no team."""

    TOPIC: ClassVar[str] = TOPIC


class ConversationResolved(Event, frozen=True, kw_only=True):
    """Done with, since `at`: a message long after that begins another conversation."""

    TOPIC: ClassVar[str] = TOPIC
    at: datetime | None = None


class ConversationReopened(Event, frozen=True, kw_only=True):
    """Open again: by a message of a customer, by an agent, because a reply failed or nobody knows whether it arrived,
    or because the reply that closed it was undone."""

    TOPIC: ClassVar[str] = TOPIC
    reason: Literal["message", "agent", "reply_failed", "reply_uncertain", "reply_cancelled"]


class ConversationSnoozed(Event, frozen=True, kw_only=True):
    """Out of sight until a time, or until the customer answers (`until` None). The timer has `timer_id`."""

    TOPIC: ClassVar[str] = TOPIC
    until: datetime | None = None
    timer_id: UUID | None = None


class SnoozeElapsed(Event, frozen=True, kw_only=True):
    """The time came; the conversation is open again."""

    TOPIC: ClassVar[str] = TOPIC
    timer_id: UUID


class MarkedAsSpam(Event, frozen=True, kw_only=True):
    """By an agent, or by the e-mail filter `filter_id`. `block_id` is the filter that now blocks its sender, or did."""

    TOPIC: ClassVar[str] = TOPIC
    filter_id: UUID | None = None
    block_id: UUID | None = None


class ConversationTrashed(Event, frozen=True, kw_only=True):
    """It can be taken out again until the time, for which the timer has `timer_id`."""

    TOPIC: ClassVar[str] = TOPIC
    until: datetime | None = None
    timer_id: UUID | None = None


class LabelAdded(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    label: str


class LabelRemoved(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    label: str


class PriorityChanged(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    priority: Priority


class ConversationReadMarked(Event, frozen=True, kw_only=True):
    """The agent has read the conversation up to this sequence; 0: marked as unread."""

    TOPIC: ClassVar[str] = TOPIC
    agent_id: UUID
    up_to: int


class PersonalDataErased(Event, frozen=True, kw_only=True):
    """A person in this conversation was erased: views write what a rebuild without the key writes."""

    TOPIC: ClassVar[str] = TOPIC
    contact_id: UUID


class InboundFiltered(Event, frozen=True, kw_only=True):
    """A mail that an e-mail filter kept out of the inbox, in a stream of its own; sealed under the stream's key.

    `filter_version` is the version of all filters, `filter_id` the one that caught it. Of a contact who was blocked it
    is `contact_id`, which `filter_id` then repeats, with version 0. Of a ready-made filter it is `switch`, and
    `filter_id` the inbox's. `reply_to_conversation` is the one that a reply token of ours named. Of an agent's answer
    to a notification mail that could not become a reply `refused` is the code of why, and `filter_id` is that mail.
    """

    TOPIC: ClassVar[str] = TOPIC
    inbox_id: UUID
    channel: Channel
    channel_id: UUID
    filter_id: UUID
    filter_version: int
    contact_id: UUID | None = None
    switch: Switch | None = None
    reply_to_conversation: UUID | None = None
    refused: str = ""
    message: MessageFacts
    personal: MessageContent | None = None


class InboundQuarantined(Event, frozen=True, kw_only=True):
    """An inbound record that could not be handled, in a stream of its own; its bytes are a blob.

    `reason` is an error's class and message without personal data. `blobs` are what the record itself names in the blob
    store, as far as that could be read: they are kept with it.
    """

    TOPIC: ClassVar[str] = TOPIC
    topic: str
    partition: int
    offset: int
    reason: str
    raw: str
    size: int
    blobs: tuple[str, ...] = ()


class QuarantineReleased(Event, frozen=True, kw_only=True):
    """The quarantined record was handled on a retry; the events that came of it name this one as their cause, or the
    MessageParsedAnew. `unused` are the blobs of InboundQuarantined that nothing needs any more.
    """

    TOPIC: ClassVar[str] = TOPIC
    quarantined_id: UUID
    unused: tuple[str, ...] = ()


ConversationEvent = (
    ConversationOpened
    | ConversationStarted
    | MessageAppended
    | ReplyQueued
    | ReplyHeld
    | ReplyReleased
    | ReplyCancelled
    | ReplySending
    | ReplySent
    | ReplyUncertain
    | ReplyDelivered
    | ReplyFailed
    | CommentAdded
    | ConversationRouted
    | ConversationAssigned
    | ConversationUnassigned
    | ConversationResolved
    | ConversationReopened
    | ConversationSnoozed
    | SnoozeElapsed
    | MarkedAsSpam
    | ConversationTrashed
    | LabelAdded
    | LabelRemoved
    | PriorityChanged
    | ConversationReadMarked
    | PersonalDataErased
    | TidyingEvent
    | FollowingEvent
)
QuarantineEvent = InboundQuarantined | QuarantineReleased | QuarantineRetryEvent
FilteredEvent = InboundFiltered | FilteredAdmitted
