"""Which look-up rows an event leaves behind: the same function for a live batch and for a rebuild."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from events import contacts as c
from events import conversations as e
from events import workspace as w
from events.companies import CompanyEvent
from events.contacts import ContactEvent
from events.conversations import ConversationEvent, QuarantineEvent
from events.inbound import MessageReceived
from events.snippets import SnippetDeleted, SnippetSaved
from events.tickets import TicketEvent
from events.values import Handle, MessageContent, MessageFacts
from events.workspace import WorkspaceEvent
from router import contact_rows, merging_rows, ticket_rows
from router.domain.assignment import Load
from router.domain.conversation import Conversation, ConversationState, bounced_reply
from router.domain.queues import Reason, freed_by, frees_a_place
from router.domain.texts import mailbox_key
from router.domain.threading import (
    ThreadKeys,
    participants_of_message,
    participants_of_reply,
    sender_of,
    thread_keys,
)
from router.domain.ticket import TicketState
from router.domain.workspace import Workspace
from router.hashes import AGENT, Hashes
from router.lookup_rows import ConversationRow, HandleId, Known, ThreadKey, ThreadKeyId, Writes

NOBODY = Load()


class Thread(msgspec.Struct, frozen=True):
    """A message's own id ("" for none), and the hashes of all its ids that lead to its conversation."""

    own: str
    hashes: Mapping[str, bytes]

    @staticmethod
    def of(keys: ThreadKeys, hashes: Hashes) -> Thread:
        return Thread(keys.own, {one: hashes.message(one) for one in keys.ids})


class Rows:
    """What is known within a batch, brought up to date by each of its events, and the rows to write for it.

    `freed` gathers the agents who can take something of their teams' queues since, and why. Reads and writes no
    database itself.
    """

    def __init__(
        self,
        known: Known,
        writes: Writes,
        hashes: Hashes,
        conversation_of: Callable[[str], UUID | None],
        workspace: Workspace,
    ) -> None:
        self.known, self.writes = known, writes
        self.freed: dict[UUID, Reason] = {}
        self._hashes, self._conversation_of = hashes, conversation_of
        self._workspace = workspace

    def dedupe(self, inbox_id: UUID, key: str, contact_id: UUID, at: datetime) -> None:
        """A message was handled; a second copy is a duplicate from now on."""
        self.known.dedupe.add((inbox_id, key))
        self.writes.dedupe[(inbox_id, key)] = (contact_id, at)

    def conversation(
        self,
        stream: UUID,
        event: ConversationEvent,
        before: ConversationState,
        after: ConversationState,
        at: datetime,
        key_id: UUID | None,
        thread: Thread | None = None,
    ) -> None:
        """`before` and `after` are the states around the event, `at` when it was recorded, `key_id` whose key seals it.

        `thread` hands in what was made of the message's ids before.
        """
        if not isinstance(after, Conversation):
            return
        if key_id is not None:
            self.writes.holdings.add((key_id, stream))
        match event:
            case e.ConversationOpened():
                content = event.personal.message if event.personal else None
                self.writes.last_number = max(self.writes.last_number, event.number)
                self.known.last_number = max(self.known.last_number, event.number)
                self._message(stream, after.inbox_id, event.contact_id, event.message, content, thread)
            case e.MessageAppended():
                self._message(
                    stream,
                    self._came_to(event.message, after),
                    event.contact_id,
                    event.message,
                    event.personal,
                    thread,
                    machine=bounced_reply(event.message, before) is not None,
                    side=event.in_side_thread,
                )
            case e.ReplyQueued():
                if event.personal is not None:
                    people = participants_of_reply(event.personal, self._is_own(after.inbox_id))
                    if not event.automatic:
                        self._correspond(people)
                    self._participants(stream, people, side=event.in_side_thread)
                self._hold(stream, key_id or after.contact_id, event.blobs)
                if event.agent_id is not None and not event.in_side_thread:
                    self.known.last_agents[after.contact_id] = event.agent_id
                    self.writes.last_agents[after.contact_id] = (event.agent_id, at)
                if event.automatic and event.personal is not None:
                    for one in event.personal.to:
                        told = self._hashes.handle("email", mailbox_key(one.address))
                        self.known.acknowledged[told] = self.writes.acknowledged[told] = at
                if event.hold is not None:
                    self.writes.timers[event.hold.timer_id] = (stream, event.hold.not_before, "reply")
            case e.ReplyHeld() | e.ReplyReleased() | e.ReplyCancelled():
                known = after.replies.get(event.reply_id)
                if known is not None and known.hold is not None:
                    self.timer_done(known.hold.timer_id)
            case e.ConversationStarted():
                self.writes.last_number = max(self.writes.last_number, event.number)
                self.known.last_number = max(self.known.last_number, event.number)
            case e.ConversationSnoozed():
                if event.until is not None and event.timer_id is not None:
                    self.writes.timers[event.timer_id] = (stream, event.until, "snooze")
            case e.SnoozeElapsed() | e.TrashElapsed():
                self.timer_done(event.timer_id)
            case e.ConversationTrashed():
                if event.until is not None and event.timer_id is not None:
                    self.writes.timers[event.timer_id] = (stream, event.until, "trash")
            case e.ConversationContactChanged():
                self.writes.holdings.add((event.contact_id, stream))
            case e.ConversationMergedInto() | e.ConversationFollowedUp():
                merging_rows.note(self.known, self.writes, stream, event)
            case _:
                pass
        self._placed(stream, before, after, at, routed=isinstance(event, e.ConversationRouted))

    def ticket(self, stream: UUID, event: TicketEvent, before: TicketState, after: TicketState) -> None:
        """`before` and `after` are the states around the event."""
        ticket_rows.note(self.known, self.writes, stream, event, before, after)

    def stages_in_use(self, pipeline_id: UUID) -> set[str]:
        """The stages of a pipeline with tickets in them, if they were asked for."""
        return ticket_rows.stages_in_use(self.known, self.writes, pipeline_id)

    def contact(self, stream: UUID, event: ContactEvent, at: datetime, *, by_agent: bool) -> None:
        """`by_agent`: somebody made or filled in the contact by hand or by a file, and so knows the person."""
        match event:
            case c.ContactCreated() | c.HandleLinked():
                if event.personal is not None:
                    self._handle(stream, event.personal.handle)
                    if by_agent and (handle := event.personal.handle).value:
                        self._know((self._hashes.handle(handle.kind, handle.value),))
            case c.ContactUpdated():
                if by_agent:
                    self.writes.vouched.add(stream)
            case c.HandleUnlinked():
                if event.personal is not None:
                    self._unhandle(stream, event.personal.handle)
            case c.ContactErased():
                self.writes.erased[stream] = at
            case _:
                contact_rows.note(self.known, self.writes, stream, event)

    def company(self, stream: UUID, event: CompanyEvent) -> None:
        contact_rows.note_company(self.known, self.writes, stream, event)

    def email_hash(self, address: str) -> bytes:
        return self._hashes.handle("email", address)

    def workspace(self, event: WorkspaceEvent, after: Workspace) -> None:
        """`after` is the workspace after the event; it says from now on which addresses are ours."""
        self.freed.update(freed_by(event, self._workspace, after))
        before, self._workspace = self._workspace, after
        match event:
            case w.AgentInvited() | w.AgentProfileChanged():
                if event.personal is not None:
                    key = self.agent_handle(event.personal.email)
                    for other, agent_id in list(self.writes.handles.items()):
                        if agent_id == event.agent_id and other != key:
                            del self.writes.handles[other]
                    if self.known.handles.get(key) != event.agent_id:
                        self.known.handles[key] = self.writes.handles[key] = event.agent_id
                    self.writes.renamed[event.agent_id] = key[1]
            case SnippetSaved() | SnippetDeleted():
                self._snippet(event.snippet_id, before, after)
            case _:
                pass

    def _snippet(self, snippet_id: UUID, before: Workspace, after: Workspace) -> None:
        """Its files are kept as long as it has them."""
        had, has = (set(found.blobs) if (found := one.snippets.get(snippet_id)) else set() for one in (before, after))
        self.writes.blobs.update((name, (None, None)) for name in has - had)
        self.writes.blobs_done.update(had - has)

    def filtered(self, stream: UUID, event: e.InboundFiltered) -> None:
        """A mail that was kept out: it goes with its sender, should that person ever be erased."""
        for name in event.message.blobs:
            self.writes.blobs[name] = (None, stream)
        if event.personal is not None and (sender := sender_of(event.personal)):
            self.writes.filtered[stream] = self._hashes.handle(event.channel, sender)

    def filtered_admitted(self, stream: UUID, event: e.FilteredAdmitted, sender: bytes = b"") -> None:
        """It was let in: what it holds in the blob store is its conversation's, and goes with that contact. Its sender
        is known from now on; a rebuild reads the hash from the row of the mail."""
        self.writes.admitted[stream] = (event.contact_id, event.conversation_id)
        if sender:
            self.known.corresponded.add(sender)

    def _correspond(self, addresses: frozenset[str]) -> None:
        """We have written to them."""
        self._know([self._hashes.handle("email", address) for address in addresses])

    def _know(self, hashes: Collection[bytes]) -> None:
        """Ready-made filters let them through."""
        self.known.corresponded.update(hashes)
        self.writes.corresponded.update(hashes)

    def filtered_erased(self, stream: UUID, at: datetime) -> None:
        """Its sender was erased: its key, its rows and its blobs go."""
        self.writes.erased[stream] = at

    def quarantine(self, stream: UUID, event: QuarantineEvent, raw: str) -> None:
        """`raw` is the blob of the quarantined record; it goes when the record was handled after all. What the record
        names is kept with it, until the person owns it who owns the message."""
        if isinstance(event, e.InboundQuarantined):
            self.writes.blobs.update((name, (None, None)) for name in (raw, *event.blobs))
        elif isinstance(event, e.QuarantineReleased):
            self.writes.blobs_done.update((raw, *event.unused))

    def timer_done(self, timer_id: UUID) -> None:
        """The timer's command was handled, or its time has come; no matter what of it."""
        self.writes.timers.pop(timer_id, None)
        self.writes.timers_done.add(timer_id)

    def agent_handle(self, address: str) -> HandleId:
        return (AGENT, self._hashes.handle(AGENT, address))

    def holder(self, inbox_id: UUID, key_hash: bytes) -> ThreadKey | None:
        return self.known.thread_keys.get((inbox_id, key_hash))

    def _message(
        self,
        stream: UUID,
        inbox_id: UUID,
        contact_id: UUID,
        facts: MessageFacts,
        content: MessageContent | None,
        thread: Thread | None,
        *,
        machine: bool = False,
        side: bool = False,
    ) -> None:
        """`machine`: a mail server's bounce, which joined by our signature; nobody takes part by it."""
        self._hold(stream, contact_id, facts.blobs)
        if content is None:
            return
        if not machine:
            self._participants(stream, participants_of_message(content, self._is_own(inbox_id)), side=side)
        if thread is None:
            message = MessageReceived(inbox_id=inbox_id, dedupe_key="", facts=facts, content=content)
            thread = Thread.of(thread_keys(message, self._conversation_of), self._hashes)
        for one, key_hash in thread.hashes.items():
            self._thread_key((inbox_id, key_hash), stream, contact_id, received=one == thread.own)

    def _came_to(self, facts: MessageFacts, state: Conversation) -> UUID:
        """The inbox to which a message came: by a mailbox of one in which the conversation lay before, that one. Its
        keys are that inbox's, as they were looked up."""
        if not state.was_in:
            return state.inbox_id
        channel = self._workspace.channels.get(facts.channel_id)
        return state.inbox_id if channel is None else channel.inbox_id

    def _is_own(self, inbox_id: UUID) -> Callable[[str], bool]:
        """Whether an address is one of the inbox's: other inboxes of ours take part like anybody else."""
        return partial(self._workspace.is_of_inbox, inbox_id)

    def _thread_key(self, key: ThreadKeyId, stream: UUID, contact_id: UUID, *, received: bool) -> None:
        """The first holder keeps a key; that a message with this id came is noted for whoever holds it."""
        held = self.known.thread_keys.get(key)
        if held is None:
            self.known.thread_keys[key] = ThreadKey(stream, received)
            self.writes.thread_keys[key] = (stream, contact_id, received)
        elif received and not held.received:
            self.known.thread_keys[key] = ThreadKey(held.conversation_id, True)
            mine = self.writes.thread_keys.get(key)
            if mine is None:
                self.writes.received.add(key)
            else:
                self.writes.thread_keys[key] = (mine[0], mine[1], True)

    def _participants(self, stream: UUID, addresses: frozenset[str], *, side: bool) -> None:
        """Who takes part in the conversation itself does not go back to its side thread."""
        for address in addresses:
            pair = (stream, self._hashes.handle("email", address))
            known = self.known.participants.get(pair)
            if known is None or (known and not side):
                self.known.participants[pair] = self.writes.participants[pair] = side

    def _handle(self, contact_id: UUID, handle: Handle) -> None:
        if handle.value:
            key = (handle.kind, self._hashes.handle(handle.kind, handle.value))
            self.known.handles[key] = self.writes.handles[key] = contact_id

    def _unhandle(self, contact_id: UUID, handle: Handle) -> None:
        """Whoever has it next may have it; what else is kept by its hash still goes with this person."""
        key = (handle.kind, self._hashes.handle(handle.kind, handle.value))
        self.known.handles.pop(key, None)
        self.known.holders.pop(key, None)
        self.writes.handles.pop(key, None)
        self.writes.unlinked.add((*key, contact_id))

    def _hold(self, stream: UUID, contact_id: UUID, blobs: tuple[str, ...]) -> None:
        self.writes.holdings.add((contact_id, stream))
        for name in blobs:
            self.writes.blobs[name] = (stream, contact_id)

    def _placed(
        self, stream: UUID, before: ConversationState, after: Conversation, at: datetime, *, routed: bool
    ) -> None:
        """Where the conversation is now, and what that changes in the loads and queues; `routed` when routing did."""
        was = before if isinstance(before, Conversation) else None
        assigned, team, status = after.assignee_id, after.team_id, after.status
        if was is not None and (was.assignee_id, was.team_id, was.standing) == (assigned, team, after.standing):
            if (was.inbox_id, was.contact_id) == (after.inbox_id, after.contact_id):
                return
            was = after
        waiting_since = at if after.waiting_in is not None else None
        row = ConversationRow(after.inbox_id, after.contact_id, status, assigned, team, waiting_since)
        self.writes.conversations[stream] = row
        if was is not None and was.status == "open":
            self._load(was.assignee_id, was.team_id, -1)
        if status == "open":
            self._load(assigned, team, 1)
        if routed and assigned is not None and (was is None or was.assignee_id != assigned):
            load = self.known.agents.get(assigned, NOBODY)
            self._set_load(assigned, Load(open_conversations=load.open_conversations, last_assigned_at=at))

    def _load(self, assignee_id: UUID | None, team_id: UUID | None, change: int) -> None:
        if assignee_id is not None:
            load = self.known.agents.get(assignee_id, NOBODY)
            if change < 0 and frees_a_place(self._workspace.agents.get(assignee_id), load.open_conversations):
                self.freed[assignee_id] = "capacity_freed"
            count = load.open_conversations + change
            self._set_load(assignee_id, Load(open_conversations=count, last_assigned_at=load.last_assigned_at))
        elif team_id is not None:
            self.known.teams[team_id] = self.writes.teams[team_id] = self.known.teams.get(team_id, 0) + change

    def _set_load(self, agent_id: UUID, load: Load) -> None:
        self.known.agents[agent_id] = self.writes.agents[agent_id] = load
