"""A batch of events, folded over the rows that it concerns into the changes to be written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

from events import catalog
from events.contacts import ContactCreated, ContactErased, HandleLinked
from events.conversations import (
    ConversationOpened,
    InboundFiltered,
    InboundQuarantined,
    MessageAppended,
    PersonalDataErased,
    QuarantineReleased,
)
from events.envelope import AnyEnvelope, Envelope
from events.values import MessageFacts
from inbox_projection.views import audit, contact, filtered, inbox, outcomes, quarantine, thread, workspace
from inbox_projection.views.changes import Arrived, Changes, Known
from inbox_projection.views.order import Holes, check
from inbox_projection.views.reconciliation import channel_of, count_received, count_stored
from inbox_projection.views.rows import ConversationRow, DeliveryRow, FeedRow, Line


def fold(batch: Iterable[Arrived], known: Known, holes: Holes) -> Changes:
    """The changes that the batch makes.

    Events of one stream must come in their order, of different streams in any. `known` is not changed.
    Raises SequenceGap, SequenceRepeated.
    """
    folding = _Folding(known, holes)
    for record in batch:
        envelope = record.envelope
        if envelope is None:
            count_received(folding.changes.received, record.topic, record.headers)
        else:
            kind = type(envelope.data)
            _FOLDERS[kind](folding, record, envelope)
            if envelope.actor.kind == "agent" and kind in audit.AUDITED:
                folding.audited(envelope)
    return folding.finished()


class _Conversation:
    """A conversation while a batch is folded: one look-up for each event."""

    __slots__ = ("known", "record", "row")

    def __init__(self, known: ConversationRow | None, row: ConversationRow, record: Arrived) -> None:
        self.known, self.row, self.record = known, row, record


class _Folding:
    """The working set of one fold."""

    def __init__(self, known: Known, holes: Holes) -> None:
        self.changes = Changes()
        self._known = known
        self._holes = holes
        self._streams = dict(known.streams)
        self._conversations: dict[UUID, _Conversation] = {}
        self._contacts = dict(known.contacts)
        self._quarantine = dict(known.quarantine)
        self._workspace = workspace.copy(known.workspace)
        self._replies: dict[tuple[UUID, UUID], int] = {}

    def finished(self) -> Changes:
        """The changes, with those of the index of labels against what is known to be there."""
        changes = self.changes
        for each in self._conversations.values():
            row, known, record = each.row, each.known, each.record
            (changes.new_conversations if known is None else changes.changed_conversations).append(row)
            changes.touched.append(
                FeedRow(
                    kind="conversation",
                    conversation_id=row.conversation_id,
                    inbox_id=row.inbox_id,
                    sequence=row.sequence,
                    topic=record.topic,
                    partition=record.partition,
                    position=record.position,
                )
            )
            if row.labels or (known is not None and known.labels):
                before = {} if known is None else {label.label: label for label in inbox.labels_of(known)}
                after = {label.label: label for label in inbox.labels_of(row)}
                changes.labels.extend(label for label in after.values() if before.get(label.label) != label)
                changes.labels_gone.extend((row.conversation_id, label) for label in before if label not in after)
        return changes

    def conversation(self, record: Arrived, envelope: AnyEnvelope) -> None:
        stream, event = envelope.stream, envelope.data
        folded = self._conversations.get(stream)
        before = self._known.conversations.get(stream) if folded is None else folded.row
        self._check(envelope, None if before is None else before.sequence)
        if before is not None:
            row = inbox.project(envelope, record.key_id, before)
        elif type(event) is ConversationOpened:
            row = inbox.opened(envelope, record.key_id)
        else:
            self._remember(envelope)
            if type(event) is PersonalDataErased:
                self.changes.erased_filtered.append(stream)
            return
        if folded is None:
            self._conversations[stream] = _Conversation(before, row, record)
        else:
            folded.row, folded.record = row, record
        self._thread(record, envelope)

    def _thread(self, record: Arrived, envelope: AnyEnvelope) -> None:
        changes, event = self.changes, envelope.data
        made = thread.project(envelope, record.key_id)
        if type(made) is Line:
            if made.delivery is not None:
                self._replies[made.conversation_id, made.message_id] = len(changes.lines)
            changes.lines.append(made)
            kind = type(event)
            if kind is ConversationOpened or kind is MessageAppended:
                self._came_in(event.message)
            elif kind is PersonalDataErased:
                changes.erased.append((envelope.stream, event.contact_id))
            return
        assert type(made) is DeliveryRow
        reply = (made.conversation_id, made.message_id)
        index = self._replies.get(reply)
        if index is None:
            changes.deliveries[reply] = made
        else:
            changes.lines[index] = thread.delivered(changes.lines[index], made)

    def _came_in(self, facts: MessageFacts) -> None:
        count_stored(self.changes.stored, facts.channel, facts.received_at, "appended")
        last = self.changes.last_in.get(facts.channel_id)
        if last is None or facts.received_at > last:
            self.changes.last_in[facts.channel_id] = facts.received_at

    def contact(self, record: Arrived, envelope: AnyEnvelope) -> None:
        stream, changes, event = envelope.stream, self.changes, envelope.data
        before = self._contacts.get(stream)
        self._check(envelope, None if before is None else before.sequence)
        if before is not None:
            row = contact.project(envelope, before)
        elif isinstance(event, ContactCreated):
            row = contact.created(envelope)
        else:
            self._remember(envelope)
            return
        self._contacts[stream] = row
        if before is None or stream in changes.new_contacts:
            changes.new_contacts[stream] = row
        else:
            changes.changed_contacts[stream] = row
        if isinstance(event, HandleLinked):
            linked = contact.linked(envelope)
            if linked is not None:
                changes.linked.append(linked)
        elif isinstance(event, ContactErased):
            changes.erased_contacts.append(stream)

    def workspace(self, record: Arrived, envelope: AnyEnvelope) -> None:
        self._check(envelope, None)
        self._remember(envelope)
        for change in workspace.project(envelope, self._workspace):
            workspace.put(self._workspace, change)
            self.changes.workspace.append(change)

    def filtered(self, record: Arrived, envelope: Envelope[InboundFiltered]) -> None:
        self._check(envelope, None)
        self._remember(envelope)
        row = filtered.filtered(envelope, record.key_id)
        self.changes.filtered.append(row)
        count_stored(self.changes.stored, row.channel, row.at, "filtered")

    def audited(self, envelope: AnyEnvelope) -> None:
        row = audit.noted(envelope)
        if row is not None:
            self.changes.audit.append(row)

    def quarantined(self, record: Arrived, envelope: Envelope[InboundQuarantined]) -> None:
        before = self._quarantine.get(envelope.stream)
        self._check(envelope, None if before is None else before.sequence)
        row = quarantine.quarantined(envelope)
        self._quarantine[envelope.stream] = self.changes.quarantine[envelope.stream] = row
        count_stored(self.changes.stored, channel_of(row.topic), row.quarantined_at, "quarantined")

    def released(self, record: Arrived, envelope: Envelope[QuarantineReleased]) -> None:
        before = self._quarantine.get(envelope.stream)
        self._check(envelope, None if before is None else before.sequence)
        if before is None:
            self._remember(envelope)
            return
        row = quarantine.released(envelope, before)
        self._quarantine[envelope.stream] = self.changes.quarantine[envelope.stream] = row
        count_stored(self.changes.stored, channel_of(row.topic), envelope.occurred_at, "released")

    def outcome(self, record: Arrived, envelope: AnyEnvelope) -> None:
        row = outcomes.handled(envelope)
        self.changes.outcomes[row.command_id] = row

    def uninteresting(self, record: Arrived, envelope: AnyEnvelope) -> None:
        """Commands and inbound facts that came with their bodies say nothing to the views."""

    def _check(self, envelope: AnyEnvelope, last: int | None) -> None:
        """`last` is the sequence of the stream's row, if it has one."""
        stream = envelope.stream
        check(stream, self._streams.get(stream, 0) if last is None else last, envelope.sequence, self._holes)

    def _remember(self, envelope: AnyEnvelope) -> None:
        """Keeps the sequence of a stream that has no row to hold it, such as one whose beginning is a dead letter."""
        self._streams[envelope.stream] = self.changes.streams[envelope.stream] = envelope.sequence


_Folder = Callable[[_Folding, Arrived, Any], None]
_BY_FAMILY: Final[dict[str, _Folder]] = {
    "conversations": _Folding.conversation,
    "contacts": _Folding.contact,
    "workspace": _Folding.workspace,
    "outcomes": _Folding.outcome,
    "inbound": _Folding.uninteresting,
    "commands": _Folding.uninteresting,
}
_FOLDERS: Final[dict[type, _Folder]] = {
    **{cls: folder for family, folder in _BY_FAMILY.items() for cls in catalog.members(family)},
    InboundFiltered: _Folding.filtered,
    InboundQuarantined: _Folding.quarantined,
    QuarantineReleased: _Folding.released,
}
