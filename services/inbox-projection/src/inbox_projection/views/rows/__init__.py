"""The rows of the views, one struct for each table; the fields are its columns, in its order."""

from inbox_projection.views.rows.contacts import (
    CompanyChange,
    CompanyRow,
    ContactPropertyRow,
    ContactRow,
    LinkedHandleRow,
    TimelineRow,
)
from inbox_projection.views.rows.conversations import ConversationRow, DeliveryRow, LabelRow, Line, ReadMarkRow
from inbox_projection.views.rows.inbound import AdmittedRow, CountRow, FilteredRow, QuarantineRow
from inbox_projection.views.rows.operations import AuditRow, FeedRow, NotificationRow, OutcomeRow, StreamRow
from inbox_projection.views.rows.row import Row
from inbox_projection.views.rows.tickets import TicketLinkRow, TicketRow
from inbox_projection.views.rows.workspace import (
    ActivityRow,
    AgentRow,
    AvatarRow,
    ChannelRow,
    DefinedLabelRow,
    EmailFiltersRow,
    InboxRow,
    PipelineRow,
    RuleSetRow,
    SnippetRow,
    TeamRow,
    ViewRow,
)

__all__ = [
    "ActivityRow",
    "AdmittedRow",
    "AgentRow",
    "AuditRow",
    "AvatarRow",
    "ChannelRow",
    "CompanyChange",
    "CompanyRow",
    "ContactPropertyRow",
    "ContactRow",
    "ConversationRow",
    "CountRow",
    "DefinedLabelRow",
    "DeliveryRow",
    "EmailFiltersRow",
    "FeedRow",
    "FilteredRow",
    "InboxRow",
    "LabelRow",
    "Line",
    "LinkedHandleRow",
    "NotificationRow",
    "OutcomeRow",
    "PipelineRow",
    "QuarantineRow",
    "ReadMarkRow",
    "Row",
    "RuleSetRow",
    "SnippetRow",
    "StreamRow",
    "TeamRow",
    "TicketLinkRow",
    "TicketRow",
    "TimelineRow",
    "ViewRow",
]
