"""From what a request asks for, and the view that it names, to the filter of a list as it is for the caller."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from starlette.requests import Request

from events.saved_views import Sort
from inbox_projection.api.models.conversations import ConversationsAsked
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.reach import check_inbox
from inbox_projection.api.search import parsed
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, not_found
from inbox_projection.queries import labels, search, views
from inbox_projection.queries.conversation_filter import FILTERED, FIXED, Filter, View, seen_by


@dataclass(frozen=True)
class Wanted:
    """A list as it is for the caller."""

    filter: Filter
    sort: Sort


async def wanted(request: Request, asked: ConversationsAsked) -> Wanted:
    """What is given beside a view takes the place of what the view says.

    Raises Problem 404 for an inbox or a view that the caller does not see, 422 for the view of filtered mails.
    """
    caller = caller_of(request)
    view = None if asked.view is None else await _view(request, asked.view)
    found = Filter(inboxes=caller.reach)
    if view is not None:
        found = seen_by(view.filter, caller.agent_id, caller.reach)
    found = replace(found, **_given(asked, caller.agent_id))
    if found.inbox_id is not None:
        check_inbox(request, Permission.READ_CONVERSATIONS, found.inbox_id)
        found = replace(found, inboxes=None)
    if asked.q is not None:
        found = replace(found, found=await _found(request, asked.q))
    if asked.id:
        found = replace(found, found=_narrowed(found.found, asked.id))
    found = await labels.with_all_names(parts_of(request).database, found)
    sort: Sort = asked.sort or (view.sort if view is not None else "newest")
    return Wanted(found, sort)


def _narrowed(found: tuple[UUID, ...] | None, ids: list[UUID]) -> tuple[UUID, ...]:
    """Of these ids those that a search found, where there is one."""
    return tuple(one for one in dict.fromkeys(ids) if found is None or one in found)


def _given(asked: ConversationsAsked, me: UUID) -> dict[str, Any]:
    """The fields of a filter that the request names itself."""
    given: dict[str, Any] = {
        "inbox_id": asked.inbox_id,
        "status": tuple(dict.fromkeys(asked.status)),
        "assignee": me if asked.assignee_id == "me" else asked.assignee_id,
        "team_id": asked.team_id,
        "label": tuple(dict.fromkeys(asked.label)),
        "channel": tuple(dict.fromkeys(asked.channel)),
        "contact_id": asked.contact_id,
        "waiting_on": asked.waiting_on,
        "mentioned": None if asked.mentioned is None else me,
        "created_from": asked.created_from,
        "created_to": asked.created_to,
    }
    return {name: value for name, value in given.items() if value not in (None, ())}


async def _view(request: Request, name: str | UUID) -> View:
    if name == FILTERED:
        raise Problem(422, "not-conversations", "Filtered mails are no conversations: GET /filtered-messages has them.")
    if isinstance(name, str):
        return FIXED[name]
    row = await views.one(parts_of(request).database, name, caller_of(request))
    if row is None:
        raise not_found("view")
    return views.view_of(row)


async def _found(request: Request, q: str) -> tuple[UUID, ...]:
    """Conversations that a search finds; of which status they may be, the list says."""
    caller, database = caller_of(request), parts_of(request).database
    query = parsed(q, caller.zone)
    return tuple(await search.conversations(database, query, me=caller.agent_id, reach=caller.reach, any_status=True))
