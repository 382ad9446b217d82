"""The router reads its own stored events: golden ones become states and look-up rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from events import codec, frame
from events.contracts import read_golden
from events.envelope import AnyEnvelope
from events.testing import EXAMPLE_KEY, EXAMPLE_KEY_ID, WORKSPACE_ID, envelope
from events.topics import COMMAND_OUTCOMES, CONTACTS, CONVERSATIONS, TICKETS, WORKSPACE
from router.domain.company import NO_COMPANY
from router.domain.contact import UNKNOWN
from router.domain.conversation import NOT_OPENED
from router.domain.testing import conversation_of
from router.domain.ticket import UNOPENED
from router.hashes import Hashes
from router.lookup_rows import Known, Writes
from router.rows import Rows
from router.states import Memory, States, Wanted, envelope_of
from service_kit.event_store import StoredEvent

Before = Callable[[Any], tuple[Any, ...]]
Ignored = dict[str, dict[str, str]]
ROWS = {
    "ConversationOpened": ("last_number", "thread_keys", "participants", "holdings", "blobs", "conversations"),
    "ConversationStarted": ("last_number", "conversations"),
    "ConversationMoved": ("conversations", "agents"),
    "ConversationContactChanged": ("conversations", "holdings"),
    "ConversationMergedInto": ("conversations", "successors"),
    "ConversationFollowedUp": ("successors",),
    "TrashElapsed": ("conversations", "timers_done"),
    "MessageAppended": ("thread_keys", "participants", "holdings", "blobs"),
    "ReplyQueued": ("participants", "holdings", "blobs", "last_agents", "corresponded"),
    "ReplyHeld": ("timers_done",),
    "ReplyReleased": ("timers_done",),
    "ReplyCancelled": ("timers_done",),
    "ConversationRouted": ("conversations", "agents"),
    "ConversationAssigned": ("conversations", "agents"),
    "ConversationUnassigned": ("conversations", "agents"),
    "ConversationResolved": ("conversations",),
    "ConversationReopened": ("conversations",),
    "ConversationSnoozed": ("conversations", "timers"),
    "SnoozeElapsed": ("conversations", "timers_done"),
    "MarkedAsSpam": ("conversations",),
    "ConversationTrashed": ("conversations",),
    "ContactCreated": ("handles",),
    "HandleLinked": ("handles",),
    "HandleUnlinked": ("unlinked",),
    "ContactErased": ("erased",),
    "ContactBlocked": ("blocked",),
    "ContactUnblocked": ("blocked",),
    "ContactMergedInto": ("merged",),
    "ContactUnmerged": ("merged",),
    "CompanyCreated": ("domains",),
    "CompanyUpdated": ("domains",),
    "TicketOpened": ("last_ticket_number", "tickets", "ticket_links", "ticket_stages"),
    "TicketMoved": ("ticket_stages",),
    "TicketClosed": ("ticket_stages",),
    "TicketReopened": ("ticket_stages",),
    "TicketLinked": ("ticket_links",),
    "TicketUnlinked": ("ticket_links",),
    "AgentInvited": ("handles", "renamed"),
    "AgentProfileChanged": ("handles", "renamed"),
    "SnippetSaved": ("blobs",),
    "SnippetDeleted": ("blobs_done",),
    "InboundQuarantined": ("blobs",),
    "QuarantineReleased": ("blobs_done",),
    "InboundFiltered": ("filtered", "blobs"),
    "FilteredAdmitted": ("admitted",),
}
"""The look-up rows that an event leaves behind; other events leave none."""

IN_ROWS_ONLY = {"HandleLinked", "HandleUnlinked"}
"""Events that look-ups know of and no state."""


def opened(path: Path) -> AnyEnvelope:
    record = read_golden(path)
    return codec.decode(record.headers, record.value, {EXAMPLE_KEY_ID: EXAMPLE_KEY})


def stored(topic: str, stream: UUID, records: Sequence[codec.Record]) -> list[StoredEvent]:
    """The records as the store keeps them: named, numbered, framed."""
    return [
        StoredEvent(
            stream,
            sequence,
            dict(record.headers)["ce_type"].decode(),
            frame.pack((topic,), str(stream).encode(), record),
            sequence,
        )
        for sequence, record in enumerate(records, start=1)
    ]


class Around:
    """The states before and after a golden event, read as the router reads them from its store."""

    def __init__(self, path: Path, topic: str, before: Before, **wanted: Any) -> None:
        self.envelope = opened(path)
        self.stream = WORKSPACE_ID if topic == WORKSPACE.name else self.envelope.stream
        earlier = before(self.envelope.data)
        records = [
            codec.encode(envelope(event, stream=self.stream, sequence=sequence), EXAMPLE_KEY)
            for sequence, event in enumerate(earlier, start=1)
        ]
        self.wanted = Wanted(**{kind: {self.stream} for kind in wanted})
        self.before = self._states(stored(topic, self.stream, records))
        self.stored = stored(topic, self.stream, [*records, read_golden(path)])
        self.after = self._states(self.stored)
        self.writes = Writes()
        self.rows = Rows(Known(), self.writes, Hashes("a secret of the tests"), conversation_of, self.before.workspace)

    def _states(self, events: list[StoredEvent]) -> States:
        return Memory(WORKSPACE_ID).states(self.wanted, {self.stream: events} if events else {})

    def written(self) -> set[str]:
        nothing = Writes()
        return {name for name in Writes.__slots__ if getattr(self.writes, name) != getattr(nothing, name)}

    def expected(self) -> set[str]:
        return set(ROWS.get(self.envelope.type, ()))


def test_a_conversation_is_another_after_each_of_its_events(
    conversation_event: Path, before: Before, ignored: Ignored
) -> None:
    around = Around(conversation_event, CONVERSATIONS.name, before, conversations=True)
    was = around.before.conversations.get(around.stream, NOT_OPENED)
    now = around.after.conversations[around.stream]
    assert now.sequence == was.sequence + 1 == around.after.heads[around.stream].sequence
    assert (now != replace(was, sequence=now.sequence)) == (around.envelope.type not in ignored["router"])
    around.rows.conversation(around.stream, around.envelope.data, was, now, around.envelope.recorded_at, None)
    assert around.written() == around.expected()


def test_a_contact_is_known_by_its_events(contact_event: Path, before: Before, ignored: Ignored) -> None:
    around = Around(contact_event, CONTACTS.name, before, contacts=True)
    was, now = (states.contacts.get(around.stream, UNKNOWN) for states in (around.before, around.after))
    around.rows.contact(around.stream, around.envelope.data, around.envelope.recorded_at, by_agent=False)
    assert around.written() == around.expected()
    assert (now != was) == (around.envelope.type not in IN_ROWS_ONLY | ignored["router"].keys())


def test_a_ticket_is_another_after_each_of_its_events(ticket_event: Path, before: Before, ignored: Ignored) -> None:
    around = Around(ticket_event, TICKETS.name, before, tickets=True)
    was, now = (states.tickets.get(around.stream, UNOPENED) for states in (around.before, around.after))
    around.rows.ticket(around.stream, around.envelope.data, was, now)
    assert around.written() == around.expected()
    assert (now != was) == (around.envelope.type not in ignored["router"])


def test_a_company_is_another_after_each_of_its_events(company_event: Path, before: Before) -> None:
    around = Around(company_event, CONTACTS.name, before, companies=True)
    was, now = (states.companies.get(around.stream, NO_COMPANY) for states in (around.before, around.after))
    around.rows.company(around.stream, around.envelope.data)
    assert around.written() == around.expected() and now != was


def test_the_workspace_is_another_after_each_of_its_events(
    workspace_event: Path, before: Before, ignored: Ignored
) -> None:
    around = Around(workspace_event, WORKSPACE.name, before)
    around.rows.workspace(around.envelope.data, around.after.workspace)
    assert around.written() == around.expected()
    changed = around.after.workspace != around.before.workspace
    assert changed == (around.envelope.type not in IN_ROWS_ONLY | ignored["router"].keys())
    assert around.after.heads[WORKSPACE_ID].sequence == around.before.heads[WORKSPACE_ID].sequence + 1


def test_a_quarantined_record_and_its_release_are_found_again(quarantine_event: Path, before: Before) -> None:
    around = Around(quarantine_event, CONVERSATIONS.name, before, quarantined=True)
    kept = around.after.quarantined[around.stream]
    assert kept[-1] == around.envelope and len(kept) == len(around.stored)
    around.rows.quarantine(around.stream, around.envelope.data, "a/blob")
    assert around.written() == around.expected()


def test_a_blocked_mail_is_found_again_by_its_sender(filtered_event: Path, before: Before) -> None:
    around = Around(filtered_event, CONVERSATIONS.name, before, filtered=True)
    event = around.envelope.data
    kept = around.after.filtered[around.stream]
    assert kept[-1].id == around.envelope.id and len(kept) == len(around.stored)
    if around.envelope.type == "FilteredAdmitted":
        around.rows.filtered_admitted(around.stream, event)
        assert around.written() == around.expected()
        return
    around.rows.filtered(around.stream, event)
    assert around.written() == around.expected()
    handle = Hashes("a secret of the tests").handle(event.channel, event.personal.sender.address)
    assert around.writes.filtered == {around.stream: handle}
    assert around.writes.blobs == dict.fromkeys(event.message.blobs, (None, around.stream))


def test_what_is_ignored_leaves_no_rows_and_what_only_rows_know_does(ignored: Ignored) -> None:
    assert ROWS.keys() >= IN_ROWS_ONLY and not ignored["router"].keys() & ROWS.keys()


def test_of_an_outcome_only_its_place_is_read(outcome_event: Path, ignored: Ignored) -> None:
    around = Around(outcome_event, COMMAND_OUTCOMES.name, lambda event: (), others=True)
    nothing = States(workspace=around.before.workspace)
    nothing.heads = {around.stream: around.after.heads[around.stream], WORKSPACE_ID: around.before.heads[WORKSPACE_ID]}
    assert around.after == nothing and around.after.heads[around.stream].sequence == 1
    assert around.envelope.type in ignored["router"]
    assert envelope_of(around.stored[-1]) == around.envelope
