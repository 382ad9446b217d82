"""Accepting an invitation, and a new password for who forgot the old one; for who is not logged in."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ChangeProfile
from events.system_mails import AccountMailKind
from inbox_projection.api import answers
from inbox_projection.api.guard import COOKIE, GuardedRoute, cookie_header, policy
from inbox_projection.api.me import shaped_me
from inbox_projection.api.models.accounts import InvitationAccepted, PasswordForgotten, PasswordNew
from inbox_projection.api.models.workspace import Me
from inbox_projection.api.parts import caller_of, origin_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.session import too_many
from inbox_projection.auth.credentials import Wait
from inbox_projection.auth.single_use import Unusable
from inbox_projection.commands import agent as actor_of
from inbox_projection.policy import Caller, Permission
from inbox_projection.problems import Problem, not_found, unauthenticated
from inbox_projection.queries import workspace
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["accounts"])


@router.post("/agents/{agent_id}/invitation", status_code=204, responses=answers.gives_nothing())
@policy(Permission.MANAGE_AGENTS)
async def invite_again(request: Request, agent_id: UUID, key: IdempotencyKey = None) -> Response:
    """Sends the agent an invitation, for the first time or anew; each is good until one of them was accepted."""
    parts = parts_of(request)
    row = await workspace.agent(parts.database, agent_id)
    if row is None:
        raise not_found("agent")
    if row["deactivated"]:
        raise Problem(409, "agent-is-deactivated", "A deactivated agent gets no mail.")
    await parts.credentials.set(agent_id, row["email"], None)
    mail_id = derived_id(begin(request, key), f"invitation {agent_id}")
    await parts.recovery.write_to(agent_id, "invitation", mail_id, actor_of(caller_of(request).agent_id))
    return answers.no_content()


@router.post("/invitations/{token}/accept", responses=answers.gives(Me, what="Welcome: the cookie is the session."))
@policy(Permission.LOG_IN)
async def accept_invitation(request: Request, token: str, body: InvitationAccepted) -> Response:
    """Chooses the password (and, where given, another name) and logs in. The token is good once, for 7 days."""
    parts = parts_of(request)
    agent_id = await _owner(request, token, "invitation")
    row = await workspace.agent(parts.database, agent_id)
    if row is None:
        raise unauthenticated()
    if body.name is not None and body.name != row["name"]:
        request.state.caller = Caller(agent_id, row["role"])
        kept = {name: row[name] for name in ("email", "meeting_url", "signature", "language", "time_zone")}
        await perform(request, ChangeProfile(agent_id=agent_id, name=body.name, **kept), parts.workspace_id, None)
    await _redeem(request, token, "invitation", body.password)
    session = await parts.identities.begin(agent_id, request.cookies.get(COOKIE), origin_of(request))
    request.state.set_cookie = cookie_header(session, parts.public_url)
    await parts.origins.of_act("LoggedIn", agent_id, origin_of(request))
    return answers.json(await shaped_me(request, agent_id))


@router.post("/password-resets", status_code=204, responses=answers.gives_nothing())
@policy(Permission.LOG_IN)
async def forget_password(request: Request, body: PasswordForgotten) -> Response:
    """Sends a mail to the agent who logs in with this e-mail. Whether there is one cannot be told from the answer, nor
    from its time. After some requests, by account and by address, it must wait (429)."""
    parts = parts_of(request)
    seconds = await parts.recovery.may_ask(body.email, origin_of(request).address)
    if seconds:
        raise too_many(Wait(seconds))
    return Response(status_code=204, background=BackgroundTask(parts.recovery.forgot, body.email))


@router.post("/password-resets/{token}/accept", status_code=204, responses=answers.gives_nothing())
@policy(Permission.LOG_IN)
async def reset_password(request: Request, token: str, body: PasswordNew) -> Response:
    """Chooses a new password; all sessions end. The token is good once, for an hour."""
    parts = parts_of(request)
    agent_id = await _owner(request, token, "password_reset")
    await _redeem(request, token, "password_reset", body.password)
    await parts.identities.end_all(agent_id)
    await parts.origins.of_act("PasswordChanged", agent_id, origin_of(request))
    return answers.no_content()


async def _owner(request: Request, token: str, kind: AccountMailKind) -> UUID:
    """Raises Problem 404 for a token that never was, 410 for one that was used or has expired."""
    found = await parts_of(request).recovery.owner(token, kind)
    if isinstance(found, Unusable):
        raise _unusable(found)
    return found


async def _redeem(request: Request, token: str, kind: AccountMailKind, password: str) -> None:
    if not await parts_of(request).recovery.redeem(token, kind, password):
        raise _unusable(Unusable("used"))


def _unusable(found: Unusable) -> Problem:
    if found.why == "unknown":
        return not_found("token")
    said = "was used already" if found.why == "used" else "has expired"
    return Problem(410, f"token-{found.why}", f"The link {said}; ask for a new one.")
