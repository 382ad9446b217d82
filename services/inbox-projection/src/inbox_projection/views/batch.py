"""A batch of events, folded over the rows that it concerns into the changes to be written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from events import catalog
from events.channel_tests import ChannelTestNoted
from events.contacts import ContactCreated, ContactErased, HandleLinked, HandleUnlinked
from events.conversations import (
    ConversationOpened,
    ConversationReadMarked,
    ConversationStarted,
    FilteredAdmitted,
    InboundFiltered,
    InboundQuarantined,
    MessageAppended,
    PersonalDataErased,
    QuarantineReleased,
    QuarantineRetryFailed,
    QuarantineRetryRequested,
    ReplyQueued,
)
from events.envelope import AnyEnvelope, Envelope
from events.tickets import TicketOpened
from events.values import MessageFacts
from events.workspace import ChannelDisconnected, ChannelHealthNoted
from inbox_projection.views import (
    attention,
    audit,
    company,
    contact,
    filtered,
    inbox,
    notifications,
    outcomes,
    quarantine,
    thread,
    ticket,
    timeline,
    workspace,
    workspace_told,
)
from inbox_projection.views.changes import Arrived, Changes, Known
from inbox_projection.views.fed import also_touched, fed
from inbox_projection.views.order import Holes, check
from inbox_projection.views.reconciliation import channel_of, count_received, count_stored
from inbox_projection.views.rows import (
    ChannelRow,
    CompanyRow,
    ConversationRow,
    DeliveryRow,
    FeedRow,
    Line,
    NotificationRow,
    QuarantineRow,
)
from inbox_projection.views.ticket import TicketRows
from service_kit.notices import silenced, tells


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
        self._tickets: dict[UUID, tuple[TicketRows, Arrived]] = {}
        self._quarantine = dict(known.quarantine)
        self._workspace = workspace.copy(known.workspace)
        self._replies: dict[tuple[UUID, UUID], int] = {}
        self._told: dict[tuple[str, UUID | None, UUID | None], FeedRow] = {}

    def finished(self) -> Changes:
        """The changes, with those of the index of labels against what is known to be there."""
        changes = self.changes
        for each in self._conversations.values():
            row, known, record = each.row, each.known, each.record
            (changes.new_conversations if known is None else changes.changed_conversations).append(row)
            changes.touched.append(fed(record, "conversation", row.conversation_id, row.inbox_id, row.sequence))
            changes.touched.extend(also_touched(known, row, changes.touched[-1]))
            if row.labels or row.mentioned_ids or (known is not None and known.labels):
                before = {} if known is None else {label.label: label for label in inbox.labels_of(known)}
                after = {label.label: label for label in inbox.labels_of(row)}
                changes.labels.extend(label for label in after.values() if before.get(label.label) != label)
                changes.labels_gone.extend((row.conversation_id, label) for label in before if label not in after)
        for ticket_id, (rows, record) in self._tickets.items():
            self._ticket_changed(ticket_id, rows, record)
        changes.touched.extend(self._told.values())
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
        elif type(event) is ConversationStarted:
            row = inbox.started(envelope, record.key_id)
        else:
            self._remember(envelope)
            if type(event) is PersonalDataErased:
                self.changes.erased_filtered.append(stream)
            return
        row = attention.noted(envelope, before, row)
        if folded is None:
            self._conversations[stream] = _Conversation(before, row, record)
        else:
            folded.row, folded.record = row, record
        if tells(type(event)) and not silenced(event, muted=row.muted):
            self._notify(record, notifications.of_conversation(envelope, before, row))
        if type(event) is ConversationReadMarked:
            self.changes.read_marks[stream, event.agent_id] = notifications.read_mark(envelope)
        self._thread(record, envelope, row)

    def _notify(self, record: Arrived, made: Iterable[NotificationRow]) -> None:
        """The newest of each; the feed says once for each inbox and agent that there is something."""
        for row in made:
            self.changes.notifications[row.notification_id] = row
            self.changes.withdrawn.discard(row.notification_id)
            self._tell(record, "notification", row.agent_id, row.inbox_id, row.sequence)

    def _withdraw(self, record: Arrived, envelope: AnyEnvelope, channel: ChannelRow | None) -> None:
        """What a channel's trouble told, once it is over."""
        over = notifications.withdrawn(envelope.data, channel)
        if over is not None and channel is not None:
            self.changes.notifications.pop(over, None)
            self.changes.withdrawn.add(over)
            self._tell(record, "notification", None, channel.inbox_id, envelope.sequence)

    def _tell(
        self,
        record: Arrived,
        kind: str,
        changed: UUID | None = None,
        inbox_id: UUID | None = None,
        sequence: int | None = None,
    ) -> None:
        """What the feed says once, however often the batch gives cause for it."""
        self._told[kind, changed, inbox_id] = fed(record, kind, changed, inbox_id, sequence)

    def _thread(self, record: Arrived, envelope: AnyEnvelope, row: ConversationRow) -> None:
        changes, event = self.changes, envelope.data
        made = thread.project(envelope, record.key_id)
        if type(made) is Line:
            if made.delivery is not None:
                self._replies[made.conversation_id, made.message_id] = len(changes.lines)
            changes.lines.append(made)
            kind = type(event)
            if kind is ConversationOpened or kind is MessageAppended:
                self._came_in(event.message)
            elif kind is ReplyQueued and event.written_as is not None:
                self._came_in(event.written_as)
            elif kind in timeline.OF_CONVERSATIONS:
                changes.timeline.append(timeline.of_conversation(envelope, row.contact_id))
            elif kind is PersonalDataErased:
                changes.erased.append((envelope.stream, event.contact_id))
            return
        if made is None:
            return
        assert type(made) is DeliveryRow
        reply = (made.conversation_id, made.message_id)
        index = self._replies.get(reply)
        if index is None:
            before = changes.deliveries.get(reply)
            if before is not None and made.released_at is None:
                made = replace(made, released_at=before.released_at)
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
        for changed in contact.shown_anew(before, row):
            self._tell(record, "contact", changed)
        if before is None or stream in changes.new_contacts:
            changes.new_contacts[stream] = row
        else:
            changes.changed_contacts[stream] = row
        if isinstance(event, HandleLinked):
            linked = contact.linked(envelope)
            if linked is not None:
                changes.linked.append(linked)
        elif isinstance(event, HandleUnlinked) and before is not None:
            gone = contact.unlinked(envelope, before)
            changes.unlinked.extend(gone)
            names = {(each.contact_id, each.kind, each.value) for each in gone}
            changes.linked = [each for each in changes.linked if (each.contact_id, each.kind, each.value) not in names]
        elif isinstance(event, ContactErased):
            changes.erased_contacts.append(stream)
        entry = timeline.of_contact(envelope)
        if entry is not None:
            changes.timeline.append(entry)

    def company(self, record: Arrived, envelope: AnyEnvelope) -> None:
        self._check(envelope, None)
        self._remember(envelope)
        stream, changes = envelope.stream, self.changes
        made = company.project(envelope)
        if isinstance(made, CompanyRow):
            changes.new_companies[stream] = made
        elif stream in changes.new_companies:
            changes.new_companies[stream] = company.changed(changes.new_companies[stream], made)
        elif stream in changes.changed_companies:
            changes.changed_companies[stream] = company.later(changes.changed_companies[stream], made)
        else:
            changes.changed_companies[stream] = made
        self._tell(record, "company", stream, sequence=envelope.sequence)

    def ticket(self, record: Arrived, envelope: AnyEnvelope) -> None:
        stream = envelope.stream
        folded = self._tickets.get(stream)
        before = self._known.tickets.get(stream) if folded is None else folded[0]
        self._check(envelope, None if before is None else before.row.sequence)
        if before is not None:
            self._tickets[stream] = (ticket.project(envelope, record.key_id, before), record)
        elif type(envelope.data) is TicketOpened:
            self._tickets[stream] = (ticket.opened(envelope, record.key_id), record)
        else:
            self._remember(envelope)

    def _ticket_changed(self, ticket_id: UUID, rows: TicketRows, record: Arrived) -> None:
        """The ticket's row, the links that are new, others or gone, and what the feed says in each of its inboxes."""
        changes, known = self.changes, self._known.tickets.get(ticket_id)
        before = {} if known is None else known.links
        changes.tickets.append(rows.row)
        changes.ticket_links.extend(link for each, link in rows.links.items() if before.get(each) != link)
        changes.ticket_links_gone.extend((each, ticket_id) for each in before if each not in rows.links)
        inboxes = ticket.inboxes_of(known, rows)
        for inbox_id in inboxes or (None,):
            changes.touched.append(fed(record, "ticket", ticket_id, inbox_id, rows.row.sequence))
        had = None if known is None or inboxes else known.row.assignee_id
        if had not in (None, rows.row.assignee_id, rows.row.opened_by):
            changes.touched.append(fed(record, "ticket_left", ticket_id, had, rows.row.sequence))

    def workspace(self, record: Arrived, envelope: AnyEnvelope) -> None:
        self._check(envelope, None)
        self._remember(envelope)
        if isinstance(envelope.data, ChannelHealthNoted):
            channel = self._workspace.channels.get(envelope.data.channel_id)
            self._notify(record, notifications.of_channel(envelope, channel))
        elif isinstance(envelope.data, ChannelTestNoted) and envelope.data.message is not None:
            self._came_in(envelope.data.message)
        for change in workspace.project(envelope, self._workspace):
            for kind, changed in workspace_told.of_change(change, self._workspace):
                self._tell(record, kind, changed)
            workspace.put(self._workspace, change)
            self.changes.workspace.append(change)
        if isinstance(envelope.data, ChannelHealthNoted | ChannelDisconnected):
            self._withdraw(record, envelope, self._workspace.channels.get(envelope.data.channel_id))

    def filtered(self, record: Arrived, envelope: Envelope[InboundFiltered]) -> None:
        self._check(envelope, None)
        self._remember(envelope)
        row = filtered.filtered(envelope, record.key_id)
        self.changes.filtered.append(row)
        self._tell(record, "filtered", inbox_id=row.inbox_id)
        count_stored(self.changes.stored, row.channel, row.at, "filtered")

    def admitted(self, record: Arrived, envelope: Envelope[FilteredAdmitted]) -> None:
        self._check(envelope, None)
        self._remember(envelope)
        self.changes.admitted.append(filtered.admitted(envelope))
        self._tell(record, "filtered", inbox_id=envelope.data.inbox_id)
        count_stored(self.changes.stored, envelope.data.channel, envelope.data.received_at, "admitted")

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
        before = self._in_quarantine(envelope)
        if before is None:
            return
        row = quarantine.released(envelope, before)
        self._quarantine[envelope.stream] = self.changes.quarantine[envelope.stream] = row
        count_stored(self.changes.stored, channel_of(row.topic), envelope.occurred_at, "released")

    def retried(self, record: Arrived, envelope: Envelope[QuarantineRetryRequested | QuarantineRetryFailed]) -> None:
        before = self._in_quarantine(envelope)
        if before is None:
            return
        row = quarantine.retried(envelope, before)
        self._quarantine[envelope.stream] = self.changes.quarantine[envelope.stream] = row

    def _in_quarantine(self, envelope: AnyEnvelope) -> QuarantineRow | None:
        """What is known of it; None where its beginning is a dead letter."""
        before = self._quarantine.get(envelope.stream)
        self._check(envelope, None if before is None else before.sequence)
        if before is None:
            self._remember(envelope)
        return before

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
    "companies": _Folding.company,
    "tickets": _Folding.ticket,
    "workspace": _Folding.workspace,
    "outcomes": _Folding.outcome,
    "inbound": _Folding.uninteresting,
    "commands": _Folding.uninteresting,
}
_FOLDERS: Final[dict[type, _Folder]] = {
    **{cls: folder for family, folder in _BY_FAMILY.items() for cls in catalog.members(family)},
    InboundFiltered: _Folding.filtered,
    FilteredAdmitted: _Folding.admitted,
    InboundQuarantined: _Folding.quarantined,
    QuarantineReleased: _Folding.released,
    QuarantineRetryRequested: _Folding.retried,
    QuarantineRetryFailed: _Folding.retried,
}
