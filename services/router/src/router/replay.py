"""Events in store order become look-up rows again: for a rebuild from the store, and for a history being imported."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final, cast, get_args
from uuid import UUID

from events.companies import CompanyEvent
from events.contacts import ContactErased, ContactEvent
from events.conversations import (
    ConversationEvent,
    FilteredAdmitted,
    InboundFiltered,
    InboundQuarantined,
    PersonalDataErased,
    QuarantineEvent,
    QuarantineReleased,
)
from events.envelope import AnyEnvelope
from events.tickets import TicketEvent
from events.workspace import WorkspaceEvent
from router import lookups
from router.domain import conversation, ticket, workspace
from router.domain.conversation import NOT_OPENED, ConversationState, NotOpened
from router.domain.ticket import UNOPENED, TicketState
from router.domain.workspace import EMPTY, Workspace
from router.hashes import Hashes
from router.lookup_rows import Known, Writes
from router.records import ConversationOf
from router.rows import Rows
from router.states import envelope_of
from service_kit.database import Cursor
from service_kit.event_store import EventStore

_CONVERSATION: Final = get_args(ConversationEvent)
_CONTACT: Final = get_args(ContactEvent)
_COMPANY: Final = get_args(CompanyEvent)
_TICKET: Final = get_args(TicketEvent)
_WORKSPACE: Final = get_args(WorkspaceEvent)
_QUARANTINE: Final = get_args(QuarantineEvent)
KEPT: Final = 50_000
_NEVER: Final = (None, -1)


class Replay:
    """Applies events in order and writes their rows when `flush` is called. Bounded in memory but for the loads."""

    def __init__(self, store: EventStore, hashes: Hashes, conversation_of: ConversationOf, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._store, self._hashes, self._conversation_of = store, hashes, conversation_of
        self._known = Known()
        self._states: OrderedDict[UUID, tuple[ConversationState, int]] = OrderedDict()
        self._tickets: OrderedDict[UUID, tuple[TicketState, int]] = OrderedDict()
        self._raw: dict[UUID, str] = {}
        self.workspace: Workspace = EMPTY
        self._rows = self._fresh()

    def load(self, known: Known, workspace_now: Workspace) -> None:
        """Begins from loads and a workspace that exist already."""
        self._known.agents.update(known.agents)
        self._known.teams.update(known.teams)
        self.workspace = workspace_now

    def prepare(self, cursor: Cursor, first_sequences: Mapping[UUID, int]) -> None:
        """Reads the states of conversations and tickets that go on at a sequence above 1 and are not in memory."""
        missing = {
            stream: 0
            for stream, sequence in first_sequences.items()
            if sequence > 1
            and sequence - 1 not in (self._states.get(stream, _NEVER)[1], self._tickets.get(stream, _NEVER)[1])
        }
        for stream, stored in self._store.read(cursor, missing).items():
            state: ConversationState = NOT_OPENED
            opened: TicketState = UNOPENED
            for event in stored:
                if event.sequence >= first_sequences[stream]:
                    break
                data = envelope_of(event).data
                if isinstance(data, _CONVERSATION):
                    state = conversation.evolve(state, data)
                elif isinstance(data, _TICKET):
                    opened = ticket.evolve(opened, data)
                elif isinstance(data, InboundQuarantined):
                    self._raw[stream] = data.raw
            if opened is not UNOPENED:
                self._tickets[stream] = (opened, first_sequences[stream] - 1)
            else:
                self._states[stream] = (state, first_sequences[stream] - 1)

    def apply(self, cursor: Cursor, envelope: AnyEnvelope, key_id: UUID | None) -> UUID | None:
        """Takes one event; its personal half is None when erased, and `key_id` then too. Returns who seals it when
        `key_id` is left open and it has a personal half."""
        data, stream, at = envelope.data, envelope.stream, envelope.recorded_at
        sealer = key_id
        if isinstance(data, _CONVERSATION):
            before = self._states.get(stream, (NOT_OPENED, 0))[0]
            after = conversation.evolve(before, cast(ConversationEvent, data))
            if getattr(data, "personal", None) is not None and sealer is None:
                sealer = conversation.sealed_under(data, after)
            self._states[stream] = (after, envelope.sequence)
            self._states.move_to_end(stream)
            if isinstance(data, PersonalDataErased) and isinstance(after, NotOpened):
                self.flush(cursor)
                self._rows.filtered_erased(stream, at)
                self.flush(cursor)
            else:
                self._rows.conversation(stream, data, before, after, at, sealer)
        elif isinstance(data, _CONTACT):
            sealer = sealer or stream
            if isinstance(data, ContactErased):
                self.flush(cursor)
            self._rows.contact(stream, data, at, by_agent=envelope.actor.kind == "agent")
            if isinstance(data, ContactErased):
                self.flush(cursor)
        elif isinstance(data, _COMPANY):
            sealer = sealer or stream
            self._rows.company(stream, data)
        elif isinstance(data, _TICKET):
            sealer = self._apply_ticket(envelope, sealer)
        elif isinstance(data, _WORKSPACE):
            sealer = sealer or getattr(data, "agent_id", None)
            self.workspace = workspace.evolve(self.workspace, data)
            self._rows.workspace(data, self.workspace)
        elif isinstance(data, InboundFiltered):
            sealer = sealer or stream
            self._rows.filtered(stream, data)
        elif isinstance(data, FilteredAdmitted):
            self._rows.filtered_admitted(stream, data)
        elif isinstance(data, _QUARANTINE):
            if isinstance(data, InboundQuarantined):
                self._raw[stream] = data.raw
            if isinstance(data, QuarantineReleased):
                self.flush(cursor)
            self._rows.quarantine(stream, data, self._raw[stream])
        return sealer if getattr(data, "personal", None) is not None else None

    def _apply_ticket(self, envelope: AnyEnvelope, sealer: UUID | None) -> UUID | None:
        stream, event = envelope.stream, cast(TicketEvent, envelope.data)
        before = self._tickets.get(stream, (UNOPENED, 0))[0]
        after = ticket.evolve(before, event)
        self._tickets[stream] = (after, envelope.sequence)
        self._tickets.move_to_end(stream)
        self._rows.ticket(stream, event, before, after)
        return sealer or ticket.sealed_under(stream, after)

    def flush(self, cursor: Cursor, keys: Iterable[tuple[UUID, bytes]] = ()) -> None:
        """Writes the rows gathered so far, with the rows of new keys."""
        writes = self._rows.writes
        writes.keys.extend(keys)
        lookups.write(cursor, writes, rebuilding=True)
        self._rows = self._fresh()
        for states in (self._states, self._tickets):
            while len(states) > self._kept:
                states.popitem(last=False)

    def _fresh(self) -> Rows:
        """Loads stay known; whatever else is known lies in the tables, where the first holder stays."""
        self._known = Known(agents=self._known.agents, teams=self._known.teams)
        return Rows(self._known, Writes(), self._hashes, self._conversation_of, self.workspace)
