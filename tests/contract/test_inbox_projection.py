"""The views read four topics of events and count a fifth by its headers: golden events fold into changes of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from events import codec
from events.contracts import read_golden
from events.envelope import AnyEnvelope
from events.sealing import DataKey, Erased
from events.testing import EXAMPLE_KEY, envelope
from events.topics import COMMAND_OUTCOMES, COMMANDS, CONTACTS, CONVERSATIONS, INBOUND_EMAIL, TICKETS, WORKSPACE
from inbox_projection.projector import COUNTED_TOPICS
from inbox_projection.views import workspace
from inbox_projection.views.batch import fold
from inbox_projection.views.changes import Changes, Known
from inbox_projection.views.reconciliation import channel_of, hour_of
from inbox_projection.views.rows import ConversationRow
from inbox_projection.views.ticket import TicketRows
from service_kit.view_batch import Arrived, opened, sift

Arrive = Callable[..., list[Arrived]]
Before = Callable[[Any], tuple[Any, ...]]
Ring = Mapping[UUID, DataKey | Erased]
DELIVERIES = {"ReplySending", "ReplySent", "ReplyUncertain", "ReplyDelivered", "ReplyFailed"}
DELIVERIES |= {"ReplyHeld", "ReplyReleased", "ReplyCancelled"}
IN_THE_THREAD_ONLY = DELIVERIES - {"ReplyCancelled"}
IN_THE_THREAD_ONLY |= {"PersonalDataErased", "ConversationReadMarked", "SubjectChanged"}
IN_NO_THREAD = {"ConversationReadMarked", "ConversationFollowed", "ConversationUnfollowed"}
"""They change nothing in the list of conversations but the sequence (and what an erased key sealed)."""
TOLD_TWICE = {"ConversationMoved", "ConversationMergedInto"}
"""Where it was, and what stands for it, is told, too."""
COUNTED = {
    "ConversationOpened": "appended",
    "MessageAppended": "appended",
    "InboundFiltered": "filtered",
    "FilteredAdmitted": "admitted",
    "InboundQuarantined": "quarantined",
    "QuarantineReleased": "released",
}
"""What they say of inbound records, for reconciliation."""


class Folded:
    """A golden event folded over the rows that what came before it left."""

    def __init__(self, path: Path, topic: str, keys: Ring, before: Before, arrived: Arrive) -> None:
        golden = read_golden(path)
        (record,) = arrived((topic,), golden, keys=keys)
        assert record.envelope is not None
        self.envelope: AnyEnvelope = record.envelope
        self.stream, self.sequence = record.envelope.stream, record.envelope.sequence
        earlier = [
            codec.encode(envelope(event, stream=self.stream, sequence=number), EXAMPLE_KEY)
            for number, event in enumerate(before(record.envelope.data), start=1)
        ]
        base = fold(arrived((topic,), *earlier, keys=keys), Known(), {}) if earlier else Changes()
        self.known = self._known(base)
        self.changes = fold([record], self.known, {})

    def _known(self, base: Changes) -> Known:
        """The rows, at the sequence before the golden event's."""
        last = self.sequence - 1
        known = Known(streams={self.stream: last})
        known.conversations.update((row.conversation_id, replace(row, sequence=last)) for row in base.new_conversations)
        known.contacts.update((id_, replace(row, sequence=last)) for id_, row in base.new_contacts.items())
        for row in base.tickets:
            links = {link.conversation_id: link for link in base.ticket_links}
            known.tickets[row.ticket_id] = TicketRows(replace(row, sequence=last), links)
        known.quarantine.update((id_, replace(row, sequence=last)) for id_, row in base.quarantine.items())
        for change in base.workspace:
            workspace.put(known.workspace, change)
        return known

    def stored(self) -> dict[str, int]:
        return {what: count for (_, _, what), count in self.changes.stored.items()}

    def expected(self) -> dict[str, int]:
        return {COUNTED[self.envelope.type]: 1} if self.envelope.type in COUNTED else {}


def without_place(row: ConversationRow | None) -> ConversationRow | None:
    return None if row is None else replace(row, sequence=0)


def test_a_conversation_shows_each_of_its_events(
    conversation_event: Path, keys: Ring, before: Before, arrived: Arrive
) -> None:
    folded = Folded(conversation_event, CONVERSATIONS.name, keys, before, arrived)
    changes, kind = folded.changes, folded.envelope.type
    (row,) = [*changes.new_conversations, *changes.changed_conversations]
    was = folded.known.conversations.get(folded.stream)
    assert (row.conversation_id, row.sequence) == (folded.stream, folded.sequence)
    assert (without_place(row) == without_place(was)) == (kind in IN_THE_THREAD_ONLY)
    touched = [each for each in changes.touched if each.kind == "conversation"]
    assert (touched[0].conversation_id, touched[0].sequence) == (folded.stream, folded.sequence)
    assert len(touched) == 1 + (kind in TOLD_TWICE)
    told = [each for each in changes.touched if each.kind == "notification"]
    assert {each.conversation_id for each in told} == {each.agent_id for each in changes.notifications.values()}
    marks = int(kind == "ConversationReadMarked")
    assert len(changes.read_marks) == marks
    assert (len(changes.lines), len(changes.deliveries)) == (
        (0, 1) if kind in DELIVERIES else (int(kind not in IN_NO_THREAD), 0)
    )
    assert (changes.erased != []) == (kind == "PersonalDataErased")
    assert folded.stored() == folded.expected()
    noted = [] if marks else [(folded.envelope.type, folded.stream)]
    assert [(row.kind, row.target_id) for row in changes.audit] == noted
    for line in changes.lines:
        sealed = getattr(folded.envelope.data, "personal", None) is not None
        assert (line.content is not None) == sealed


def test_a_contact_shows_each_of_its_events(contact_event: Path, keys: Ring, before: Before, arrived: Arrive) -> None:
    folded = Folded(contact_event, CONTACTS.name, keys, before, arrived)
    changes, event = folded.changes, folded.envelope.data
    (row,) = [*changes.new_contacts.values(), *changes.changed_contacts.values()]
    assert (row.contact_id, row.sequence) == (folded.stream, folded.sequence)
    was = folded.known.contacts.get(folded.stream)
    changed = (
        was is None or replace(row, sequence=was.sequence) != was or changes.linked != [] or changes.timeline != []
    )
    gone = hasattr(event, "personal") and event.personal is None
    assert changed or (gone and folded.envelope.type in {"HandleLinked", "HandleUnlinked", "ContactUpdated"})
    assert (changes.erased_contacts == [folded.stream]) == (folded.envelope.type == "ContactErased")


def test_a_company_shows_each_of_its_events(company_event: Path, keys: Ring, before: Before, arrived: Arrive) -> None:
    folded = Folded(company_event, CONTACTS.name, keys, before, arrived)
    changes, event = folded.changes, folded.envelope.data
    (row,) = [*changes.new_companies.values(), *changes.changed_companies.values()]
    assert (row.company_id, row.name, row.domains) == (folded.stream, event.name, event.domains)
    assert bool(row.note) == (event.personal is not None)
    assert changes.streams == {folded.stream: folded.sequence}
    assert [(each.kind, each.conversation_id, each.inbox_id) for each in changes.touched] == [
        ("company", folded.stream, None)
    ]
    assert [(each.kind, each.target_kind) for each in changes.audit] == [(folded.envelope.type, "company")]


def test_a_ticket_shows_each_of_its_events(ticket_event: Path, keys: Ring, before: Before, arrived: Arrive) -> None:
    folded = Folded(ticket_event, TICKETS.name, keys, before, arrived)
    changes, event = folded.changes, folded.envelope.data
    (row,) = changes.tickets
    assert (row.ticket_id, row.sequence) == (folded.stream, folded.sequence)
    was = folded.known.tickets.get(folded.stream)
    linked = changes.ticket_links != [] or changes.ticket_links_gone != []
    changed = was is None or replace(row, sequence=was.row.sequence) != was.row or linked
    gone = hasattr(event, "personal") and event.personal is None
    assert changed or gone or folded.envelope.type == "TicketTitleErased"
    assert linked == (folded.envelope.type in {"TicketOpened", "TicketLinked", "TicketUnlinked"})
    inboxes = {link.inbox_id for rows in (was, *changes.ticket_links) if rows for link in _links(rows)}
    assert [(each.kind, each.conversation_id, each.inbox_id) for each in changes.touched] == [
        ("ticket", folded.stream, inbox_id) for inbox_id in sorted(inboxes) or (None,)
    ]
    assert [(each.kind, each.target_kind) for each in changes.audit] == [(folded.envelope.type, "ticket")]


def _links(rows: Any) -> list[Any]:
    return list(rows.links.values()) if isinstance(rows, TicketRows) else [rows]


def test_the_workspace_shows_each_of_its_events(
    workspace_event: Path, keys: Ring, before: Before, arrived: Arrive, ignored: dict[str, dict[str, str]]
) -> None:
    folded = Folded(workspace_event, WORKSPACE.name, keys, before, arrived)
    after = workspace.copy(folded.known.workspace)
    for change in folded.changes.workspace:
        workspace.put(after, change)
    assert (after != folded.known.workspace) == (folded.envelope.type not in ignored["inbox-projection"])
    assert folded.changes.workspace and folded.changes.streams == {folded.stream: folded.sequence}


def test_the_quarantine_shows_records_and_their_release(
    quarantine_event: Path, keys: Ring, before: Before, arrived: Arrive
) -> None:
    folded = Folded(quarantine_event, CONVERSATIONS.name, keys, before, arrived)
    (row,) = folded.changes.quarantine.values()
    assert (row.quarantine_id, row.sequence) == (folded.stream, folded.sequence)
    assert (row.released_at is not None) == (folded.envelope.type == "QuarantineReleased")
    assert folded.stored() == folded.expected()


def test_a_filtered_mail_is_shown_with_what_caught_it(
    filtered_event: Path, keys: Ring, before: Before, arrived: Arrive
) -> None:
    folded = Folded(filtered_event, CONVERSATIONS.name, keys, before, arrived)
    event = folded.envelope.data
    assert folded.stored() == folded.expected() and folded.changes.streams == {folded.stream: folded.sequence}
    if folded.envelope.type == "FilteredAdmitted":
        (let_in,) = folded.changes.admitted
        assert (let_in.filtered_id, let_in.conversation_id) == (folded.stream, event.conversation_id)
        return
    (row,) = folded.changes.filtered
    assert (row.filtered_id, row.filter_id, row.filter_version) == (
        folded.stream,
        event.filter_id,
        event.filter_version,
    )
    assert (row.content is None) == (event.personal is None)


def test_an_outcome_can_be_asked_for(outcome_event: Path, keys: Ring, arrived: Arrive) -> None:
    folded = Folded(outcome_event, COMMAND_OUTCOMES.name, keys, lambda event: (), arrived)
    event = folded.envelope.data
    (row,) = folded.changes.outcomes.values()
    assert (row.command_id, row.state, row.code) == (event.command_id, event.state, event.code)
    assert folded.changes == Changes(outcomes={row.command_id: row})


def test_an_inbound_fact_is_counted_by_its_headers_alone(inbound_fact: Path) -> None:
    golden = read_golden(inbound_fact)
    fact = codec.decode(golden.headers, golden.value)
    record: Any = SimpleNamespace(
        topic=INBOUND_EMAIL.name, partition=0, offset=0, key=b"lane", value=b"not read", headers=golden.headers
    )
    batch = opened(sift([record], {}, COUNTED_TOPICS), {})
    key = (channel_of(record.topic), hour_of(fact.occurred_at), fact.type)
    assert fold(batch, Known(), {}) == Changes(received={key: 1})


def with_body(path: Path, topic: str) -> Arrived:
    golden = read_golden(path)
    return Arrived(topic, 0, 0, None, codec.decode(golden.headers, golden.value), None, golden.headers, golden.value)


def test_an_inbound_fact_that_came_with_its_body_changes_nothing(inbound_fact: Path) -> None:
    assert fold([with_body(inbound_fact, INBOUND_EMAIL.name)], Known(), {}) == Changes()


def test_a_command_changes_nothing(command: Path) -> None:
    assert fold([with_body(command, COMMANDS.name)], Known(), {}) == Changes()
