"""What a batch is folded over, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from events.envelope import AnyEnvelope
from inbox_projection.views.reconciliation import Header, Tally
from inbox_projection.views.rows import (
    AdmittedRow,
    AuditRow,
    CompanyChange,
    CompanyRow,
    ContactRow,
    ConversationRow,
    DeliveryRow,
    FeedRow,
    FilteredRow,
    LabelRow,
    Line,
    LinkedHandleRow,
    NotificationRow,
    OutcomeRow,
    QuarantineRow,
    ReadMarkRow,
    TicketLinkRow,
    TicketRow,
    TimelineRow,
)
from inbox_projection.views.ticket import TicketRows
from inbox_projection.views.workspace import WorkspaceChange, WorkspaceRows


class Arrived(Protocol):
    """A record as the projector hands it on; `envelope` is None where only the headers count."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def position(self) -> int | None: ...
    @property
    def envelope(self) -> AnyEnvelope | None: ...
    @property
    def key_id(self) -> UUID | None: ...
    @property
    def headers(self) -> Sequence[Header]: ...


@dataclass(slots=True)
class Known:
    """The rows, as they are, of the streams that a batch speaks of."""

    conversations: dict[UUID, ConversationRow] = field(default_factory=dict)
    contacts: dict[UUID, ContactRow] = field(default_factory=dict)
    quarantine: dict[UUID, QuarantineRow] = field(default_factory=dict)
    tickets: dict[UUID, TicketRows] = field(default_factory=dict)
    workspace: WorkspaceRows = field(default_factory=WorkspaceRows)
    streams: dict[UUID, int] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What to write. New rows are apart from changed ones, because the one is an insert, the other an update.

    `touched` has one row for each conversation of the batch, however many events it had.
    `withdrawn` are notifications that go; none of them is among `notifications`.
    `unlinked` are handles whose rows of a lesser sequence go.
    `erased` are (conversation, key) pairs: whatever that key sealed there is blanked, after everything else.
    `erased_filtered` are streams of filtered mails whose own keys are gone (of other streams, too: they have no row).
    """

    new_conversations: list[ConversationRow] = field(default_factory=list)
    changed_conversations: list[ConversationRow] = field(default_factory=list)
    labels: list[LabelRow] = field(default_factory=list)
    labels_gone: list[tuple[UUID, str]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    deliveries: dict[tuple[UUID, UUID], DeliveryRow] = field(default_factory=dict)
    erased: list[tuple[UUID, UUID]] = field(default_factory=list)
    filtered: list[FilteredRow] = field(default_factory=list)
    erased_filtered: list[UUID] = field(default_factory=list)
    admitted: list[AdmittedRow] = field(default_factory=list)
    audit: list[AuditRow] = field(default_factory=list)
    new_contacts: dict[UUID, ContactRow] = field(default_factory=dict)
    changed_contacts: dict[UUID, ContactRow] = field(default_factory=dict)
    linked: list[LinkedHandleRow] = field(default_factory=list)
    unlinked: list[LinkedHandleRow] = field(default_factory=list)
    timeline: list[TimelineRow] = field(default_factory=list)
    new_companies: dict[UUID, CompanyRow] = field(default_factory=dict)
    changed_companies: dict[UUID, CompanyChange] = field(default_factory=dict)
    erased_contacts: list[UUID] = field(default_factory=list)
    tickets: list[TicketRow] = field(default_factory=list)
    ticket_links: list[TicketLinkRow] = field(default_factory=list)
    ticket_links_gone: list[tuple[UUID, UUID]] = field(default_factory=list)
    notifications: dict[UUID, NotificationRow] = field(default_factory=dict)
    withdrawn: set[UUID] = field(default_factory=set)
    read_marks: dict[tuple[UUID, UUID], ReadMarkRow] = field(default_factory=dict)
    workspace: list[WorkspaceChange] = field(default_factory=list)
    quarantine: dict[UUID, QuarantineRow] = field(default_factory=dict)
    outcomes: dict[UUID, OutcomeRow] = field(default_factory=dict)
    streams: dict[UUID, int] = field(default_factory=dict)
    last_in: dict[UUID, datetime] = field(default_factory=dict)
    received: Tally = field(default_factory=dict)
    stored: Tally = field(default_factory=dict)
    touched: list[FeedRow] = field(default_factory=list)
