"""What happens to a ticket: one stream each, topic tickets.v1."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.envelope import Event, Personal
from events.values import Priority

TOPIC = "tickets.v1"

MoveReason = Literal["agent", "customer_wrote", "we_answered", "reply_failed", "reply_cancelled"]
"""Why a ticket changed its stage: an agent did it, or what happened in one of its conversations."""


class TicketLink(msgspec.Struct, frozen=True):
    """A conversation of the ticket, and the inbox in which it lay when it was linked."""

    conversation_id: UUID
    inbox_id: UUID


class TicketTitle(Personal, frozen=True, kw_only=True):
    title: str


class TicketOpened(Event, frozen=True, kw_only=True):
    """A ticket began. `number` is what people say ("T-7"), counted apart from conversations.

    The title is sealed under the contact's key; without a contact under the ticket's own (key id = ticket id).
    `rule_id` names the rule that opened it, `channel_id` the channel whose switch did; neither: an agent.
    """

    TOPIC: ClassVar[str] = TOPIC
    number: int
    pipeline_id: UUID
    stage: str
    priority: Priority = "normal"
    assignee_id: UUID | None = None
    contact_id: UUID | None = None
    links: tuple[TicketLink, ...] = ()
    rule_id: UUID | None = None
    channel_id: UUID | None = None
    personal: TicketTitle | None = None


class TicketRenamed(Event, frozen=True, kw_only=True):
    """Another title, sealed as the first one."""

    TOPIC: ClassVar[str] = TOPIC
    personal: TicketTitle | None = None


class TicketMoved(Event, frozen=True, kw_only=True):
    """In another stage, which closes or reopens nothing. `conversation_id` is where it came of, if it did."""

    TOPIC: ClassVar[str] = TOPIC
    stage: str
    reason: MoveReason = "agent"
    conversation_id: UUID | None = None


class TicketClosed(Event, frozen=True, kw_only=True):
    """An open ticket went to a closing stage of its pipeline."""

    TOPIC: ClassVar[str] = TOPIC
    stage: str


class TicketReopened(Event, frozen=True, kw_only=True):
    """A closed ticket went to a stage that is not closing."""

    TOPIC: ClassVar[str] = TOPIC
    stage: str
    reason: MoveReason = "agent"
    conversation_id: UUID | None = None


class TicketAssigned(Event, frozen=True, kw_only=True):
    """With this agent; None: with nobody."""

    TOPIC: ClassVar[str] = TOPIC
    assignee_id: UUID | None


class TicketPriorityChanged(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    priority: Priority


class TicketLinked(Event, frozen=True, kw_only=True):
    """The conversation belongs to the ticket; one that is linked already was moved to this inbox."""

    TOPIC: ClassVar[str] = TOPIC
    conversation_id: UUID
    inbox_id: UUID


class TicketUnlinked(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = TOPIC
    conversation_id: UUID


class TicketTitleErased(Event, frozen=True, kw_only=True):
    """The ticket's contact was erased, and the title with them."""

    TOPIC: ClassVar[str] = TOPIC
    contact_id: UUID


TicketEvent = (
    TicketOpened
    | TicketRenamed
    | TicketMoved
    | TicketClosed
    | TicketReopened
    | TicketAssigned
    | TicketPriorityChanged
    | TicketLinked
    | TicketUnlinked
    | TicketTitleErased
)
