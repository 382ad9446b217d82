"""Rows of the workspace: inboxes, teams, agents, channels and what they share."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from events.notifications import KINDS
from inbox_projection.views.rows.row import Row


class InboxRow(Row, frozen=True, kw_only=True, gc=False):
    inbox_id: UUID
    name: str
    slug: str
    fallback_channel_id: UUID | None
    fallback_address: str | None
    team_ids: tuple[UUID, ...]
    member_ids: tuple[UUID, ...]
    signature: str
    quote_history: bool
    archived: bool
    assign_first_answer: bool
    reopen_days: int
    business_hours: str | None
    created_at: datetime


class TeamRow(Row, frozen=True, kw_only=True, gc=False):
    team_id: UUID
    name: str
    member_ids: tuple[UUID, ...]
    created_at: datetime


class AgentRow(Row, frozen=True, kw_only=True, gc=False):
    agent_id: UUID
    role: str
    deactivated: bool
    availability: str
    available_until: datetime | None
    chosen: str
    chosen_until: datetime | None
    capacity: int | None
    language: str
    time_zone: str
    name: str
    email: str
    meeting_url: str
    signature: str
    created_at: datetime
    told_in_app: tuple[str, ...] = KINDS
    told_by_mail: tuple[str, ...] = ()
    mail_rhythm: str = "at_once"


class ChannelRow(Row, frozen=True, kw_only=True, gc=False):
    channel_id: UUID
    inbox_id: UUID
    kind: str
    address: str | None
    from_name: str
    fallback: bool
    settings: str
    connected_at: datetime
    disconnected_at: datetime | None
    health_state: str
    health_reason: str
    health_since: datetime
    health_part: str | None
    health_parts: str


class ActivityRow(Row, frozen=True, kw_only=True, gc=False):
    """A message came in by this channel at this time; the table keeps the greatest."""

    channel_id: UUID
    last_in_at: datetime


class AvatarRow(Row, frozen=True, kw_only=True, gc=False):
    """The picture that an agent is shown with; of one removed, or erased, nothing but that. `version` grows."""

    agent_id: UUID
    version: int
    content_type: str | None
    image: bytes | None


class RuleSetRow(Row, frozen=True, kw_only=True, gc=False):
    state: str
    version: int
    rules: str
    changed_at: datetime
    changed_by: str


class EmailFiltersRow(Row, frozen=True, kw_only=True, gc=False):
    """A version of the e-mail filters, whole; older ones stay, for mails that they caught."""

    version: int
    filters: str
    switches: str
    set_at: datetime
    set_by: str


class PipelineRow(Row, frozen=True, kw_only=True, gc=False):
    pipeline_id: UUID
    name: str
    stages: str
    created_at: datetime


class SnippetRow(Row, frozen=True, kw_only=True, gc=False):
    """A snippet as it was last saved; of a deleted one nothing but that."""

    snippet_id: UUID
    owner_id: UUID | None
    name: str
    folder: str
    text: str
    html: str | None
    attachments: str
    changed_at: datetime
    changed_by: str
    deleted: bool


class DefinedLabelRow(Row, frozen=True, kw_only=True, gc=False):
    """A label that the team has agreed on. Of a deleted one nothing else is left."""

    label_id: UUID
    name: str
    color: str
    former_names: tuple[str, ...]
    changed_at: datetime
    changed_by: str
    deleted: bool


class ViewRow(Row, frozen=True, kw_only=True, gc=False):
    """A view that an agent saved; `filter` is a ViewFilter as JSON. Of a deleted one nothing else is left."""

    view_id: UUID
    owner_id: UUID | None
    name: str
    inbox_id: UUID | None
    filter: str
    sort: str
    changed_at: datetime
    changed_by: str
    deleted: bool
