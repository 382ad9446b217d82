"""What the router is given to handle, decoded before its transaction: mails, reports, commands, and what is neither."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from uuid import UUID

import msgspec

from events import codec, frame
from events.channel_tests import ChannelTestReported
from events.conversations import ReplyQueued
from events.envelope import Actor, AnyEnvelope, Command, Envelope
from events.errors import EventError, MalformedEvent
from events.inbound import ChannelHealthChanged, DeliveryReport, MessageParsedAnew, MessageReceived
from router.domain.agent_answers import Notified
from router.domain.system_mails import DueNotice
from router.domain.threading import ThreadKeys, sender_of, thread_keys
from router.hashes import AGENT, Hashes
from router.raw_records import blobs_of, is_parsed_by_its_channel
from router.rows import Thread
from service_kit.decider import DomainError
from service_kit.ids import derived_id
from service_kit.offsets import Record

ConversationOf = Callable[[str], UUID | None]
ALONE = frozenset(
    {
        "AdmitFiltered",
        "ChangeConversations",
        "EraseContact",
        "MergeContacts",
        "UnmergeContact",
        "RetryQuarantined",
        "InviteAgent",
        "ChangeProfile",
    }
)
"""Commands that get a transaction of their own: they write rows that others of the batch may have read."""


class Mail(msgspec.Struct, frozen=True):
    """A message with what routing looks up for it. `notified` is the notification mail that it answers, `agent_handle`
    then the hash of its sender as an agent's address."""

    envelope: Envelope[MessageReceived]
    keys: ThreadKeys
    thread: Thread
    sender: str
    handle: bytes
    agent_handle: bytes = b""
    notified: Notified | None = None


class Report(msgspec.Struct, frozen=True):
    """What became of a reply, or of a channel."""

    envelope: Envelope[DeliveryReport | ChannelHealthChanged | ChannelTestReported]


class Ask(msgspec.Struct, frozen=True):
    """A command; `queued` is the reply that it may send, as it was queued, `due` what a mail to an agent tells."""

    envelope: Envelope[Command]
    request_hash: bytes
    queued: ReplyQueued | None = None
    due: tuple[DueNotice, ...] = ()


class Broken(msgspec.Struct, frozen=True):
    """A record that cannot be handled, with its bytes packed for a blob. `blobs` are what it names itself, `command`
    one whose sender waits."""

    stream: UUID
    topic: str
    partition: int
    offset: int
    reason: str
    raw: bytes
    correlation_id: UUID
    blobs: tuple[str, ...] = ()
    command: tuple[UUID, str] | None = None

    @property
    def blob(self) -> str:
        return f"{self.stream}/{sha256(self.raw).hexdigest()}"


class Retry(msgspec.Struct, frozen=True):
    """`RetryQuarantined`, with the record that it wants handled again, or why that is impossible; `by_channel` when its
    channel's service is to read it anew first."""

    ask: Ask
    inner: Mail | Report | None
    refusal: str = ""
    by_channel: bool = False


class ParsedAnew(msgspec.Struct, frozen=True):
    """A quarantined mail as its channel's service reads it now; without it the `reason` why it stays there."""

    envelope: Envelope[MessageParsedAnew]
    mail: Mail | None
    reason: str = ""


class Admit(msgspec.Struct, frozen=True):
    """`AdmitFiltered`, with the mail that it lets in; none where there is none, or it cannot be read any more."""

    ask: Ask
    mail: Mail | None


class Bulk(msgspec.Struct, frozen=True):
    """`ChangeConversations`, as a command for each of them."""

    ask: Ask
    parts: tuple[Ask, ...]


Handled = Mail | Report | Ask | ParsedAnew
Item = Handled | Broken | Retry | Admit | Bulk


@dataclass(frozen=True, slots=True)
class Decoder:
    """Turns records into items; pure."""

    hashes: Hashes
    conversation_of: ConversationOf
    workspace_id: UUID

    def item(self, record: Record) -> Handled | Broken:
        """The record, ready to be handled; `Broken` when its bytes or its content make that impossible."""
        try:
            return self.prepared(_headers(record), record.value, record.topic)
        except Exception as error:
            return self.broken(record, error)

    def prepared(self, headers: list[codec.Header], value: bytes | None, topic: str) -> Handled:
        """Raises EventError, and whatever odd content makes pure code raise."""
        envelope = codec.decode(headers, value)
        data = envelope.data
        if isinstance(data, Command):
            if topic != Command.TOPIC:
                raise MalformedEvent(f"a {envelope.type} is a command and does not belong on {topic}")
            return Ask(envelope, request_hash(envelope, value or b""))
        if topic == Command.TOPIC:
            raise MalformedEvent(f"a {envelope.type} is no command")
        if isinstance(data, MessageReceived):
            return self.mail(envelope)
        if isinstance(data, DeliveryReport | ChannelHealthChanged | ChannelTestReported):
            return Report(envelope)
        if isinstance(data, MessageParsedAnew):
            return self.parsed_anew(envelope)
        raise MalformedEvent(f"a {envelope.type} is not an inbound fact")

    def mail(self, envelope: Envelope[MessageReceived]) -> Mail:
        """The message with what routing looks up for it. Odd content makes it raise."""
        data = envelope.data
        keys = thread_keys(data, self.conversation_of)
        sender = sender_of(data.content)
        handle = self.hashes.handle(data.facts.channel, sender)
        answering = b"" if data.answers_mail is None else self.hashes.handle(AGENT, sender)
        return Mail(envelope, keys, Thread.of(keys, self.hashes), sender, handle, answering)

    def parsed_anew(self, envelope: Envelope[MessageParsedAnew]) -> ParsedAnew:
        """Odd content is the reason why the mail stays in quarantine, not one to quarantine this, too."""
        data = envelope.data
        if data.received is None or data.received_id is None:
            return ParsedAnew(envelope, None, data.reason)
        at = data.received.facts.received_at
        received: Envelope[MessageReceived] = Envelope(
            id=data.received_id,
            stream=data.received.inbox_id,
            occurred_at=at,
            recorded_at=at,
            workspace_id=envelope.workspace_id,
            actor=Actor("contact"),
            correlation_id=envelope.correlation_id,
            data=data.received,
        )
        try:
            return ParsedAnew(envelope, self.mail(received))
        except Exception as error:
            return ParsedAnew(envelope, None, reason_of(error))

    def broken(self, record: Record, error: Exception) -> Broken:
        """The record as one to be quarantined for this reason."""
        headers = _headers(record)
        raw = frame.pack((record.topic,), record.key or b"", codec.Record(headers, record.value or b""))
        name = f"{record.topic}/{record.partition}/{record.offset}/{sha256(raw).hexdigest()}"
        stream = derived_id(self.workspace_id, name)
        attributes = dict(headers)
        command_id = _uuid(attributes.get("ce_id")) if record.topic == Command.TOPIC else None
        return Broken(
            stream=stream,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason_of(error),
            raw=raw,
            correlation_id=_uuid(attributes.get("ce_correlationid")) or stream,
            blobs=blobs_of(attributes.get("ce_type"), record.value),
            command=None if command_id is None else (command_id, _word(attributes.get("ce_type"))),
        )

    def again(self, raw: bytes) -> Mail | Report | None:
        """The quarantined record of a blob, decoded anew; None when its channel's service is to read it anew first.
        Raises like `prepared`, MalformedEvent for a command."""
        kept = frame.unpack(raw)
        if is_parsed_by_its_channel(kept.topics[0], dict(kept.headers).get("ce_type")):
            return None
        item = self.prepared(kept.headers, kept.body, kept.topics[0])
        if isinstance(item, ParsedAnew):
            raise MalformedEvent("the record that it speaks of is in quarantine by itself, and retried there")
        if isinstance(item, Ask):
            raise MalformedEvent("a command is not retried, it is given again by who wants it")
        return item


def request_hash(envelope: AnyEnvelope, value: bytes) -> bytes:
    """What makes two requests with one idempotency key the same: the type, the target and the body."""
    return sha256(b"%b %b %b" % (envelope.type.encode(), envelope.stream.bytes, value)).digest()[:16]


def segments(items: Iterable[Item]) -> list[list[int]]:
    """Indexes of items that may share a transaction, in order."""
    parts: list[list[int]] = []
    open_part = False
    for index, item in enumerate(items):
        alone = isinstance(item, Retry | ParsedAnew) or (isinstance(item, Ask) and item.envelope.type in ALONE)
        if alone or not open_part:
            parts.append([index])
        else:
            parts[-1].append(index)
        open_part = not alone
    return parts


def reason_of(error: BaseException) -> str:
    """Class and place of an error, with its words only where they are ours and hold no personal data."""
    if isinstance(error, EventError | DomainError):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno} ({frames[-1].name})" if frames else ""
    return f"{type(error).__name__}{place}"


def _headers(record: Record) -> list[codec.Header]:
    return [(str(name), value or b"") for name, value in record.headers]


def _uuid(raw: bytes | None) -> UUID | None:
    try:
        return UUID((raw or b"").decode())
    except ValueError:
        return None


def _word(raw: bytes | None) -> str:
    text = (raw or b"").decode("ascii", "replace")
    return text if text.isidentifier() and len(text) <= 64 else "unknown"
