"""Who may save and delete which view of conversations, and that what it names is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from events.envelope import Actor
from events.saved_views import DeleteView, SaveView, ViewDeleted, ViewFilter, ViewSaved
from router.domain import errors
from router.domain.replies import agent_of
from router.domain.saved_view import SavedView, view_of
from router.domain.texts import is_plain
from router.domain.workspace_state import Workspace

MAX_NAME: Final = 120
MAX_LABEL: Final = 60
MAX_LABELS: Final = 20
MAX_SHARED: Final = 100
MAX_OWN: Final = 50
"""Views are counted each time that somebody looks: there are not too many."""


def save_view(command: SaveView, actor: Actor, state: Workspace) -> tuple[ViewSaved, ...]:
    """The view as it is from now on; `()` when it is so already. Anybody may change a shared one, nobody another
    agent's own: that is not even there. Raises InboxNotFound, TeamNotFound and AgentNotFound for what it names."""
    agent_id = agent_of(actor)
    if agent_id is None:
        raise errors.OnlyForAgents("Only an agent can save a view.")
    before = state.views.get(command.view_id)
    _check_mine(before, agent_id)
    owner_id = None if command.shared else agent_id
    if before is None or before.owner_id != owner_id:
        _check_room(owner_id, state.views)
    if not is_plain(command.name, MAX_NAME):
        raise errors.NameInvalid(f"A view's name is 1 to {MAX_NAME} characters on one line.")
    _check_filter(command.filter, state)
    saved = ViewSaved(
        view_id=command.view_id,
        owner_id=owner_id,
        name=command.name,
        filter=_tidied(command.filter),
        sort=command.sort,
    )
    return () if before == view_of(saved) else (saved,)


def delete_view(command: DeleteView, actor: Actor, known: Mapping[UUID, SavedView]) -> tuple[ViewDeleted, ...]:
    before = known.get(command.view_id)
    if before is None:
        raise errors.ViewNotFound("There is no such view.")
    _check_mine(before, agent_of(actor))
    return (ViewDeleted(view_id=command.view_id),)


def _tidied(wanted: ViewFilter) -> ViewFilter:
    """Each label once, and one assignee: whoever looks, or nobody, before a certain agent."""
    return msgspec.structs.replace(
        wanted,
        label=tuple(dict.fromkeys(wanted.label)),
        assignee_id=wanted.assignee_id if wanted.whose is None else None,
    )


def _check_mine(view: SavedView | None, agent_id: UUID | None) -> None:
    if view is not None and view.owner_id is not None and view.owner_id != agent_id:
        raise errors.ViewNotFound("There is no such view.")


def _check_room(owner_id: UUID | None, known: Mapping[UUID, SavedView]) -> None:
    most = MAX_SHARED if owner_id is None else MAX_OWN
    if sum(view.owner_id == owner_id for view in known.values()) >= most:
        raise errors.TooManyViews(f"There are at most {most} of these views; delete one first.")


def _check_filter(wanted: ViewFilter, state: Workspace) -> None:
    if wanted.inbox_id is not None:
        state.inbox(wanted.inbox_id)
    if wanted.team_id is not None:
        state.team(wanted.team_id)
    if wanted.assignee_id is not None:
        state.agent(wanted.assignee_id)
    if len(wanted.label) > MAX_LABELS or not all(is_plain(label, MAX_LABEL) for label in wanted.label):
        raise errors.LabelInvalid(f"At most {MAX_LABELS} labels, each of 1 to {MAX_LABEL} characters on one line.")
    if wanted.created_from is not None and wanted.created_to is not None and wanted.created_from > wanted.created_to:
        raise errors.ViewInvalid("What began within a time has begun before its end.")
