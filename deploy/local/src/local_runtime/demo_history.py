"""The demo workspace as events: agents, teams, inboxes and some thirty conversations, from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

from events import contacts, conversations, workspace
from events.envelope import SYSTEM, Actor, AnyEnvelope, Envelope, Event
from events.values import Address, Blob, Handle, MessageContent, MessageFacts, Priority, Role
from local_runtime.demo_scripts import Script, Step, scripts
from service_kit import reply_token
from service_kit.hashing import derive_key
from service_kit.ids import derived_id

AGENTS: Final = {"ada": "Ada Lovelace", "ben": "Ben Okafor", "celina": "Celina Wójcik"}
TEAMS: Final = {"support": ("ada", "celina"), "sales": ("ben", "ada")}
NAMES: Final = {"support": "Support", "sales": "Sales"}
ADMINISTRATOR: Final = "administrator"
_BY_ITSELF: Final = (
    conversations.ConversationRouted,
    conversations.LabelAdded,
    conversations.ReplySending,
    conversations.ReplySent,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of the history; `key_id` seals its personal half."""

    envelope: AnyEnvelope
    key_id: UUID | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who can log in."""

    id: UUID
    name: str
    email: str
    role: Role


@dataclass
class History:
    """What was written, in order, with the raw mails by blob name."""

    entries: list[Entry] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)


def email_of(handle: str, domain: str) -> str:
    """The log-in of one of the demo's agents."""
    return f"{handle}@demo.{domain}"


def demo_history(*, workspace_id: UUID, now: datetime, mail_domain: str, secret_key: str, admin_email: str) -> History:
    """The whole demo: the same ids and texts for the same arguments; times are relative to `now`."""
    return _Writer(workspace_id, now, mail_domain, derive_key(secret_key, "reply-token"), admin_email).write()


class _Writer:
    def __init__(self, workspace_id: UUID, now: datetime, mail_domain: str, token_key: bytes, admin_email: str) -> None:
        self._workspace_id = workspace_id
        self._now = now
        self._domain = mail_domain
        self._token_key = token_key
        self._admin_email = admin_email
        self._sequences: dict[UUID, int] = {}
        self._contacts: dict[str, UUID] = {}
        self._history = History()

    def write(self) -> History:
        self._set_up(self._now - timedelta(days=30))
        for number, script in enumerate(scripts(), start=1):
            self._converse(number, script)
        self._history.entries.sort(key=lambda entry: entry.envelope.occurred_at)
        return self._history

    def _id(self, name: str) -> UUID:
        return derived_id(self._workspace_id, f"demo {name}")

    def _agent(self, handle: str) -> UUID:
        """As `python -m inbox_projection bootstrap` names agents, so that it finds these."""
        email = self._admin_email if handle == ADMINISTRATOR else email_of(handle, self._domain)
        return uuid5(self._workspace_id, f"bootstrap|agent|{email.lower()}")

    def _add(self, stream: UUID, event: Event, at: datetime, actor: Actor, correlation: UUID, key: UUID | None) -> None:
        sequence = self._sequences[stream] = self._sequences.get(stream, 0) + 1
        envelope = Envelope(
            id=derived_id(stream, f"event {sequence}"),
            stream=stream,
            sequence=sequence,
            occurred_at=at,
            recorded_at=at,
            workspace_id=self._workspace_id,
            actor=actor,
            correlation_id=correlation,
            data=event,
        )
        self._history.entries.append(Entry(envelope, key))

    def _set_up(self, at: datetime) -> None:
        stream = self._workspace_id

        def add(event: Event, key: UUID | None = None) -> None:
            self._add(stream, event, at, SYSTEM, stream, key)

        people = [Person(self._agent(ADMINISTRATOR), "Administrator", self._admin_email, "administrator")]
        people += [
            Person(self._agent(handle), name, email_of(handle, self._domain), "manager" if handle == "ada" else "agent")
            for handle, name in AGENTS.items()
        ]
        self._history.people.extend(people)
        for person in people:
            identity = workspace.AgentIdentity(name=person.name, email=person.email)
            add(workspace.AgentInvited(agent_id=person.id, role=person.role, personal=identity), person.id)
            add(workspace.AgentAvailabilityChanged(agent_id=person.id, state="available"))
        for slug, members in TEAMS.items():
            team_id, inbox_id = self._id(f"team {slug}"), self._id(f"inbox {slug}")
            member_ids = tuple(self._agent(member) for member in members)
            add(workspace.TeamCreated(team_id=team_id, name=NAMES[slug], member_ids=member_ids))
            add(workspace.InboxCreated(inbox_id=inbox_id, name=NAMES[slug], slug=slug))
            everyone = (*member_ids, people[0].id)
            add(
                workspace.InboxChanged(
                    inbox_id=inbox_id, name=NAMES[slug], team_ids=(team_id,), member_ids=everyone, signature=""
                )
            )
            channel_id = self._id(f"channel {slug}")
            add(workspace.FallbackAddressIssued(inbox_id=inbox_id, channel_id=channel_id, address=self._address(slug)))

    def _address(self, slug: str) -> str:
        return f"{slug}-{sha256(slug.encode()).hexdigest()[:6]}@{self._domain}"

    def _contact(self, script: Script, at: datetime, correlation: UUID) -> UUID:
        known = self._contacts.get(script.address)
        if known is not None:
            return known
        contact_id = self._contacts[script.address] = self._id(f"contact {script.address}")
        identity = contacts.ContactIdentity(name=script.name, handle=Handle("email", script.address))
        created = contacts.ContactCreated(personal=identity)
        self._add(contact_id, created, at, Actor("contact", str(contact_id)), correlation, contact_id)
        return contact_id

    def _converse(self, number: int, script: Script) -> None:
        conversation_id = self._id(f"conversation {number}")
        began = self._now - timedelta(days=script.days_ago)
        contact_id = self._contact(script, began, conversation_id)
        talk = _Talk(number, conversation_id, contact_id, script)
        for index, step in enumerate(script.steps):
            at = min(began + timedelta(hours=step.hours), self._now - timedelta(minutes=1))
            actor = Actor("agent", str(self._agent(step.agent))) if step.agent else Actor("contact", str(contact_id))
            if step.kind in ("status", "priority"):
                actor = Actor("agent", str(self._agent(TEAMS[script.inbox][0])))
            for event in self._events(talk, index, step, at):
                by = SYSTEM if isinstance(event, _BY_ITSELF) else actor
                self._add(conversation_id, event, at, by, conversation_id, contact_id)

    def _events(self, talk: _Talk, index: int, step: Step, at: datetime) -> Iterator[Event]:
        match step.kind:
            case "mail":
                yield from self._mail(talk, index, step, at)
            case "reply":
                yield from self._reply(talk, index, step)
            case "comment":
                yield conversations.CommentAdded(
                    comment_id=derived_id(talk.id, f"comment {index}"),
                    agent_id=self._agent(step.agent or ADMINISTRATOR),
                    personal=conversations.CommentText(text=step.text),
                )
            case "priority":
                yield conversations.PriorityChanged(priority=_priority(step.text))
            case "status":
                yield _status(step.text)

    def _mail(self, talk: _Talk, index: int, step: Step, at: datetime) -> Iterator[Event]:
        inbox = talk.script.inbox
        message_id = derived_id(talk.id, f"mail {index}")
        external_id = f"{message_id.hex}@{talk.script.address.rpartition('@')[2]}"
        subject = talk.script.subject if index == 0 else f"Re: {talk.script.subject}"
        raw = self._raw_mail(talk, external_id, subject, step.text, at)
        digest = sha256(raw).hexdigest()
        blob = Blob(f"{message_id}/{digest}", len(raw), "message/rfc822", digest)
        self._history.blobs[blob.name] = raw
        content = MessageContent(
            external_id=external_id,
            sender=Address(talk.script.address, talk.script.name),
            to=(Address(self._address(inbox), NAMES[inbox]),),
            delivered_to=self._address(inbox),
            subject=subject,
            new_text=step.text,
            raw=blob,
            in_reply_to=(talk.ids[-1],) if talk.ids else (),
            references=tuple(talk.ids),
        )
        talk.ids.append(external_id)
        facts = MessageFacts(
            message_id=message_id,
            channel="email",
            channel_id=self._id(f"channel {inbox}"),
            received_at=at,
            sent_at=at,
            size=len(raw),
            blobs=(blob.name,),
        )
        if index > 0:
            yield conversations.MessageAppended(contact_id=talk.contact_id, message=facts, personal=content)
            return
        yield conversations.ConversationOpened(
            number=talk.number,
            inbox_id=self._id(f"inbox {inbox}"),
            contact_id=talk.contact_id,
            channel="email",
            channel_id=facts.channel_id,
            message=facts,
            personal=conversations.OpenedContent(subject=subject, message=content),
        )
        yield self._routed(talk, message_id)
        for label in talk.script.labels:
            yield conversations.LabelAdded(label=label)

    def _routed(self, talk: _Talk, message_id: UUID) -> Event:
        """By the inbox's team, in turn; every fifth waits for somebody to take it."""
        members = [self._agent(member) for member in TEAMS[talk.script.inbox]]
        candidates = tuple(conversations.Candidate(agent_id=each, open_conversations=0) for each in members)
        chosen = None if talk.number % 5 == 2 else members[talk.number % len(members)]
        return conversations.ConversationRouted(
            message_id=message_id,
            rule_set_version=0,
            candidates=candidates,
            team_id=self._id(f"team {talk.script.inbox}"),
            agent_id=chosen,
            reason="inbox_team",
        )

    def _reply(self, talk: _Talk, index: int, step: Step) -> Iterator[Event]:
        inbox = talk.script.inbox
        reply_id = derived_id(talk.id, f"reply {index}")
        agent_id = self._agent(step.agent or ADMINISTRATOR)
        external_id = reply_token.message_id(reply_id, talk.id, self._token_key, self._domain)
        token = reply_token.sign(talk.id, self._token_key)
        address = self._address(inbox)
        yield conversations.ReplyQueued(
            reply_id=reply_id,
            conversation_id=talk.id,
            inbox_id=self._id(f"inbox {inbox}"),
            channel="email",
            channel_id=self._id(f"channel {inbox}"),
            agent_id=agent_id,
            personal=conversations.ReplyContent(
                external_id=external_id,
                sender=Address(address, NAMES[inbox]),
                reply_to=Address(reply_token.plus_address(address, token), NAMES[inbox]),
                to=(Address(talk.script.address, talk.script.name),),
                subject=f"Re: {talk.script.subject}",
                text=step.text,
                in_reply_to=talk.ids[-1],
                references=tuple(talk.ids),
            ),
        )
        talk.ids.append(external_id)
        yield conversations.ReplySending(reply_id=reply_id, attempt=1)
        yield conversations.ReplySent(reply_id=reply_id, attempt=1)

    def _raw_mail(self, talk: _Talk, external_id: str, subject: str, text: str, at: datetime) -> bytes:
        mail = EmailMessage()
        mail["From"] = f'"{talk.script.name}" <{talk.script.address}>'
        mail["To"] = self._address(talk.script.inbox)
        mail["Subject"] = subject
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<{external_id}>"
        if talk.ids:
            mail["In-Reply-To"] = f"<{talk.ids[-1]}>"
        mail.set_content(text)
        return mail.as_bytes()


@dataclass
class _Talk:
    """A conversation while it is written; `ids` are the Message-IDs so far."""

    number: int
    id: UUID
    contact_id: UUID
    script: Script
    ids: list[str] = field(default_factory=list)


def _priority(word: str) -> Priority:
    match word:
        case "low" | "normal" | "high" | "urgent":
            return word
        case _:
            raise ValueError(f"demo_conversations.txt: no priority is called {word!r}")


def _status(word: str) -> Event:
    match word:
        case "resolved":
            return conversations.ConversationResolved()
        case "snoozed":
            return conversations.ConversationSnoozed()
        case "spam":
            return conversations.MarkedAsSpam()
        case _:
            raise ValueError(f"demo_conversations.txt: no status is called {word!r}")
