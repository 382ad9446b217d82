"""Log-in and log-out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import COOKIE, GuardedRoute, cookie_header, policy
from inbox_projection.api.me import shaped_me
from inbox_projection.api.models.workspace import LogIn, Me
from inbox_projection.api.parts import parts_of
from inbox_projection.auth.credentials import Wait
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, unauthenticated

router = APIRouter(route_class=GuardedRoute, tags=["session"])


@router.post("/session", responses=answers.gives(Me, what="Logged in: the cookie is the session."))
@policy(Permission.LOG_IN)
async def log_in(request: Request, body: LogIn) -> Response:
    """Begins a session. After some failures, by account and by address, it must wait (429)."""
    parts = parts_of(request)
    address = request.client.host if request.client is not None else "unknown"
    result = await parts.credentials.log_in(body.email, body.password, address)
    if isinstance(result, Wait):
        raise Problem(
            429, "too-many-attempts", "Too many failed log-ins; wait.", headers={"Retry-After": str(result.seconds)}
        )
    if result is None:
        raise unauthenticated("E-mail or password is wrong.")
    me = await shaped_me(request, result)
    token = await parts.identities.begin(result, request.cookies.get(COOKIE))
    request.state.set_cookie = cookie_header(token, parts.public_url)
    return answers.json(me)


@router.delete("/session", status_code=204, responses=answers.gives_nothing())
@policy(Permission.USE_SELF)
async def log_out(request: Request) -> Response:
    """Ends the session of the cookie; an API token stays valid."""
    cookie = request.cookies.get(COOKIE)
    if cookie is not None:
        await parts_of(request).identities.end(cookie)
    request.state.set_cookie = cookie_header("", parts_of(request).public_url)
    return answers.no_content()
