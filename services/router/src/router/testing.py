"""A router without Kafka, for tests: records are handed to its batch handler, events are read from its store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from psycopg import sql

from events import codec, frame, topics
from events.commands import ConnectChannel, CreateInbox, CreateTeam, InviteAgent, SetAvailability
from events.envelope import SYSTEM, Actor, AnyEnvelope, Command, Envelope, Event
from events.inbound import MessageReceived
from events.outcomes import CommandHandled
from events.values import Address, Bounce, MessageContent, MessageFacts
from events.workspace import EmailSettings
from router.composition import PARTITIONS, Parts, build, install
from router.drafts import Tally
from service_kit import database
from service_kit.blobs import BlobNotFound
from service_kit.ids import new_id
from service_kit.keyring import Keyring
from service_kit.offsets import Offsets
from service_kit.settings import DEFAULT_WORKSPACE_ID, Settings

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
INBOX = UUID("01900000-0000-7000-8000-0000000000a1")
CHANNEL = UUID("01900000-0000-7000-8000-0000000000c1")
TEAM = UUID("01900000-0000-7000-8000-0000000000d1")
ANNA = UUID("01900000-0000-7000-8000-0000000000e1")
BORIS = UUID("01900000-0000-7000-8000-0000000000e2")
EMAIL = topics.INBOUND_EMAIL.name
COMMANDS = topics.COMMANDS.name
SUPPORT = "support@example.com"
AS_ANNA = Actor("agent", str(ANNA))


@dataclass(frozen=True)
class FakeRecord:
    """What is used of aiokafka's ConsumerRecord."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass
class MemoryBlobs:
    """The blob store, in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, content: bytes) -> None:
        self.kept[name] = content

    def get(self, name: str) -> bytes:
        if name not in self.kept:
            raise BlobNotFound(f"no {name}")
        return self.kept[name]


def settings_for(dsn: str, bootstrap: str = "127.0.0.1:1", blob_url: str = "memory:///") -> Settings:
    return Settings(
        kafka_bootstrap_servers=bootstrap,
        database_url=dsn,
        blob_url=blob_url,
        secret_key="a secret of the tests, long enough",  # noqa: S106
    )


def mail(
    sender: str = "maria@customer.example",
    *,
    message_id: str | None = None,
    subject: str = "A question",
    text: str = "Where is my parcel?",
    in_reply_to: Sequence[str] = (),
    references: Sequence[str] = (),
    dedupe_key: str | None = None,
    token: UUID | None = None,
    inbox_id: UUID = INBOX,
    to: Sequence[str] = (SUPPORT,),
    cc: Sequence[str] = (),
    blobs: Sequence[str] = (),
    at: datetime = NOON,
    known: Mapping[str, Any] | None = None,
    bounce: Bounce | None = None,
) -> Envelope[MessageReceived]:
    """A message as ingest-email reports it; without arguments always a different one of the same sender. `known`
    changes its facts."""
    record_id = new_id()
    external_id = message_id if message_id is not None else f"{record_id.hex}@customer.example"
    content = MessageContent(
        external_id=external_id,
        sender=Address(sender, "Maria"),
        to=tuple(Address(one) for one in to),
        cc=tuple(Address(one) for one in cc),
        delivered_to=SUPPORT,
        subject=subject,
        new_text=text,
        in_reply_to=tuple(in_reply_to),
        references=tuple(references),
        bounce=bounce,
    )
    facts = MessageFacts(
        message_id=new_id(), channel="email", channel_id=CHANNEL, received_at=at, size=len(text), blobs=tuple(blobs)
    )
    facts = msgspec.structs.replace(facts, **(known or {}))
    data = MessageReceived(
        inbox_id=inbox_id,
        dedupe_key=dedupe_key if dedupe_key is not None else record_id.hex,
        facts=facts,
        content=content,
        reply_to_conversation=token,
    )
    return envelope(data, stream=record_id, id=record_id, at=at)


def envelope(
    data: Event | Command,
    *,
    stream: UUID,
    id: UUID | None = None,
    actor: Actor = SYSTEM,
    at: datetime = NOON,
) -> Envelope[Any]:
    record_id = id or new_id()
    return Envelope(
        id=record_id,
        stream=stream,
        occurred_at=at,
        recorded_at=at,
        workspace_id=DEFAULT_WORKSPACE_ID,
        actor=actor,
        correlation_id=record_id,
        data=data,
    )


class Workbench:
    """Feeds batches and looks at what came of them."""

    def __init__(self, dsn: str, *, installed: bool = False) -> None:
        self.dsn = dsn
        self.settings = settings_for(dsn)
        self.blobs = MemoryBlobs()
        self.tallies: list[dict[str, int]] = []
        self._built: list[Parts] = []
        self.now = NOON + timedelta(hours=1)
        self.offsets: dict[tuple[str, int], int] = defaultdict(int)
        if not installed:
            install(dsn)
        self.connection = database.connect(dsn, "tests")
        with self.connection.cursor() as cursor:
            Offsets("router").ensure(cursor, PARTITIONS)
        self.parts = self.built()
        self.keyring = Keyring(self.settings.secret_key)

    def built(self, dsn: str | None = None, settled: Callable[[Tally], None] | None = None) -> Parts:
        """Another router on the same database."""
        settings = self.settings if dsn is None else settings_for(dsn)
        parts = build(settings, self.blobs, clock=lambda: self.now, settled=settled or self._settled)
        self._built.append(parts)
        return parts

    def close(self) -> None:
        for parts in self._built:
            parts.store.close()
        self.connection.close()

    def _settled(self, tally: Tally) -> None:
        self.tallies.append(dict(tally.counts))

    def records(self, *envelopes: AnyEnvelope | bytes, topic: str = EMAIL, partition: int = 0) -> list[FakeRecord]:
        """Records at the next offsets of a partition; bytes stand for a record that is no event."""
        made = []
        for one in envelopes:
            offset = self.offsets[topic, partition]
            self.offsets[topic, partition] = offset + 1
            if isinstance(one, bytes):
                made.append(FakeRecord(topic, partition, offset, b"key", one, []))
            else:
                record = codec.encode(one)
                made.append(FakeRecord(topic, partition, offset, b"key", record.value, record.headers))
        return made

    def receive(self, *mails: AnyEnvelope | bytes) -> list[AnyEnvelope]:
        """One batch of inbound records; returns the events it appended."""
        return self.handle(self.records(*mails))

    def command(
        self,
        data: Command,
        stream: UUID,
        *,
        id: UUID | None = None,
        actor: Actor = AS_ANNA,
        at: datetime = NOON,
    ) -> CommandHandled:
        """One command in a batch of its own; returns its outcome."""
        asked = envelope(data, stream=stream, id=id, actor=actor, at=at)
        events = self.handle(self.records(asked, topic=COMMANDS))
        outcome: CommandHandled = events[-1].data
        assert isinstance(outcome, CommandHandled), events
        assert outcome.command_id == asked.id
        return outcome

    def handle(self, records: Sequence[FakeRecord], parts: Parts | None = None) -> list[AnyEnvelope]:
        before = self.last_position()
        (parts or self.parts).handler.handle(records)
        return self.events(after=before)

    def last_position(self) -> int:
        row = self.connection.execute("SELECT max(notification_id) FROM router.stored_events").fetchone()
        return (row and row[0]) or 0

    def events(self, after: int = 0, *, stream: UUID | None = None) -> list[AnyEnvelope]:
        """What is in the store, in order of position, opened as far as the keys are there."""
        rows = self.connection.execute(
            "SELECT state, notification_id FROM router.stored_events WHERE notification_id > %s"
            " AND (%s::uuid IS NULL OR originator_id = %s) ORDER BY notification_id",
            (after, stream, stream),
        ).fetchall()
        found = []
        for state, _ in rows:
            kept = frame.unpack(bytes(state))
            parsed = codec.parse(kept.headers, kept.body)
            self.keyring.forget([parsed.key_id] if parsed.key_id else [])
            with self.connection.cursor() as cursor:
                keys = self.keyring.fetch(cursor, [parsed.key_id] if parsed.key_id else [])
            found.append(codec.open_(parsed, keys))
        return found

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), parameters).fetchall()

    def count(self, table: str) -> int:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("router", table))
        return int(self.rows(query.as_string())[0][0])

    def set_up_workspace(self) -> None:
        """One inbox with one team of two available agents."""
        workspace = DEFAULT_WORKSPACE_ID
        for data in (
            InviteAgent(agent_id=ANNA, name="Anna", email="anna@example.com", role="administrator"),
            InviteAgent(agent_id=BORIS, name="Boris", email="boris@example.com", role="agent"),
            SetAvailability(agent_id=ANNA, state="available"),
            SetAvailability(agent_id=BORIS, state="available"),
            CreateTeam(team_id=TEAM, name="First line", member_ids=(ANNA, BORIS)),
            CreateInbox(inbox_id=INBOX, name="Support", team_ids=(TEAM,), member_ids=(ANNA, BORIS)),
            ConnectChannel(
                channel_id=CHANNEL, inbox_id=INBOX, kind="email", email=EmailSettings(address=SUPPORT, from_name="S")
            ),
        ):
            outcome = self.command(data, workspace)
            assert outcome.state == "done", outcome
        self.tallies.clear()


def kinds(events: Sequence[AnyEnvelope]) -> list[str]:
    return [event.type for event in events]
