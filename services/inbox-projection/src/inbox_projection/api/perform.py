"""From a checked request to a command's outcome: idempotency, waiting, refusals, and 202 when it takes longer."""

from __future__ import annotations

import logging
from typing import Annotated, Final
from uuid import UUID

from fastapi import Header
from starlette.requests import Request
from starlette.responses import Response

from events.envelope import Command
from events.outcomes import CommandHandled
from inbox_projection.api import answers
from inbox_projection.api.parts import Parts, caller_of, origin_of, parts_of
from inbox_projection.commands import agent, command_id, envelope, request_hash
from inbox_projection.pool import DatabaseAway
from inbox_projection.problems import Problem, of_refusal
from inbox_projection.queries import requests as stored

log = logging.getLogger(__name__)
KEY_STATE: Final = "command_id"
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x20-\x7e]+$",
        description="Repeating a write with the same key does it once. The same key with another body is refused.",
    ),
]


class StillPending(Exception):
    """The command is safe on the bus; its outcome, or the view of it, takes longer than a client should wait."""

    def __init__(self, command_id: UUID) -> None:
        super().__init__(str(command_id))
        self.command_id = command_id


def begin(request: Request, key: str | None) -> UUID:
    """The id of this request's command, from which ids of what it makes are derived."""
    parts, caller = parts_of(request), caller_of(request)
    return command_id(parts.workspace_id, agent(caller.agent_id), key)


async def perform(
    request: Request, command: Command, stream: UUID, key: str | None, *, identity: UUID | None = None
) -> CommandHandled:
    """Publishes and waits until the views show it. `identity` is what `begin` gave, where ids were derived from it.

    Raises the refusal as Problem (404, 409, 412, 422), StillPending, BusAway; Problem 422 when the key was used for
    another request. A repeated request is not published twice: what a view-dependent command froze stays frozen.
    """
    parts, caller = parts_of(request), caller_of(request)
    identity = identity or begin(request, key)
    publish = True
    if key is not None:
        publish = not (await same_request(request, identity)).published
    if publish:
        await parts.origins.of_command(identity, caller.agent_id, origin_of(request))
    wrapped = envelope(
        command,
        command_id=identity,
        stream=stream,
        workspace_id=parts.workspace_id,
        actor=agent(caller.agent_id),
        now=parts.clock(),
    )
    outcome = await parts.commands.ask(wrapped, publish=publish)
    if key is not None and publish:
        await _quietly_mark(parts, identity)
    if outcome is None:
        if key is None:
            await _quietly_note(parts, identity, caller.agent_id)
        raise StillPending(identity)
    if outcome.state == "refused":
        raise of_refusal(outcome.code, outcome.detail)
    return outcome


async def same_request(request: Request, identity: UUID) -> stored.Noted:
    """Remembers the request under its Idempotency-Key. Raises Problem 422 when that was another one's."""
    return await same_as_before(request, identity, await _hash(request))


async def same_as_before(request: Request, identity: UUID, digest: bytes) -> stored.Noted:
    """The same, for a request whose body is known by this digest."""
    known = await stored.note(parts_of(request).database, identity, caller_of(request).agent_id, digest)
    if not known.same_body:
        raise Problem(422, "idempotency-key-reused", "This Idempotency-Key was used for another request.")
    return known


async def pending_answer(_: Request, error: StillPending) -> Response:
    location = f"/api/v1/commands/{error.command_id}"
    body = {
        "id": error.command_id,
        "command": None,
        "state": "pending",
        "result": None,
        "reason": None,
        "resource": None,
        "progress": None,
    }
    return answers.json(body, 202, {"Location": location, "Retry-After": "1"})


async def _hash(request: Request) -> bytes:
    key = parts_of(request).reply_token_key
    return request_hash(request.method, request.url.path, await request.body(), key)


async def _quietly_mark(parts: Parts, identity: UUID) -> None:
    """Without this row the same command would only be published again, which the router notices."""
    try:
        await stored.mark_published(parts.database, identity)
    except DatabaseAway:
        log.warning("a published command could not be noted")


async def _quietly_note(parts: Parts, identity: UUID, agent_id: UUID) -> None:
    try:
        await stored.note(parts.database, identity, agent_id, None)
    except DatabaseAway:
        log.warning("a pending command could not be noted")
