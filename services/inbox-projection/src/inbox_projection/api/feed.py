"""The live feed as server-sent events (HTML Living Standard 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from inbox_projection.api.guard import GuardedRoute, identify, policy
from inbox_projection.api.parts import Parts, caller_of, parts_of
from inbox_projection.feed import Entry, Feed, Listener, reset_text
from inbox_projection.policy import ANYWHERE, Caller, Permission, Verdict, decide
from inbox_projection.pool import DatabaseAway

router = APIRouter(route_class=GuardedRoute, tags=["feed"])
_HEADERS: Final = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
_DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "`conversation`, `ticket`, `company`, `contact` (`id` null: there are new ones) and `agent`"
        " events `{id, inbox_id, sequence, position}`; `inbox`, `team`, `label`, `channel`, `view`,"
        " `filtered`, `filters`, `rules`, `pipeline`, `property` and `snippet` (`id` null): read those that"
        " you may see anew; `preferences` (without an event id): yours are others now;"
        " `notification` (`id` and `sequence` null): read your notifications; `presence`"
        " `{id, inbox_id, agent_id, state}` (without an event id): an agent opened the conversation, writes in it, or"
        " left it; `draft` `{id, became, writer}` (without an event id): your draft in that conversation (that of a"
        " first message under your own id) was `kept`, `sent` or `discarded` by one of your pages; `id` null: read your"
        " drafts anew; `reset`: read everything anew.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,18}$", description="Resumes after this event.")
]


@router.get("/feed", response_class=StreamingResponse, responses=_DOCUMENTED)
@policy(Permission.READ_CONVERSATIONS)
async def listen(request: Request, last: LastEventId = None) -> Response:
    """What changes in inboxes that you may see, from now on or from `Last-Event-ID` on; kept for 24 hours."""
    oldest, newest = await parts_of(request).feed.bounds()
    after = newest if last is None else int(last)
    gap = last is not None and (after > newest or after < oldest - 1)
    stream = _stream(request, parts_of(request), newest if gap else after, gap)
    return StreamingResponse(stream, headers=_HEADERS, media_type="text/event-stream")


async def _stream(request: Request, parts: Parts, after: int, gap: bool) -> AsyncIterator[bytes]:
    """Who listens is asked anew every 15 s: a session that ended, or an inbox that was left, is noticed then."""
    now = asyncio.get_running_loop().time
    caller: Caller | None = caller_of(request)
    assert caller is not None
    with parts.feed.listening() as listener, parts.here.feeding(caller.agent_id):
        yield b"retry: 2000\n\n" + (reset_text(after) if gap else f"id: {after}\n\n".encode())
        check_at = now() + parts.feed.keep_alive_seconds
        try:
            while caller is not None and not listener.closed:
                async for entries in _pending(parts.feed, listener, after, check_at - now()):
                    after = entries[-1].id
                    visible = b"".join(one.text for one in entries if _may_see(caller, one))
                    if visible:
                        yield visible
                passing = b"".join(one.text for one in listener.signals() if _may_see(caller, one))
                if passing:
                    yield passing
                if now() >= check_at:
                    check_at = now() + parts.feed.keep_alive_seconds
                    caller = await identify(request, renew=False)
                    yield b": still here\n\n"
        except DatabaseAway:
            return  # the client comes back and resumes


async def _pending(feed: Feed, listener: Listener, after: int, seconds: float) -> AsyncIterator[list[Entry]]:
    """What came since: from the table when the listener is behind, else from its queue."""
    if listener.behind:
        listener.behind = False
        async for page in feed.after(after):
            after = page[-1].id
            yield page
    fresh = [one for one in await listener.take(max(0.0, seconds)) if one.id > after]
    if fresh:
        yield fresh


def _may_see(caller: Caller, entry: Entry) -> bool:
    if entry.owners is not None:
        return caller.role != "agent" or caller.agent_id in entry.owners
    if entry.agent_id is not None and entry.agent_id != caller.agent_id:
        return False
    where = ANYWHERE if entry.inbox_id is None else entry.inbox_id
    if entry.members_only and entry.agent_id is None and where not in caller.inbox_ids:
        return False
    return decide(caller, entry.needs, where) is Verdict.ALLOWED
