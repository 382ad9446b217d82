"""A small workspace in a real database, and the API in front of it; commands are answered by a pretended router."""

from __future__ import annotations

import asyncio
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

from events import commands as c
from events import conversations as e
from events import tickets as t
from events import workspace as w
from events.companies import CompanyCreated, CompanyNote
from events.envelope import Actor, Command, Envelope
from events.notifications import NotificationPreferencesSet, SetNotificationPreferences
from events.outcomes import CommandHandled
from events.pipelines import DEFAULT_PIPELINE_ID
from events.rules import RuleSet
from events.snippets import DeleteSnippet, SaveSnippet, SnippetDeleted, SnippetSaved
from events.system_mails import SendAccountMail
from inbox_projection.api.app import build
from inbox_projection.api.parts import Parts
from inbox_projection.auth.credentials import Credentials
from inbox_projection.auth.identity import Identities
from inbox_projection.auth.lockout import Lockout
from inbox_projection.auth.passwords import Passwords
from inbox_projection.auth.recovery import Recovery
from inbox_projection.auth.single_use import SingleUseTokens
from inbox_projection.feed import Feed
from inbox_projection.inbound_log import Read, Received
from inbox_projection.origins import Origins
from inbox_projection.pool import Database
from inbox_projection.presence import Presence
from inbox_projection.projector import Views
from inbox_projection.shown import Shown, ShownListener
from inbox_projection.tables.schema import create
from inbox_projection.testing import Replay, Story, Thread, pretended_contacts, pretended_tickets
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


class PretendedRouter:
    """Answers commands at once by events in the story, which the views then show. Refuses and tarries when told to."""

    def __init__(self, story: Story, show: Callable[[], None]) -> None:
        self.story = story
        self.asked: list[Envelope[Command]] = []
        self.refusal: tuple[str, str] | None = None
        self.tarries = False
        self.down: Exception | None = None
        self.handled: dict[UUID, CommandHandled] = {}
        self.inboxes: dict[UUID, dict[str, Any]] = {}
        self.teams: dict[UUID, dict[str, Any]] = {}
        self.sealed: list[c.SealedSecret] = []
        self.mails: list[tuple[SendAccountMail, str]] = []
        self.secrets = SecretBox(SECRET)
        self.filter_version = 0
        self.replies: set[UUID] = set()
        self.foreign_inboxes: dict[UUID, UUID] = {}
        self._show = show

    def inbox_changed(self, inbox_id: UUID, **fields: Any) -> None:
        """The inbox as it is now, whole."""
        known = self.inboxes.setdefault(inbox_id, {"name": "Inbox"})
        known |= {name: value for name, value in fields.items() if value is not None}
        self.story.workspace(w.InboxChanged(inbox_id=inbox_id, **known))

    async def ask(self, command: Envelope[Command], *, publish: bool = True) -> CommandHandled | None:
        if publish:
            self.asked.append(command)
        if self.down is not None:
            raise self.down
        if self.tarries:
            return None
        if command.id not in self.handled:
            self.handled[command.id] = self._handle(command)
            self.story.publish("command-outcomes.v1", command.id, 1, self.handled[command.id])
            await asyncio.to_thread(self._show)
        return self.handled[command.id]

    def _handle(self, command: Envelope[Command]) -> CommandHandled:
        base = {"command_id": command.id, "command": command.type}
        if self.refusal is not None:
            return CommandHandled(**base, state="refused", code=self.refusal[0], detail=self.refusal[1])
        data: Any = command.data
        if isinstance(data, c.CancelReply | c.RetryReply | c.ConfirmReply) and data.reply_id not in self.replies:
            return CommandHandled(**base, state="refused", code="not_found.reply-not-found", detail="None such.")
        self.story.cause = command.id
        self.made: UUID | None = None
        self._tell(command)
        self.story.cause = None
        return CommandHandled(**base, state="done", resource_id=self.made)

    def _tell(self, command: Envelope[Command]) -> None:
        data: Any = command.data
        fields = {name: getattr(data, name) for name in data.__struct_fields__}
        agent = UUID(command.actor.id) if command.actor.id else None
        thread = next((one for one in self.story.threads if one.conversation_id == command.stream), None)
        own_names = {
            c.ResolveConversation: e.ConversationResolved(),
            c.ReopenConversation: e.ConversationReopened(reason="agent"),
            c.MarkConversationAsSpam: e.MarkedAsSpam(),
            c.TrashConversation: e.ConversationTrashed(),
        }
        if thread is not None and type(data) in own_names:
            self.story.conversation(thread, own_names[type(data)], actor=command.actor)
            return
        match data:
            case _ if isinstance(data, pretended_tickets.TOLD):
                pretended_tickets.tell(self.story, command, self.foreign_inboxes)
            case c.SnoozeConversation() if thread:
                self.story.conversation(thread, e.ConversationSnoozed(until=data.until), actor=command.actor)
            case c.AssignConversation() if thread:
                self.story.conversation(thread, e.ConversationAssigned(**fields), actor=command.actor)
            case c.AddLabel() if thread:
                self.story.conversation(thread, e.LabelAdded(label=data.label), actor=command.actor)
            case c.RemoveLabel() if thread:
                self.story.conversation(thread, e.LabelRemoved(label=data.label), actor=command.actor)
            case c.ChangePriority() if thread:
                self.story.conversation(thread, e.PriorityChanged(priority=data.priority), actor=command.actor)
            case c.MarkRead() if thread and agent:
                marked = e.ConversationReadMarked(agent_id=agent, up_to=data.up_to)
                self.story.conversation(thread, marked, actor=command.actor)
            case c.AddComment() if thread:
                text = e.CommentText(text=data.text)
                added = e.CommentAdded(
                    comment_id=data.comment_id, agent_id=agent, mentions=data.mentions, personal=text
                )
                self.story.conversation(thread, added, key=thread.contact_id, actor=command.actor)
            case c.SendReply() if thread:
                self.replies.add(data.reply_id)
                queued = e.ReplyQueued(
                    reply_id=data.reply_id,
                    conversation_id=thread.conversation_id,
                    inbox_id=self.story.inbox_id,
                    channel="email",
                    channel_id=data.channel_id,
                    agent_id=agent,
                    hold=None
                    if data.send_at is None
                    else e.Hold(kind="scheduled", not_before=data.send_at, timer_id=command.id),
                    personal=data.content,
                )
                self.story.conversation(thread, queued, key=thread.contact_id, actor=command.actor)
            case c.StartConversation():
                first = data.content.to[0]
                thread = Thread(command.stream, self.story.person(first.name, first.address), data.content.subject)
                self.story.threads.append(thread)
                started = e.ConversationStarted(
                    number=len(self.story.threads),
                    inbox_id=data.inbox_id,
                    contact_id=thread.contact_id,
                    channel="email",
                    channel_id=data.channel_id,
                    message_id=data.message_id,
                    personal=e.StartedContent(subject=data.content.subject),
                )
                self.story.conversation(thread, started, key=thread.contact_id, actor=command.actor)
                self._queued(thread, command, data.message_id)
                assigned = e.ConversationAssigned(agent_id=data.assignee_id, team_id=None)
                self.story.conversation(thread, assigned, actor=command.actor)
            case c.ForwardMessages() if thread:
                self._queued(thread, command, data.reply_id, in_side_thread=True, forwarded_ids=data.message_ids)
            case SaveSnippet():
                fields["owner_id"] = None if fields.pop("shared") else agent
                self.story.workspace(SnippetSaved(**fields), actor=command.actor)
            case DeleteSnippet():
                self.story.workspace(SnippetDeleted(snippet_id=data.snippet_id), actor=command.actor)
            case c.CancelReply() if thread:
                cancelled = e.ReplyCancelled(reply_id=data.reply_id, channel="email")
                self.story.conversation(thread, cancelled, actor=command.actor)
            case c.RetryReply() if thread:
                released = e.ReplyReleased(
                    reply_id=data.reply_id,
                    conversation_id=thread.conversation_id,
                    inbox_id=self.story.inbox_id,
                    channel="email",
                    channel_id=self.story.channel_id,
                    reason="retried",
                )
                self.story.conversation(thread, released, actor=command.actor)
            case c.ConfirmReply() if thread:
                sent = e.ReplySent(reply_id=data.reply_id, attempt=1)
                self.story.conversation(thread, sent, actor=command.actor)
            case _ if isinstance(data, pretended_contacts.TOLD):
                self.made = pretended_contacts.tell(self.story, command)
            case c.EraseContact():
                self.story.erase(command.stream)
            case c.CreateInbox():
                self.story.workspace(w.InboxCreated(inbox_id=data.inbox_id, name=data.name, slug="slug"))
                self.inbox_changed(**fields)
                self.story.workspace(
                    w.FallbackAddressIssued(
                        inbox_id=data.inbox_id,
                        channel_id=self.story.new_id(),
                        address=f"slug-{data.inbox_id.hex[-6:]}@mail.test",
                    )
                )
            case c.ChangeInbox():
                self.inbox_changed(**fields)
            case c.CreateTeam():
                self.story.workspace(w.TeamCreated(**fields))
            case c.ChangeTeam():
                known = self.teams.setdefault(data.team_id, {"name": "Team", "member_ids": ()})
                known |= {name: value for name, value in fields.items() if value is not None}
                self.story.workspace(w.TeamChanged(**known))
            case c.DeleteTeam():
                self.story.workspace(w.TeamDeleted(team_id=data.team_id))
            case c.InviteAgent():
                identity = w.AgentIdentity(name=data.name, email=data.email)
                invited = w.AgentInvited(agent_id=data.agent_id, role=data.role, personal=identity)
                self.story.workspace(invited, key=self.story.new_key(data.agent_id))
            case c.ChangeAgent():
                if data.role is not None:
                    self.story.workspace(w.AgentRoleChanged(agent_id=data.agent_id, role=data.role))
                if data.capacity is not None:
                    capacity = None if data.capacity == "unlimited" else data.capacity
                    self.story.workspace(w.AgentCapacityChanged(agent_id=data.agent_id, capacity=capacity))
                if data.deactivated is not None:
                    kind = w.AgentDeactivated if data.deactivated else w.AgentReactivated
                    self.story.workspace(kind(agent_id=data.agent_id))
            case c.ChangeProfile():
                profile = w.AgentProfile(
                    name=data.name, email=data.email, meeting_url=data.meeting_url, signature=data.signature
                )
                changed = w.AgentProfileChanged(
                    agent_id=data.agent_id, language=data.language, time_zone=data.time_zone, personal=profile
                )
                self.story.workspace(changed, key=data.agent_id)
            case SetNotificationPreferences():
                self.story.workspace(NotificationPreferencesSet(**fields), actor=command.actor)
            case c.SetAvailability():
                self.story.workspace(w.AgentAvailabilityChanged(**fields), actor=command.actor)
            case c.ConnectChannel():
                self.sealed += fields.pop("secrets")
                self.story.workspace(w.ChannelConnected(**fields), actor=command.actor)
            case c.ChangeChannel():
                self.sealed += fields.pop("secrets")
                self.story.workspace(w.ChannelChanged(**fields), actor=command.actor)
            case c.SetEmailFilters():
                self.filter_version += 1
                filters = w.EmailFiltersSet(version=self.filter_version, filters=data.filters)
                self.story.workspace(filters, actor=command.actor)
            case c.DisconnectChannel():
                self.story.workspace(w.ChannelDisconnected(channel_id=data.channel_id))
            case c.DraftRules():
                self.story.workspace(w.RuleSetDrafted(rule_set=RuleSet(1, data.rules)))
            case c.PublishRules():
                self.story.workspace(w.RuleSetPublished(rule_set=RuleSet(1, ())))
            case SendAccountMail():
                self.mails.append((data, self.secrets.open(command.stream, data.token)))
            case c.RetryQuarantined():
                self.story.publish(
                    "conversations.v1", command.stream, 2, e.QuarantineReleased(quarantined_id=command.stream)
                )
            case _:
                raise AssertionError(f"the pretended router does not know {command.type}")

    def _queued(self, thread: Thread, command: Envelope[Any], reply_id: UUID, **fields: Any) -> None:
        queued = e.ReplyQueued(
            reply_id=reply_id,
            conversation_id=thread.conversation_id,
            inbox_id=self.story.inbox_id,
            channel="email",
            channel_id=command.data.channel_id,
            agent_id=UUID(command.actor.id or ""),
            personal=command.data.content,
            **fields,
        )
        self.story.conversation(thread, queued, key=thread.contact_id, actor=command.actor)


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
    agents: dict[str, UUID] = field(default_factory=dict)
    foreign_inbox: UUID = field(default_factory=new_id)
    foreign_channel: UUID = field(default_factory=new_id)
    snippet: UUID = field(default_factory=new_id)
    foreign_snippet: UUID = field(default_factory=new_id)
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
    router = PretendedRouter(story, show)
    blobs = Blobs((tmp_path / "blobs").as_uri())
    parts = Parts(
        workspace_id=WORKSPACE_ID,
        public_url="http://127.0.0.1:8080",
        reply_token_key=derive_key(SECRET, "reply-token"),
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
        commands=router,
        inbound=PretendedInboundLog(),
        blobs=blobs,
        uploads=Uploads(pool, blobs),
        feed=Feed(pool, listener, keep_alive_seconds=0.2),
        clock=lambda: START,
        health=Health("database"),
        metrics=Metrics(),
    )
    made = World(database, story, router, parts, build(parts), listener, tmp_path / "blobs", show)
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
