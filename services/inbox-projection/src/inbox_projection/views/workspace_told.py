"""What the feed says of a change of the workspace, so that pages that show it read it anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from inbox_projection.views.rows import (
    AgentRow,
    AvatarRow,
    ChannelRow,
    ContactPropertyRow,
    DefinedLabelRow,
    EmailFiltersRow,
    InboxRow,
    PipelineRow,
    RuleSetRow,
    SnippetRow,
    TeamRow,
    ViewRow,
)
from inbox_projection.views.workspace import PipelineGone, TeamGone, WorkspaceChange, WorkspaceRows

_ALL: Final[dict[type, str]] = {
    InboxRow: "inbox",
    TeamRow: "team",
    TeamGone: "team",
    DefinedLabelRow: "label",
    ChannelRow: "channel",
    RuleSetRow: "rules",
    EmailFiltersRow: "filters",
    PipelineRow: "pipeline",
    PipelineGone: "pipeline",
    ContactPropertyRow: "property",
    SnippetRow: "snippet",
}


def of_change(change: WorkspaceChange, rows: WorkspaceRows) -> Iterator[tuple[str, UUID | None]]:
    """Kinds of the feed, each with what it names; `rows` are as they were before the change.

    An `agent` is named. A `view` names the agent to whom alone it belongs and did: others need not know of it.
    """
    match change:
        case AgentRow() | AvatarRow():
            yield "agent", change.agent_id
        case ViewRow():
            before = rows.views.get(change.view_id)
            owners = {one.owner_id for one in (before, change) if one is not None and not one.deleted}
            yield "view", owners.pop() if len(owners) == 1 else None
        case _:
            kind = _ALL.get(type(change))
            if kind is not None:
                yield kind, None
