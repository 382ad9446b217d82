"""A small inbox's life as records of the log, for tests and measurements: builders that read as a story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from aiokafka.partitioner import murmur2

from events import codec, topics
from events.contacts import ContactCreated, ContactErased, ContactIdentity
from events.conversations import (
    CommentAdded,
    CommentText,
    ConversationOpened,
    ConversationRouted,
    InboundFiltered,
    MessageAppended,
    OpenedContent,
    PersonalDataErased,
    ReplyContent,
    ReplyQueued,
    RuleOutcome,
    SeenValues,
)
from events.envelope import SYSTEM, Actor, AnyEnvelope, Envelope
from events.inbound import MessageReceived
from events.sealing import ERASED, KEY_BYTES, DataKey, Erased, Keys
from events.tickets import TicketOpened, TicketTitleErased
from events.values import Address, Attachment, Handle, MessageContent, MessageFacts

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WORKSPACE_ID = UUID("01957a00-0000-7000-8000-000000000001")
STORE = "main/1"


@dataclass(frozen=True, slots=True)
class Logged:
    """A record as it lies in Kafka; `order` is its place among all records of the story."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: list[codec.Header]
    value: bytes
    order: int

    def with_value(self, value: bytes) -> Logged:
        """The record, its value damaged on the way."""
        return replace(self, value=value)


@dataclass(frozen=True, slots=True)
class Opened:
    """A record as the projector's shell hands it to the views."""

    topic: str
    partition: int
    offset: int
    position: int | None
    envelope: AnyEnvelope | None
    key_id: UUID | None
    headers: list[codec.Header]


def open_record(record: Logged, keys: Keys) -> Opened:
    """What the shell does to a record: headers only for inbound facts, otherwise decoded and unsealed."""
    if record.topic.startswith("inbound."):
        return Opened(record.topic, record.partition, record.offset, None, None, None, record.headers)
    parsed = codec.parse(record.headers, record.value)
    envelope = codec.open_(parsed, keys)
    return Opened(
        record.topic,
        record.partition,
        record.offset,
        envelope.position,
        envelope,
        parsed.key_id,
        record.headers,
    )


@dataclass
class Thread:
    """What the story remembers of a conversation."""

    conversation_id: UUID
    contact_id: UUID
    subject: str
    sequence: int = 0
    people: set[UUID] = field(default_factory=set)
    replies: list[UUID] = field(default_factory=list)


class Story:
    """Writes records in the order in which the router and relay would; everything comes from the seed."""

    def __init__(
        self, seed: int = 1, *, start: datetime = START, make_key: Callable[[UUID], DataKey] | None = None
    ) -> None:
        self.random = Random(seed)  # noqa: S311 (a story, no secret)
        self._make_key = make_key or self._random_key
        self.now = start
        self.records: list[Logged] = []
        self.keys: dict[UUID, DataKey] = {}
        self.erased_at: dict[UUID, int] = {}
        self.threads: list[Thread] = []
        self.contacts: dict[UUID, int] = {}
        self.companies: dict[UUID, tuple[int, str, tuple[str, ...]]] = {}
        self.tickets: dict[UUID, TicketOpened] = {}
        self._ticket_sequences: dict[UUID, int] = {}
        self.filtered: list[UUID] = []
        self.kept_out: dict[UUID, InboundFiltered] = {}
        self.admitted: dict[UUID, UUID] = {}
        self.cause: UUID | None = None
        self.inbox_id, self.channel_id, self.team_id, self.agent_id = (self.new_id() for _ in range(4))
        self._offsets: dict[tuple[str, int], int] = {}
        self._position = 0
        self._workspace = 0

    def new_id(self) -> UUID:
        """A UUIDv7 of the story's time."""
        stamp = int(self.now.timestamp() * 1000) << 80
        return UUID(int=stamp | 7 << 76 | self.random.getrandbits(12) << 64 | 0b10 << 62 | self.random.getrandbits(62))

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)

    def keys_at(self, order: int) -> Mapping[UUID, DataKey | Erased]:
        """The keyring as it is when the record of this order has been written."""
        gone = {contact: ERASED for contact, at in self.erased_at.items() if at <= order}
        return {**self.keys, **gone} if gone else self.keys

    def publish(
        self, topic: str, stream: UUID, sequence: int, event: Any, *, key: UUID | None = None, actor: Actor = SYSTEM
    ) -> None:
        """Appends an event; its personal half is sealed with the key of `key`, or left out when that is erased."""
        sealing = None if key is None else self.keys[key]
        envelope: AnyEnvelope = Envelope(
            id=self.new_id(),
            stream=stream,
            sequence=sequence,
            occurred_at=self.now,
            recorded_at=self.now,
            workspace_id=WORKSPACE_ID,
            actor=actor,
            correlation_id=stream,
            causation_id=self.cause,
            data=event,
        )
        record = codec.encode(envelope, sealing)
        headers = record.headers
        if sequence:
            self._position += 1
            headers = codec.with_position(headers, STORE, self._position)
        count = topics.BY_NAME[topic].partitions
        partition = (murmur2(str(stream).encode()) & 0x7FFFFFFF) % count
        offset = self._offsets.get((topic, partition), 0)
        self._offsets[topic, partition] = offset + 1
        timestamp = int(self.now.timestamp() * 1000)
        self.records.append(Logged(topic, partition, offset, timestamp, headers, record.value, len(self.records)))

    def workspace(self, event: Any, *, key: UUID | None = None, actor: Actor | None = None) -> None:
        self._workspace += 1
        by = actor or Actor("agent", str(key or ""))
        self.publish("workspace.v1", WORKSPACE_ID, self._workspace, event, key=key, actor=by)

    def conversation(self, thread: Thread, event: Any, *, key: UUID | None = None, actor: Actor = SYSTEM) -> None:
        thread.sequence += 1
        if key in self.erased_at:
            key = None
            event = type(event)(
                **{name: getattr(event, name) for name in event.__struct_fields__ if name != "personal"}
            )
        self.publish("conversations.v1", thread.conversation_id, thread.sequence, event, key=key, actor=actor)

    def open_ticket(self, event: TicketOpened, *, ticket_id: UUID | None = None, actor: Actor = SYSTEM) -> UUID:
        """A ticket, its title sealed under its contact's key or one of its own."""
        ticket_id = ticket_id or self.new_id()
        if event.contact_id is None:
            self.new_key(ticket_id)
        self.tickets[ticket_id] = event
        self.ticket(ticket_id, event, actor=actor)
        return ticket_id

    def ticket(self, ticket_id: UUID, event: Any, *, actor: Actor = SYSTEM) -> None:
        self._ticket_sequences[ticket_id] = sequence = self._ticket_sequences.get(ticket_id, 0) + 1
        key: UUID | None = self.tickets[ticket_id].contact_id or ticket_id
        if key in self.erased_at or getattr(event, "personal", None) is None:
            key = None
            if getattr(event, "personal", None) is not None:
                event = msgspec.structs.replace(event, personal=None)
        self.publish("tickets.v1", ticket_id, sequence, event, key=key, actor=actor)

    def contact(self, contact_id: UUID, event: Any, *, sealed: bool = True) -> None:
        self.contacts[contact_id] = sequence = self.contacts.get(contact_id, 0) + 1
        self.publish("contacts.v1", contact_id, sequence, event, key=contact_id if sealed else None)

    def new_key(self, key_id: UUID) -> UUID:
        self.keys[key_id] = self._make_key(key_id)
        return key_id

    def _random_key(self, key_id: UUID) -> DataKey:
        return DataKey(key_id, self.random.randbytes(KEY_BYTES))

    # What people do

    def person(self, name: str = "Zofia Nowak", address: str | None = None) -> UUID:
        """A person writes for the first time."""
        contact_id = self.new_key(self.new_id())
        handle = Handle("email", address or f"{contact_id.hex[-12:]}@client.test")
        self.contact(contact_id, ContactCreated(personal=ContactIdentity(name=name, handle=handle)))
        return contact_id

    def content(
        self,
        author: UUID,
        subject: str,
        text: str,
        quoted: str = "",
        html: str | None = None,
        sender: str = "Zofia Nowak",
        attachments: tuple[Attachment, ...] = (),
    ) -> MessageContent:
        return MessageContent(
            external_id=f"{self.random.getrandbits(64):x}@client.test",
            sender=Address(f"{author.hex[-12:]}@client.test", sender),
            to=(Address("support@postroom.test"),),
            delivered_to="support@postroom.test",
            subject=subject,
            new_text=text,
            quoted=quoted,
            html=html,
            attachments=attachments,
        )

    def facts(self, content: MessageContent) -> MessageFacts:
        return MessageFacts(
            message_id=self.new_id(),
            channel="email",
            channel_id=self.channel_id,
            received_at=self.now,
            sent_at=self.now - timedelta(seconds=2),
            size=len(content.text) + 800,
            blobs=(f"{self.new_id()}/{self.random.getrandbits(256):064x}",),
        )

    def mail(
        self,
        contact_id: UUID,
        subject: str = "Where is my order?",
        text: str = "Good morning,\nwhere is it?",
        **parts: Any,
    ) -> Thread:
        """A first mail: received, a conversation, and its routing."""
        content = self.content(contact_id, subject, text, **parts)
        facts = self.facts(content)
        self._received(content, facts)
        thread = Thread(self.new_id(), contact_id, subject, people={contact_id})
        self.threads.append(thread)
        opened = ConversationOpened(
            number=len(self.threads),
            inbox_id=self.inbox_id,
            contact_id=contact_id,
            channel="email",
            channel_id=self.channel_id,
            message=facts,
            personal=OpenedContent(subject=subject, message=content),
        )
        self.conversation(thread, opened, key=contact_id)
        self.route(thread, facts.message_id)
        return thread

    def filtered_mail(
        self,
        author: UUID,
        filter_id: UUID,
        version: int = 1,
        subject: str = "Buy now",
        text: str = "Cheap!",
        **facts: Any,
    ) -> InboundFiltered:
        """A mail that a filter kept out: received, and a stream of its own under a key of its own."""
        content = self.content(author, subject, text)
        stream = self.new_key(self.new_id())
        made = msgspec.structs.replace(self.facts(content), **facts)
        self._received(content, made)
        kept_out = InboundFiltered(
            inbox_id=self.inbox_id,
            channel="email",
            channel_id=self.channel_id,
            filter_id=filter_id,
            filter_version=version,
            message=made,
            personal=content,
        )
        self.publish("conversations.v1", stream, 1, kept_out, key=stream)
        self.filtered.append(stream)
        self.kept_out[stream] = kept_out
        return kept_out

    def erase_filtered(self, stream: UUID) -> None:
        """The author of a filtered mail is forgotten: its key is gone before the event tells of it."""
        if stream not in self.erased_at:
            self.erased_at[stream] = len(self.records)
            sequence = 3 if stream in self.admitted else 2
            self.publish("conversations.v1", stream, sequence, PersonalDataErased(contact_id=self.new_id()))

    def answer(self, thread: Thread, author: UUID, text: str = "Any news?", **parts: Any) -> None:
        """A further mail in a conversation, sealed with its author's key."""
        content = self.content(author, f"Re: {thread.subject}", text, **parts)
        facts = self.facts(content)
        self._received(content, facts)
        thread.people.add(author)
        self.conversation(thread, MessageAppended(contact_id=author, message=facts, personal=content), key=author)

    def route(self, thread: Thread, message_id: UUID, **decision: Any) -> None:
        rule_id = UUID(int=thread.contact_id.int ^ 1)
        seen = SeenValues(values={str(rule_id): {"message.subject": thread.subject}})
        routed = ConversationRouted(
            message_id=message_id,
            rule_set_version=1,
            rules=(RuleOutcome(rule_id=rule_id, name="Orders", outcome="not_matched"),),
            team_id=self.team_id,
            agent_id=decision.pop("agent_id", self.agent_id),
            reason="inbox_team",
            personal=seen,
            **decision,
        )
        self.conversation(thread, routed, key=thread.contact_id)

    def reply(self, thread: Thread, text: str = "It is on its way.") -> UUID:
        reply_id = self.new_id()
        thread.replies.append(reply_id)
        content = ReplyContent(
            external_id=f"{reply_id.hex}@postroom.test",
            sender=Address("support@postroom.test", "Support"),
            to=(Address(f"{thread.contact_id.hex[-12:]}@client.test"),),
            subject=f"Re: {thread.subject}",
            text=text,
        )
        queued = ReplyQueued(
            reply_id=reply_id,
            conversation_id=thread.conversation_id,
            inbox_id=self.inbox_id,
            channel="email",
            channel_id=self.channel_id,
            agent_id=self.agent_id,
            personal=content,
        )
        self.conversation(thread, queued, key=thread.contact_id, actor=Actor("agent", str(self.agent_id)))
        return reply_id

    def comment(self, thread: Thread, text: str = "Please look.") -> None:
        comment = CommentAdded(
            comment_id=self.new_id(),
            agent_id=self.agent_id,
            mentions=(self.agent_id,),
            personal=CommentText(text=text),
        )
        self.conversation(thread, comment, key=thread.contact_id, actor=Actor("agent", str(self.agent_id)))

    def erase(self, contact_id: UUID) -> None:
        """The person asks to be forgotten: the key is gone before the events tell of it."""
        if contact_id in self.erased_at:
            return
        self.erased_at[contact_id] = len(self.records)
        touched = [thread for thread in self.threads if contact_id in thread.people]
        self.contact(
            contact_id,
            ContactErased(conversation_ids=tuple(thread.conversation_id for thread in touched)),
            sealed=False,
        )
        for thread in touched:
            self.conversation(thread, PersonalDataErased(contact_id=contact_id))
        for ticket_id, opened in self.tickets.items():
            if opened.contact_id == contact_id:
                self.ticket(ticket_id, TicketTitleErased(contact_id=contact_id))

    def _received(self, content: MessageContent, facts: MessageFacts) -> None:
        received = MessageReceived(inbox_id=self.inbox_id, dedupe_key="0" * 32, facts=facts, content=content)
        self.publish("inbound.email.v1", facts.message_id, 0, received)
