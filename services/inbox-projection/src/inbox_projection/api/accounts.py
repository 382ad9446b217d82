"""What the caller proves itself with: password, sessions and API tokens; rows, not events."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import COOKIE, GuardedRoute, cookie_header, policy
from inbox_projection.api.models.accounts import PasswordChange, SessionShown, Token, TokenMade, TokenNew
from inbox_projection.api.models.common import All
from inbox_projection.api.parts import caller_of, origin_of, parts_of
from inbox_projection.api.session import too_many
from inbox_projection.auth.api_tokens import MAX_TOKENS, TokenNameTaken, TooManyTokens
from inbox_projection.auth.credentials import Wait
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, not_found

router = APIRouter(route_class=GuardedRoute, tags=["accounts"])


@router.get("/me/tokens", responses=answers.gives(All[Token], what="Your valid API tokens."))
@policy(Permission.USE_SELF)
async def list_tokens(request: Request) -> Response:
    rows = await parts_of(request).api_tokens.of(caller_of(request).agent_id)
    return answers.json({"items": rows, "next_cursor": None})


@router.post("/me/tokens", status_code=201, responses=answers.gives(TokenMade, 201, "The token, this once."))
@policy(Permission.USE_SELF)
async def make_token(request: Request, body: TokenNew) -> Response:
    """It may do what you may, until it is deleted."""
    parts, me = parts_of(request), caller_of(request).agent_id
    try:
        row, token = await parts.api_tokens.make(me, body.name)
    except TokenNameTaken:
        raise Problem(409, "token-name-taken", "You have a token of this name.") from None
    except TooManyTokens:
        raise Problem(409, "too-many-tokens", f"An agent has at most {MAX_TOKENS} tokens.") from None
    await parts.origins.of_act("ApiTokenMade", me, origin_of(request), target_id=row["id"])
    return answers.json({**row, "token": token}, 201, {"Cache-Control": "no-store"})


@router.delete("/me/tokens/{token_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.USE_SELF)
async def delete_token(request: Request, token_id: UUID) -> Response:
    """Valid no more, from the next request on."""
    parts, me = parts_of(request), caller_of(request).agent_id
    if not await parts.api_tokens.revoke(me, token_id):
        raise not_found("token")
    await parts.origins.of_act("ApiTokenDeleted", me, origin_of(request), target_id=token_id)
    return answers.no_content()


@router.get("/me/sessions", responses=answers.gives(All[SessionShown], what="Where you are logged in."))
@policy(Permission.USE_SELF)
async def list_sessions(request: Request) -> Response:
    rows = await parts_of(request).identities.sessions(caller_of(request).agent_id, request.cookies.get(COOKIE))
    return answers.json({"items": rows, "next_cursor": None})


@router.delete("/me/sessions", status_code=204, responses=answers.gives_nothing())
@policy(Permission.USE_SELF)
async def log_out_everywhere(request: Request) -> Response:
    """Ends all your sessions, this one too; API tokens stay valid."""
    parts, caller = parts_of(request), caller_of(request)
    await parts.identities.end_all(caller.agent_id)
    await parts.origins.of_act("LoggedOut", caller.agent_id, origin_of(request))
    request.state.set_cookie = cookie_header("", parts.public_url)
    return answers.no_content()


@router.delete("/me/sessions/{session_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.USE_SELF)
async def end_session(request: Request, session_id: UUID) -> Response:
    parts, me = parts_of(request), caller_of(request).agent_id
    if not await parts.identities.end_one(me, session_id):
        raise not_found("session")
    await parts.origins.of_act("SessionEnded", me, origin_of(request), target_id=session_id)
    return answers.no_content()


@router.post("/password", status_code=204, responses=answers.gives_nothing())
@policy(Permission.USE_SELF)
async def change_password(request: Request, body: PasswordChange) -> Response:
    """Your other sessions end. A wrong old password (403) counts like a failed log-in."""
    parts, caller = parts_of(request), caller_of(request)
    changed = await parts.credentials.change(
        caller.agent_id, body.old_password, body.new_password, origin_of(request).address
    )
    if isinstance(changed, Wait):
        raise too_many(changed)
    if not changed:
        raise Problem(403, "wrong-password", "The old password is wrong.")
    await parts.identities.end_all(caller.agent_id, but=request.cookies.get(COOKIE))
    await parts.origins.of_act("PasswordChanged", caller.agent_id, origin_of(request))
    return answers.no_content()
