"""A small workspace in a real database, and the API in front of it; commands are answered by a pretended router."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from events import tickets as t
from events import workspace as w
from events.companies import CompanyCreated, CompanyNote
from events.envelope import Actor
from events.labels import LabelDefined
from events.pipelines import DEFAULT_PIPELINE_ID
from events.saved_views import ViewFilter, ViewSaved
from events.signals import AgentPresent
from events.snippets import SnippetSaved
from inbox_projection.api.app import build
from inbox_projection.api.parts import Parts
from inbox_projection.auth.credentials import Credentials
from inbox_projection.auth.identity import Identities
from inbox_projection.auth.lockout import Lockout
from inbox_projection.auth.passwords import Passwords
from inbox_projection.auth.recovery import Recovery
from inbox_projection.auth.single_use import SingleUseTokens
from inbox_projection.feed import Feed
from inbox_projection.here import Here
from inbox_projection.inbound_log import Read, Received
from inbox_projection.origins import Origins
from inbox_projection.pool import Database
from inbox_projection.presence import Presence
from inbox_projection.projector import Views
from inbox_projection.shown import Shown, ShownListener
from inbox_projection.tables.schema import create
from inbox_projection.testing import Replay, Story, Thread
from inbox_projection.testing.pretended_router import PretendedRouter
from inbox_projection.testing.story import START, WORKSPACE_ID
from inbox_projection.uploads import Uploads
from local_runtime.postgres import PostgresServer
from service_kit import database as sync_database
from service_kit.blobs import Blobs
from service_kit.hashing import KeyedHash, derive_key
from service_kit.health import Health
from service_kit.ids import new_id
from service_kit.metrics import Metrics
from service_kit.secrets import SecretBox

SECRET = "a secret of at least thirty-two characters"
PASSWORD = "correct horse battery"
TOKENS = {role: f"token-of-the-{role}" for role in ("administrator", "manager", "agent", "stranger")}


class PretendedInboundLog:
    """What a test says that was received."""

    def __init__(self) -> None:
        self.records: list[Received] = []
        self.complete = True

    async def received(self, begin: datetime, end: datetime) -> Read:
        return Read([one for one in self.records if begin <= one.at < end], self.complete)


@dataclass
class World:
    """Two inboxes: manager and agent belong to `story.inbox_id`, nobody but the administrator to `foreign_inbox`."""

    dsn: str
    story: Story
    router: PretendedRouter
    parts: Parts
    app: FastAPI
    listener: ShownListener
    blob_folder: Path
    show: Callable[[], None]
    signals: list[AgentPresent]
    agents: dict[str, UUID] = field(default_factory=dict)
    foreign_inbox: UUID = field(default_factory=new_id)
    foreign_channel: UUID = field(default_factory=new_id)
    snippet: UUID = field(default_factory=new_id)
    foreign_snippet: UUID = field(default_factory=new_id)
    foreign_view: UUID = field(default_factory=new_id)
    support_channel: UUID = field(default_factory=new_id)
    own: Thread | None = None
    foreign: Thread | None = None
    tickets: dict[UUID, UUID] = field(default_factory=dict)

    def client(self, role: str | None = "administrator", **options: Any) -> httpx.AsyncClient:
        """A client of the API with the token of a role; None sends none."""
        headers = options.pop("headers", {}) | ({} if role is None else {"Authorization": f"Bearer {TOKENS[role]}"})
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=options.pop("raise_app_exceptions", True))
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", headers=headers, **options)

    def execute(self, query: Any, parameters: Any = ()) -> list[Any]:
        """Rows of a query of the test's own."""
        with sync_database.connect(self.dsn, "test") as connection:
            cursor = connection.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def ticket_of(self, thread: Thread) -> UUID:
        """The ticket of a conversation, opened by a channel when it is first asked for."""
        if thread.conversation_id not in self.tickets:
            inbox_id = self.router.foreign_inboxes.get(thread.conversation_id, self.story.inbox_id)
            opened = t.TicketOpened(
                number=len(self.story.tickets) + 1,
                pipeline_id=DEFAULT_PIPELINE_ID,
                stage="New",
                contact_id=thread.contact_id,
                links=(t.TicketLink(thread.conversation_id, inbox_id),),
                personal=t.TicketTitle(title=thread.subject),
            )
            self.tickets[thread.conversation_id] = self.story.open_ticket(opened, actor=Actor("rule", "channel"))
            self.show()
        return self.tickets[thread.conversation_id]

    def company(self) -> UUID:
        """A company, made when it is first asked for."""
        if not self.story.companies:
            created = CompanyCreated(name="Acme", domains=("acme.test",), personal=CompanyNote(note="pays late"))
            company_id = self.story.new_key(self.story.new_id())
            self.story.companies[company_id] = (1, created.name, created.domains)
            self.story.publish("contacts.v1", company_id, 1, created, key=company_id)
            self.show()
        return next(iter(self.story.companies))

    def label(self) -> UUID:
        """A label that the team has agreed on, made anew each time."""
        label_id = self.story.new_id()
        self.story.workspace(LabelDefined(label_id=label_id, name=f"label {label_id}"))
        self.show()
        return label_id

    def view(self, *, own: bool) -> UUID:
        """A view of the administrator's own, which nobody else sees, or, made anew each time, everybody's."""
        view_id = self.story.new_id() if own else self.foreign_view
        owner_id = None if own else self.agents["administrator"]
        self.story.workspace(ViewSaved(view_id=view_id, owner_id=owner_id, name="Confidential", filter=ViewFilter()))
        self.show()
        return view_id

    def another_contact(self) -> UUID:
        """Somebody who wrote to the own inbox, too."""
        contact_id = self.story.person("Sam", f"{self.story.new_id().hex}@elsewhere.test")
        self.story.mail(contact_id)
        self.show()
        return contact_id

    @property
    def thread(self) -> Thread:
        assert self.own is not None
        return self.own

    @property
    def foreign_thread(self) -> Thread:
        assert self.foreign is not None
        return self.foreign


@pytest.fixture(scope="session")
def prepared(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database with all schemas of this service, from which each test copies its own."""
    name = f"api_{uuid.uuid4().hex[:10]}"
    dsn = postgres.create_database(name)
    sync_database.migrate(dsn, "auth", "inbox_projection.auth.migrations")
    sync_database.migrate(dsn, "inbox_projection", "inbox_projection.migrations")
    with sync_database.connect(dsn, "test") as connection, connection.transaction():
        create(connection)
        connection.execute(
            "create table inbox.positions (topic text, partition int, store text, position bigint, next_offset bigint,"
            " primary key (topic, partition, store))"
        )
    yield name
    postgres.drop_database(name)


@pytest.fixture
def database(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    name = f"api_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "{prepared}"'.encode())
    yield postgres.dsn_of(name)
    postgres.drop_database(name)


@pytest.fixture
async def world(database: str, tmp_path: Path) -> AsyncIterator[World]:
    story = Story()
    connection = sync_database.connect(database, "test")
    replay, taken = Replay(connection, Views()), [0]

    def show() -> None:
        fresh = story.records[taken[0] :]
        taken[0] = len(story.records)
        replay.take(fresh, story.keys_at(len(story.records)))
        connection.execute("notify inbox_shown, '[]'")

    pool = Database(database, size=4)
    await pool.open()
    passwords, shown = Passwords(1), Shown()
    listener = ShownListener(database, shown)
    router = PretendedRouter(story, show, SECRET)
    blobs = Blobs((tmp_path / "blobs").as_uri())
    feed, signals = Feed(pool, listener, keep_alive_seconds=0.2), list[AgentPresent]()

    async def publish(signal: AgentPresent) -> None:
        signals.append(signal)

    parts = Parts(
        workspace_id=WORKSPACE_ID,
        public_url="http://127.0.0.1:8080",
        reply_token_key=derive_key(SECRET, "reply-token"),
        company_name="Acme",
        secrets=SecretBox(SECRET),
        database=pool,
        identities=Identities(pool),
        credentials=Credentials(pool, passwords, Lockout(pool, KeyedHash(b"k" * 32))),
        recovery=Recovery(
            database=pool,
            tokens=SingleUseTokens(pool, derive_key(SECRET, "single-use-tokens")),
            passwords=passwords,
            allowed=Lockout(pool, KeyedHash(b"k" * 32), "password reset"),
            secrets=SecretBox(SECRET),
            commands=router,
            workspace_id=WORKSPACE_ID,
            clock=lambda: START,
        ),
        origins=Origins(pool),
        presence=Presence(pool, router, WORKSPACE_ID, lambda: START),
        here=Here(publish, feed.tell),
        commands=router,
        inbound=PretendedInboundLog(),
        blobs=blobs,
        uploads=Uploads(pool, blobs),
        feed=feed,
        clock=lambda: START,
        health=Health("database"),
        metrics=Metrics(),
    )
    made = World(database, story, router, parts, build(parts), listener, tmp_path / "blobs", show, signals)
    _furnish(made)
    for role, token in TOKENS.items():
        await parts.credentials.give_token(made.agents[role], token, "test")
        await parts.credentials.set(made.agents[role], f"{role}@agents.test", None)
    yield made
    await pool.close()
    connection.close()
    passwords.close()


def _furnish(world: World) -> None:
    story = world.story
    roles = {"administrator": "administrator", "manager": "manager", "agent": "agent", "stranger": "agent"}
    for name, role in roles.items():
        agent_id = story.new_key(story.new_id())
        world.agents[name] = agent_id
        identity = w.AgentIdentity(name=name.title(), email=f"{name}@agents.test")
        story.workspace(w.AgentInvited(agent_id=agent_id, role=role, personal=identity), key=agent_id)  # type: ignore[arg-type]
    story.agent_id = world.agents["agent"]
    members = (world.agents["manager"], world.agents["agent"])
    story.workspace(w.TeamCreated(team_id=story.team_id, name="First line", member_ids=members))
    world.router.teams[story.team_id] = {"name": "First line", "member_ids": members}
    fallback = story.channel_id
    world.foreign_inbox, world.foreign_channel, world.support_channel = (story.new_id() for _ in range(3))
    for inbox_id, channel_id, name in (
        (story.inbox_id, fallback, "support"),
        (world.foreign_inbox, world.foreign_channel, "board"),
    ):
        story.workspace(w.InboxCreated(inbox_id=inbox_id, name=name.title(), slug=name))
        story.workspace(
            w.FallbackAddressIssued(inbox_id=inbox_id, channel_id=channel_id, address=f"{name}-abc234@mail.test")
        )
    world.router.inbox_changed(story.inbox_id, name="Support", team_ids=(story.team_id,))
    world.router.inbox_changed(world.foreign_inbox, name="Board")
    settings = w.EmailSettings(address="support@postroom.test", from_name="Acme Support")
    story.workspace(
        w.ChannelConnected(channel_id=world.support_channel, inbox_id=story.inbox_id, kind="email", email=settings)
    )
    shared = SnippetSaved(snippet_id=world.snippet, name="Greeting", text="Hello {{contact.first_name|there}},")
    story.workspace(shared)
    private = SnippetSaved(
        snippet_id=world.foreign_snippet, owner_id=world.agents["administrator"], name="Own", text="Confidential"
    )
    story.workspace(private)
    world.own = story.mail(story.person("Zofia Nowak", "zofia@client.test"), "Where is my order 4711?")
    inbox, channel = story.inbox_id, story.channel_id
    story.inbox_id, story.channel_id = world.foreign_inbox, world.foreign_channel
    world.foreign = story.mail(story.person("Board Member", "board@elsewhere.test"), "Confidential")
    story.inbox_id, story.channel_id = inbox, channel
    world.router.foreign_inboxes[world.foreign.conversation_id] = world.foreign_inbox
    world.show()
