"""The search over conversations, contacts, tickets and companies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.search import Found, SearchAsked
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.authors import author
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem
from inbox_projection.queries import conversations, search, search_things, tickets
from inbox_projection.views.search import language
from inbox_projection.views.search.marks import Highlight

router = APIRouter(route_class=GuardedRoute, tags=["search"])
_PAGES: Final = {"conversation": "conversations", "contact": "contacts", "ticket": "tickets", "company": "companies"}


@router.get("/search", responses=answers.gives(Page[Found], what="The newest first."))
@policy(Permission.READ_CONVERSATIONS)
async def find(request: Request, asked: Annotated[SearchAsked, Query()]) -> Response:
    """Of messages, comments, subjects, names, addresses and names of files. What arrived in the last seconds may not be
    found yet. A page may be short, or empty, and yet have a next one: where very much had to be looked through."""
    caller, database = caller_of(request), parts_of(request).database
    query = parsed(asked.q, caller.zone, operators=asked.type == "conversation")
    after = None if asked.cursor is None else cursors.decode(asked.cursor, search.Place)
    items: list[dict[str, Any]]
    if asked.type == "conversation":
        found = await search.page(database, query, after, asked.limit, me=caller.agent_id, reach=caller.reach)
        items, further = [_conversation(one) for one in found.found], found.next
    else:
        reader = tickets.Reader(caller.agent_id, caller.reach, manages=caller.role != "agent")
        things = await search_things.page(database, asked.type, query, after, asked.limit, reader)
        items = [_item(asked.type, one.shaped, one.highlights, []) for one in things.found]
        further = things.next
    return answers.json({"items": items, "next_cursor": None if further is None else cursors.encode(further)})


def parsed(text: str, zone: tzinfo, *, operators: bool = True) -> language.Query:
    """What is asked for by somebody who lives in that zone. Raises Problem 422 when it is too much."""
    try:
        return language.parse(text, operators=operators, zone=zone)
    except language.TooManyWords as error:
        raise Problem(422, "too-many-words", f"{str(error).capitalize()}.") from None


def _conversation(found: search.Found) -> dict[str, Any]:
    shaped = conversations.shaped(found.conversation)
    hits = [_hit(one, shaped["id"]) for one in found.hits]
    return _item("conversation", shaped, found.hits[0].highlights if found.hits else [], hits)


def _item(
    kind: str, shaped: dict[str, Any], highlights: Iterable[Highlight], hits: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "type": kind,
        "id": shaped["id"],
        "link": f"/{_PAGES[kind]}/{shaped['id']}",
        "highlights": _highlights(highlights),
        "hits": hits,
        "conversation": None,
        "contact": None,
        "ticket": None,
        "company": None,
        kind: shaped,
    }


def _hit(hit: search.Hit, conversation_id: UUID) -> dict[str, Any]:
    row = hit.row
    return {
        "message_id": row["message_id"],
        "sequence": row["sequence"],
        "kind": row["kind"],
        "direction": row["direction"],
        "author": author(row),
        "sent_at": row["at"],
        "link": f"/conversations/{conversation_id}#message-{row['message_id']}",
        "highlights": _highlights(hit.highlights),
    }


def _highlights(found: Iterable[Highlight]) -> list[dict[str, Any]]:
    return [
        {"field": each.field, "pieces": [{"text": piece.text, "match": piece.match} for piece in each.pieces]}
        for each in found
    ]
