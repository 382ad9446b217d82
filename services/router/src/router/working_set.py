"""The states and rows that the records of one batch see and change, one after the other; in memory, pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from events import topics
from events.commands import SealedSecret
from events.companies import CompanyCreated, CompanyEvent
from events.contacts import ContactEvent
from events.conversations import (
    ConversationEvent,
    ConversationRouted,
    FilteredAdmitted,
    InboundFiltered,
    MarkedAsSpam,
    PersonalDataErased,
    QuarantineEvent,
    QuarantineRetryRequested,
    ReplyCancelled,
    ReplyFailed,
    ReplyQueued,
    ReplyReleased,
    ReplySent,
)
from events.envelope import SYSTEM, Actor, AnyEnvelope, Envelope, Event
from events.system_mails import SystemMailEvent
from events.tickets import TicketEvent, TicketOpened
from events.workspace import ChannelHealthNoted, WorkspaceEvent
from router.domain import company, contact, conversation, system_mails, ticket, workspace
from router.domain.company import NO_COMPANY
from router.domain.conversation import NOT_OPENED, ConversationState
from router.domain.house import House
from router.domain.leaving import left_by
from router.domain.mail_servers import secret_ids
from router.domain.queues import Reason
from router.domain.system_mails import PlannedNotice
from router.domain.ticket import UNOPENED, Ticket, TicketState
from router.domain.workspace import Workspace
from router.drafts import Draft, Tally, Verdict
from router.lookup_rows import Handback
from router.rows import Rows, Thread
from router.states import NO_HEAD, States
from service_kit.event_store import Head
from service_kit.notices import silenced, tells

CONVERSATIONS: Final = (topics.CONVERSATIONS.name,)
CONTACTS: Final = (topics.CONTACTS.name,)
TICKETS: Final = (topics.TICKETS.name,)
WORKSPACE: Final = (topics.WORKSPACE.name,)
OUTBOUND: Final = (topics.OUTBOUND_EMAIL.name,)
RULE: Final = Actor("rule")


class Cause(msgspec.Struct, frozen=True):
    """What events come from: the record, its actor, and the instants they carry."""

    id: UUID
    correlation_id: UUID
    actor: Actor
    occurred_at: datetime
    recorded_at: datetime
    parent: UUID | None

    @staticmethod
    def of(envelope: AnyEnvelope, actor: Actor, now: datetime, parent: UUID | None = None) -> Cause:
        """The envelope as the cause; `parent` when the events name another record as what led to them."""
        return Cause(envelope.id, envelope.correlation_id, actor, envelope.occurred_at, now, parent or envelope.id)


class Freed(msgspec.Struct, frozen=True):
    """Why an agent can take something of their teams' queues, and what it came of."""

    reason: Reason
    cause: Cause


class WorkingSet:
    """The states and rows that the records of one batch see and change, one after the other.

    Built inside the transaction from what was read there; a later record sees what an earlier one decided. Nothing in
    it refers back to it, so that all of it is freed with its batch: cycles of this size cost an eighth of the router.
    """

    def __init__(self, states: States, rows: Rows, house: House, workspace_id: UUID) -> None:
        self.rows, self.house, self.workspace_id = rows, house, workspace_id
        self.workspace: Workspace = states.workspace
        self.conversations = states.conversations
        self.contacts = states.contacts
        self.tickets = states.tickets
        self.companies = states.companies
        self.quarantined = states.quarantined
        self.filtered = states.filtered
        self.heads: dict[UUID, Head] = states.heads
        self.drafts: list[Draft] = []
        self.verdicts: list[Verdict] = []
        self.commands: dict[UUID, Verdict] = {}
        self.new_keys: set[UUID] = set()
        self.tally = Tally()
        self.touched: set[UUID] = set()
        self.freed: dict[UUID, Freed] = {}
        self.handed_out = 0
        self._cause: UUID | None = None
        self._ids = 0
        self._teams: dict[UUID, UUID | None] = {}

    def conversation(self, stream: UUID) -> ConversationState:
        return self.conversations.get(stream, NOT_OPENED)

    def append_conversation(
        self,
        stream: UUID,
        events: Iterable[ConversationEvent],
        cause: Cause,
        thread: Thread | None = None,
    ) -> ConversationState:
        """Appends the events and returns the state after them."""
        state = self.conversation(stream)
        for event in events:
            after = conversation.evolve(state, event)
            key_id = None
            if getattr(event, "personal", None) is not None:
                key_id = conversation.sealed_under(event, after)
                if key_id is None:
                    event = msgspec.structs.replace(event, personal=None)
            self._draft(stream, event, _topics_of(event), cause, key_id)
            self.rows.conversation(stream, event, state, after, cause.recorded_at, key_id, thread)
            if (
                self.workspace.mailed_to
                and tells(type(event))
                and not silenced(event, muted=conversation.is_muted(after))
            ):
                self._tell(stream, event, state, after, cause)
            state = after
            self.conversations[stream] = state
            self.touched.add(stream)
        if self.rows.freed:
            self._note_freed(cause)
        return state

    def _tell(
        self, stream: UUID, event: ConversationEvent, before: ConversationState, after: ConversationState, cause: Cause
    ) -> None:
        """Notes whom a mail is to tell of the event, and by when; several about one conversation become one."""
        actor = _actor(event, cause)
        self._plan(stream, system_mails.planned(event, actor, before, after, self.workspace, cause.recorded_at))

    def _plan(self, about: UUID, planned: Iterable[tuple[UUID, PlannedNotice]]) -> None:
        for agent_id, notice in planned:
            known = self.rows.writes.notices.get((agent_id, about))
            self.rows.writes.notices[agent_id, about] = notice if known is None else known.with_more(notice)

    def append_contact(self, stream: UUID, events: Iterable[ContactEvent], cause: Cause) -> None:
        for event in events:
            if stream not in self.contacts and stream not in self.heads:
                self.new_keys.add(stream)
            personal = getattr(event, "personal", None)
            self._draft(stream, event, CONTACTS, cause, None if personal is None else stream)
            self.rows.contact(stream, event, cause.recorded_at, by_agent=cause.actor.kind == "agent")
            self.contacts[stream] = contact.evolve(self.contacts.get(stream, contact.UNKNOWN), event)

    def ticket(self, stream: UUID) -> TicketState:
        return self.tickets.get(stream, UNOPENED)

    def tickets_of(self, conversation_id: UUID) -> dict[UUID, Ticket]:
        """The tickets of a conversation that the batch asked for, as they are now."""
        held = self.rows.known.tickets.get(conversation_id, ())
        states = ((ticket_id, self.tickets.get(ticket_id)) for ticket_id in held)
        return {ticket_id: state for ticket_id, state in states if isinstance(state, Ticket)}

    def append_ticket(self, stream: UUID, events: Iterable[TicketEvent], cause: Cause) -> None:
        for event in events:
            before = self.ticket(stream)
            after = ticket.evolve(before, event)
            sealed = getattr(event, "personal", None) is not None
            key_id = ticket.sealed_under(stream, after) if sealed else None
            if key_id == stream and isinstance(event, TicketOpened):
                self.new_keys.add(stream)
            self._draft(stream, event, TICKETS, cause, key_id)
            self.rows.ticket(stream, event, before, after)
            self.tickets[stream] = after

    def append_company(self, stream: UUID, events: Iterable[CompanyEvent], cause: Cause) -> None:
        """A company's events; its note is sealed under a key of its own."""
        for event in events:
            if isinstance(event, CompanyCreated):
                self.new_keys.add(stream)
            self._draft(stream, event, CONTACTS, cause, None if event.personal is None else stream)
            self.rows.company(stream, event)
            self.companies[stream] = company.evolve(self.companies.get(stream, NO_COMPANY), event)

    def append_workspace(self, events: Iterable[WorkspaceEvent], cause: Cause) -> None:
        for event in events:
            personal = getattr(event, "personal", None)
            key_id: UUID | None = None
            if personal is not None:
                key_id = getattr(event, "agent_id")  # noqa: B009
                if key_id not in self.workspace.agents:
                    self.new_keys.add(key_id)
            before, self.workspace = self.workspace, workspace.evolve(self.workspace, event)
            for left in left_by(event, before, self.workspace):
                self.rows.writes.handbacks[left] = Handback(cause.id, cause.correlation_id)
            self._teams.clear()
            draft = self._draft(self.workspace_id, event, WORKSPACE, cause, key_id)
            self.rows.workspace(event, self.workspace)
            if isinstance(event, ChannelHealthNoted) and self.workspace.mailed_to:
                sequence, now = draft.envelope.sequence, cause.recorded_at
                self._plan(event.channel_id, system_mails.planned_of_channel(event, sequence, self.workspace, now))
        if self.rows.freed:
            self._note_freed(cause)

    def append_system_mail(self, stream: UUID, event: SystemMailEvent, cause: Cause) -> None:
        """A mail to an agent. It goes to who delivers it and to no view: nobody waits for it to be shown."""
        self._draft(stream, event, OUTBOUND, cause, None)

    def append_filtered(self, stream: UUID, event: InboundFiltered, cause: Cause) -> None:
        """A mail that a filter blocked, sealed under a key of its own."""
        self.new_keys.add(stream)
        self.rows.filtered(stream, event)
        self._draft(stream, event, CONVERSATIONS, cause, stream)

    def admit_filtered(self, stream: UUID, event: FilteredAdmitted, sender: bytes, cause: Cause) -> None:
        """A mail that a filter blocked is in a conversation after all; `sender` is the hash of its handle, if any."""
        self.rows.filtered_admitted(stream, event, sender)
        self._draft(stream, event, CONVERSATIONS, cause, None)

    def erase_filtered(self, stream: UUID, contact_id: UUID, cause: Cause) -> None:
        """The sender of a blocked mail was erased."""
        self.rows.filtered_erased(stream, cause.recorded_at)
        self._draft(stream, PersonalDataErased(contact_id=contact_id), CONVERSATIONS, cause, None)

    def store_secrets(self, secrets: Iterable[SealedSecret], before: Workspace) -> None:
        """Of the given secrets those that settings name now are stored, and what they name no more is deleted."""
        was, now = (_secrets_of(each) for each in (before, self.workspace))
        writes = self.rows.writes
        for gone in was - now:
            writes.secrets.pop(gone, None)
            writes.secrets_gone.add(gone)
        writes.secrets.update((one.id, one.box) for one in secrets if one.id in now - was)

    def take_freed(self) -> dict[UUID, Freed]:
        """The agents who became free since this was asked last."""
        freed, self.freed = self.freed, {}
        return freed

    def _note_freed(self, cause: Cause) -> None:
        for agent_id, reason in self.rows.freed.items():
            self.freed[agent_id] = Freed(reason, cause)
        self.rows.freed.clear()

    def append_quarantine(self, stream: UUID, event: QuarantineEvent, raw: str, cause: Cause) -> Draft:
        self.rows.quarantine(stream, event, raw)
        wanted = isinstance(event, QuarantineRetryRequested)
        draft = self._draft(stream, event, (*CONVERSATIONS, *OUTBOUND) if wanted else CONVERSATIONS, cause, None)
        self.quarantined[stream] = (*self.quarantined.get(stream, ()), draft.envelope)
        return draft

    def answer(self, verdict: Verdict) -> None:
        """Adds what became of a command; later copies of it in the batch find it."""
        self.verdicts.append(verdict)
        if verdict.remembered:
            self.commands[verdict.cause.id] = verdict

    def first_team(self, inbox_id: UUID) -> UUID | None:
        """The inbox's first team, remembered until the workspace changes."""
        if inbox_id not in self._teams:
            team = self.workspace.first_team(inbox_id)
            self._teams[inbox_id] = None if team is None else team.id
        return self._teams[inbox_id]

    def _event_id(self, cause: Cause, stream: UUID, sequence: int) -> UUID:
        """The id of the next event of a cause: the first is derived from the cause and its place, so that a command
        handled anew after its outcome was forgotten makes other ids; the following ones count on."""
        if cause.id is self._cause:
            self._ids += 1
        else:
            self._cause = cause.id
            self._ids = self.house.derived_id(cause.id, f"{stream.hex}/{sequence}").int
        return UUID(int=self._ids)

    def _draft(self, stream: UUID, event: Event, families: tuple[str, ...], cause: Cause, key_id: UUID | None) -> Draft:
        head = self.heads.get(stream, NO_HEAD)
        sequence = head.sequence + 1
        self.heads[stream] = Head(sequence, head.position)
        draft = Draft(
            Envelope(
                id=self._event_id(cause, stream, sequence),
                stream=stream,
                sequence=sequence,
                occurred_at=cause.recorded_at if isinstance(event, ConversationRouted) else cause.occurred_at,
                recorded_at=cause.recorded_at,
                workspace_id=self.workspace_id,
                actor=_actor(event, cause),
                correlation_id=cause.correlation_id,
                causation_id=cause.parent,
                data=event,
            ),
            families,
            key_id,
        )
        self.drafts.append(draft)
        return draft


def _topics_of(event: ConversationEvent) -> tuple[str, ...]:
    """Where an event of a conversation goes: what is to be delivered now, or no more, also to its channel."""
    match event:
        case ReplyQueued(hold=None) | ReplyReleased() | ReplyCancelled(released=True):
            return (*CONVERSATIONS, topics.outbound(event.channel))
        case ReplySent(channel=str(channel)):
            return (*CONVERSATIONS, topics.outbound(channel))
        case _:
            return CONVERSATIONS


def _actor(event: Event, cause: Cause) -> Actor:
    """Who did it: decisions are the router's or a rule's, whoever caused them."""
    kind = type(event)
    if kind is ConversationRouted:
        return RULE if event.reason == "rule" else SYSTEM  # type: ignore[attr-defined]
    if kind is InboundFiltered or (kind is MarkedAsSpam and event.filter_id is not None):  # type: ignore[attr-defined]
        return RULE
    if kind is ReplyQueued and event.automatic:  # type: ignore[attr-defined]
        return SYSTEM
    return SYSTEM if kind is ReplyFailed else cause.actor


def _secrets_of(workspace: Workspace) -> frozenset[UUID]:
    """What the settings of connected channels name."""
    connected = (channel.email for channel in workspace.channels.values() if channel.connected)
    return frozenset[UUID]().union(*map(secret_ids, connected))
