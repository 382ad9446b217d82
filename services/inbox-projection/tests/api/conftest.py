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
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.routing import BaseRoute

from events import tickets as t
from events import workspace as w
from events.companies import CompanyCreated, CompanyNote
from events.envelope import Actor
from events.labels import LabelDefined
from events.pipelines import DEFAULT_PIPELINE_ID
from events.properties import ContactPropertyDefined
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
from inbox_projection.queries import drafts, preferences
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


@dataclass(kw_only=True)
class Furnished:
    """Two inboxes: manager and agent belong to `story.inbox_id`, nobody but the administrator to `foreign_inbox`.

    Made again from the beginning, it is the same to the last id.
    """

    story: Story
    router: PretendedRouter
    agents: dict[str, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        new_id = self.story.new_id
        self.foreign_inbox, self.foreign_channel, self.support_channel = (new_id() for _ in range(3))
        self.snippet, self.foreign_snippet, self.foreign_view = (new_id() for _ in range(3))
        self.own, self.foreign = _furnish(self)


@dataclass(kw_only=True)
class World(Furnished):
    """What was furnished, in a database of its own, with the API in front of it."""

    dsn: str
    parts: Parts
    app: FastAPI
    listener: ShownListener
    blob_folder: Path
    show: Callable[[], None]
    signals: list[AgentPresent]
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

    def contact_property(self) -> UUID:
        """A property of contacts, made anew each time."""
        property_id = self.story.new_id()
        self.story.workspace(ContactPropertyDefined(property_id=property_id, name=f"P {property_id}", kind="text"))
        self.show()
        return property_id

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
        return self.own

    @property
    def foreign_thread(self) -> Thread:
        return self.foreign


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    """One for all: to make it costs a hash, as long as a log-in."""
    made = Passwords(1)
    yield made
    made.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def prepared(postgres: PostgresServer, passwords: Passwords) -> AsyncIterator[str]:
    """The name of a database with all schemas of this service and all that is furnished, from which each test copies
    its own."""
    name = f"api_{uuid.uuid4().hex[:10]}"
    dsn = postgres.create_database(name)
    sync_database.migrate(dsn, "auth", "inbox_projection.auth.migrations")
    sync_database.migrate(dsn, "inbox_projection", "inbox_projection.migrations")
    story = Story()
    furnished = Furnished(story=story, router=PretendedRouter(story, lambda: None, SECRET))
    with sync_database.connect(dsn, "test") as connection:
        with connection.transaction():
            create(connection)
            connection.execute(
                "create table inbox.positions (topic text, partition int, store text, position bigint, next_offset"
                " bigint, primary key (topic, partition, store))"
            )
        Replay(connection, Views()).take(story.records, story.keys_at(len(story.records)))
    pool = Database(dsn, size=2)
    await pool.open()
    credentials = Credentials(pool, passwords, Lockout(pool, KeyedHash(b"k" * 32)))
    for role, token in TOKENS.items():
        await credentials.give_token(furnished.agents[role], token, "test")
        await credentials.set(furnished.agents[role], f"{role}@agents.test", None)
    await pool.close()
    yield name
    postgres.drop_database(name)


@pytest.fixture
def database(postgres: PostgresServer, prepared: str) -> Iterator[str]:
    name = f"api_{uuid.uuid4().hex[:10]}"
    yield postgres.create_database(name, template=prepared)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def make_app() -> Callable[[Parts], FastAPI]:
    """An app around parts. All have the routes of the first one, which hold no part: FastAPI works them out again for
    each app that includes them, at its first request (0.4 s)."""
    routes: list[BaseRoute] = []

    def make(parts: Parts) -> FastAPI:
        app = build(parts)
        if not routes:
            routes.extend(app.router.routes)
        assert len(routes) == len(app.router.routes)
        app.router.routes[:] = routes
        return app

    return make


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Database]:
    """Closed whatever else fails: a loop does not end while the pool is open."""
    pool = Database(database, size=4)
    await pool.open()
    yield pool
    await pool.close()


@pytest.fixture
async def world(
    database: str, pool: Database, tmp_path: Path, passwords: Passwords, make_app: Callable[[Parts], FastAPI]
) -> AsyncIterator[World]:
    story = Story()
    connection = sync_database.connect(database, "test")
    replay, taken = Replay(connection, Views()), [0]

    def show() -> None:
        fresh = story.records[taken[0] :]
        taken[0] = len(story.records)
        replay.take(fresh, story.keys_at(len(story.records)))
        connection.execute("notify inbox_shown, '[]'")

    shown = Shown()
    listener = ShownListener(database, shown)
    router = PretendedRouter(story, show, SECRET)
    blobs = Blobs((tmp_path / "blobs").as_uri())
    feed, signals = Feed(pool, listener, keep_alive_seconds=0.2), list[AgentPresent]()
    listener.hear(drafts.CHANNEL, feed.tell_draft)
    listener.hear(preferences.CHANNEL, feed.tell_preferences)

    async def publish(signal: AgentPresent) -> None:
        signals.append(signal)

    parts = Parts(
        workspace_id=WORKSPACE_ID,
        public_url="http://127.0.0.1:8080",
        reports_url="http://127.0.0.1:8083",
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
    made = World(
        dsn=database,
        story=story,
        router=router,
        parts=parts,
        app=make_app(parts),
        listener=listener,
        blob_folder=tmp_path / "blobs",
        show=show,
        signals=signals,
    )
    taken[0] = len(story.records)  # the database is a copy that shows them already
    yield made
    connection.close()


def _furnish(world: Furnished) -> tuple[Thread, Thread]:
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
    own = story.mail(story.person("Zofia Nowak", "zofia@client.test"), "Where is my order 4711?")
    inbox, channel = story.inbox_id, story.channel_id
    story.inbox_id, story.channel_id = world.foreign_inbox, world.foreign_channel
    foreign = story.mail(story.person("Board Member", "board@elsewhere.test"), "Confidential")
    story.inbox_id, story.channel_id = inbox, channel
    world.router.foreign_inboxes[foreign.conversation_id] = world.foreign_inbox
    return own, foreign
