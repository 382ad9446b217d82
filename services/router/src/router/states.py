"""States of streams: read from the event store, with a bounded memory of conversations that is checked against it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final, cast, get_args
from uuid import UUID

from events import codec, frame
from events.companies import CompanyEvent
from events.contacts import ContactEvent
from events.conversations import ConversationEvent, InboundFiltered, QuarantineEvent
from events.envelope import AnyEnvelope
from events.tickets import TicketEvent
from events.workspace import WorkspaceEvent
from router.domain import company, contact, conversation, ticket, workspace
from router.domain.company import NO_COMPANY, CompanyState
from router.domain.contact import ContactState
from router.domain.conversation import NOT_OPENED, ConversationState
from router.domain.ticket import UNOPENED, TicketState
from router.domain.workspace import EMPTY, Workspace
from service_kit.event_store import Head, StoredEvent

_CONVERSATION: Final = frozenset(cls.__name__ for cls in get_args(ConversationEvent))
_CONTACT: Final = frozenset(cls.__name__ for cls in get_args(ContactEvent))
_TICKET: Final = frozenset(cls.__name__ for cls in get_args(TicketEvent))
_COMPANY: Final = frozenset(cls.__name__ for cls in get_args(CompanyEvent))
_WORKSPACE: Final = frozenset(cls.__name__ for cls in get_args(WorkspaceEvent))
_QUARANTINE: Final = frozenset(cls.__name__ for cls in get_args(QuarantineEvent))
NO_HEAD: Final = Head(0, 0)


@dataclass(slots=True)
class Wanted:
    """Streams whose states a batch needs; `others` for their heads alone."""

    conversations: set[UUID] = field(default_factory=set)
    contacts: set[UUID] = field(default_factory=set)
    tickets: set[UUID] = field(default_factory=set)
    companies: set[UUID] = field(default_factory=set)
    quarantined: set[UUID] = field(default_factory=set)
    filtered: set[UUID] = field(default_factory=set)
    others: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class States:
    """The streams of a batch as they are in the store. What does not exist is absent and has no head."""

    workspace: Workspace = EMPTY
    conversations: dict[UUID, ConversationState] = field(default_factory=dict)
    contacts: dict[UUID, ContactState] = field(default_factory=dict)
    tickets: dict[UUID, TicketState] = field(default_factory=dict)
    companies: dict[UUID, CompanyState] = field(default_factory=dict)
    quarantined: dict[UUID, tuple[AnyEnvelope, ...]] = field(default_factory=dict)
    filtered: dict[UUID, tuple[AnyEnvelope, ...]] = field(default_factory=dict)
    heads: dict[UUID, Head] = field(default_factory=dict)


class Memory:
    """The workspace and the recently used conversations, as last committed.

    `reading` says from where on to read, `states` adds what was read, so a state that another process has moved on is
    brought up to date before it is used. After any failed transaction it must be told to `forget`.
    """

    def __init__(self, workspace_id: UUID, *, conversations: int = 50_000) -> None:
        self.workspace_id = workspace_id
        self._bound = conversations
        self.forget()

    def forget(self) -> None:
        self._workspace: tuple[Workspace, Head] = (EMPTY, NO_HEAD)
        self._conversations: OrderedDict[UUID, tuple[ConversationState, Head]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._conversations)

    def reading(self, wanted: Wanted) -> dict[UUID, int]:
        """For each stream the sequence after which to read."""
        after = {
            stream: self._conversations[stream][1].sequence if stream in self._conversations else 0
            for stream in wanted.conversations
        }
        for stream in (
            *wanted.contacts,
            *wanted.companies,
            *wanted.tickets,
            *wanted.quarantined,
            *wanted.filtered,
            *wanted.others,
        ):
            after[stream] = 0
        after[self.workspace_id] = self._workspace[1].sequence
        return after

    def states(self, wanted: Wanted, stored: Mapping[UUID, Sequence[StoredEvent]]) -> States:
        """The states after the stored events. Raises EventError when one of them cannot be read."""
        found = States()
        found.heads = {stream: _head(events) for stream, events in stored.items()}
        state, head = self._workspace
        found.workspace, found.heads[self.workspace_id] = _workspace(state, head, stored.get(self.workspace_id, ()))
        for stream in wanted.conversations:
            was, head = self._conversations.get(stream, (NOT_OPENED, NO_HEAD))
            now, head = _conversation(was, head, stored.get(stream, ()))
            if head.sequence:
                found.conversations[stream], found.heads[stream] = now, head
        for stream in wanted.contacts:
            events = data_of(stored.get(stream, ()), _CONTACT)
            if events:
                found.contacts[stream] = reduce(contact.evolve, events, cast(ContactState, contact.UNKNOWN))
        for stream in wanted.companies:
            events = data_of(stored.get(stream, ()), _COMPANY)
            if events:
                found.companies[stream] = reduce(company.evolve, events, cast(CompanyState, NO_COMPANY))
        for stream in wanted.tickets:
            events = data_of(stored.get(stream, ()), _TICKET)
            if events:
                found.tickets[stream] = reduce(ticket.evolve, events, cast(TicketState, UNOPENED))
        for stream in wanted.quarantined:
            kept = tuple(envelope_of(event) for event in stored.get(stream, ()) if event.type in _QUARANTINE)
            if kept:
                found.quarantined[stream] = kept
        for stream in wanted.filtered:
            kept = tuple(envelope_of(event) for event in stored.get(stream, ()))
            if kept and isinstance(kept[0].data, InboundFiltered):
                found.filtered[stream] = kept
        return found

    def keep(
        self, workspace_now: Workspace, conversations: Mapping[UUID, ConversationState], heads: Mapping[UUID, Head]
    ) -> None:
        """After the commit: what the batch left, with the heads of all streams it names."""
        self._workspace = (workspace_now, heads[self.workspace_id])
        for stream, state in conversations.items():
            self._conversations[stream] = (state, heads[stream])
            self._conversations.move_to_end(stream)
        while len(self._conversations) > self._bound:
            self._conversations.popitem(last=False)


def envelope_of(event: StoredEvent) -> AnyEnvelope:
    """A stored event with its box closed."""
    kept = frame.unpack(event.state)
    return codec.decode(kept.headers, kept.body)


def data_of(events: Iterable[StoredEvent], types: frozenset[str]) -> list[Any]:
    """The data of those events that are of these types."""
    return [envelope_of(event).data for event in events if event.type in types]


def _head(events: Sequence[StoredEvent]) -> Head:
    return Head(events[-1].sequence, events[-1].position)


def _workspace(state: Workspace, head: Head, events: Sequence[StoredEvent]) -> tuple[Workspace, Head]:
    if not events:
        return state, head
    return reduce(workspace.evolve, data_of(events, _WORKSPACE), state), _head(events)


def _conversation(
    state: ConversationState, head: Head, events: Sequence[StoredEvent]
) -> tuple[ConversationState, Head]:
    news = [event for event in events if event.sequence > head.sequence and event.type in _CONVERSATION]
    if not news:
        return state, head
    evolved = reduce(conversation.evolve, cast("list[ConversationEvent]", data_of(news, _CONVERSATION)), state)
    return evolved, _head(news)
