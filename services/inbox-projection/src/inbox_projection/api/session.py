"""Log-in and log-out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, cookie_header, policy
from inbox_projection.api.me import shaped_me
from inbox_projection.api.models.workspace import LogIn, Me
from inbox_projection.api.parts import caller_of, origin_of, parts_of
from inbox_projection.auth.credentials import Wait
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, unauthenticated
from service_kit.web.log_ins import COOKIE

router = APIRouter(route_class=GuardedRoute, tags=["session"])


@router.post("/session", responses=answers.gives(Me, what="Logged in: the cookie is the session."))
@policy(Permission.LOG_IN)
async def log_in(request: Request, body: LogIn) -> Response:
    """Begins a session; who was taken offline is what was chosen last again. After some failures, by account and by
    address, it must wait (429)."""
    parts = parts_of(request)
    origin = origin_of(request)
    result = await parts.credentials.log_in(body.email, body.password, origin.address)
    if isinstance(result, Wait):
        raise too_many(result)
    if result is None:
        await parts.origins.of_act("LogInFailed", await parts.credentials.owner_of(body.email), origin)
        raise unauthenticated("E-mail or password is wrong.")
    await shaped_me(request, result)
    token = await parts.identities.begin(result, request.cookies.get(COOKIE), origin)
    await parts.presence.logged_in(result)
    request.state.set_cookie = cookie_header(token, parts.public_url)
    await parts.origins.of_act("LoggedIn", result, origin)
    return answers.json(await shaped_me(request, result))


def too_many(wait: Wait) -> Problem:
    """What is told to who has to wait."""
    return Problem(
        429, "too-many-attempts", "Too many failed attempts; wait.", headers={"Retry-After": str(wait.seconds)}
    )


@router.delete("/session", status_code=204, responses=answers.gives_nothing())
@policy(Permission.USE_SELF)
async def log_out(request: Request) -> Response:
    """Ends the session of the cookie; an API token stays valid."""
    cookie = request.cookies.get(COOKIE)
    if cookie is not None:
        await parts_of(request).identities.end(cookie)
        await parts_of(request).origins.of_act("LoggedOut", caller_of(request).agent_id, origin_of(request))
    request.state.set_cookie = cookie_header("", parts_of(request).public_url)
    return answers.no_content()
