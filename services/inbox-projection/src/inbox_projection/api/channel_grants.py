"""Mailboxes at providers that want a grant: begin an authorization, come back from it, connect anew."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from events.commands import ChangeChannel, ConnectChannel, SealedSecret
from events.workspace import EmailSettings
from inbox_projection import channel_grants
from inbox_projection.api import answers
from inbox_projection.api.channels import channel_of, shaped
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.channel_grants import Authorization, GrantAsked
from inbox_projection.api.models.workspace import Channel
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import perform
from inbox_projection.api.reach import check_inbox
from inbox_projection.channel_grants import LIFE, Pending
from inbox_projection.channel_settings import stored
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem
from service_kit.ids import derived_id, new_id

Told = Annotated[str | None, Query(max_length=8_000, include_in_schema=False)]

router = APIRouter(route_class=GuardedRoute, tags=["channels"])


@router.post(
    "/channel-grants", status_code=201, responses=answers.gives(Authorization, 201, "Where consent is to be given.")
)
@policy(Permission.MANAGE_INBOX)
async def begin_grant(request: Request, body: GrantAsked) -> Response:
    """A new channel by a grant. Nothing is kept of it until the provider has sent the person back."""
    check_inbox(request, Permission.MANAGE_INBOX, body.inbox_id)
    parts, identity = parts_of(request), new_id()
    pending = Pending(
        id=identity,
        provider=body.provider,
        agent_id=caller_of(request).agent_id,
        inbox_id=body.inbox_id,
        channel_id=derived_id(identity, "channel"),
        address=body.address,
        username=body.username or body.address,
        from_name=body.from_name,
        verifier=channel_grants.new_verifier(),
        ends_at=parts.clock() + LIFE,
        history_days=body.history_days,
    )
    return answers.json({"authorize_url": parts.grants.authorize_url(pending)}, 201)


@router.post(
    "/channels/{channel_id}/reconnect", responses=answers.gives(Authorization, what="Where consent is to be given.")
)
@policy(Permission.MANAGE_INBOX)
async def reconnect_channel(request: Request, channel_id: UUID) -> Response:
    """A new grant for a channel whose old one has ended (`grant_expired` in its health). What waits is then fetched
    and sent at once. A channel with a password is refused (409): change its settings instead."""
    parts, row = parts_of(request), await channel_of(request, channel_id)
    settings = stored(row["settings"])
    provider = channel_grants.provider_of(settings, parts.providers)
    server = settings.imap or settings.smtp
    if provider is None or server is None:
        raise Problem(409, "channel-has-no-grant", "This channel is not opened by a grant; change its settings.")
    pending = Pending(
        id=new_id(),
        provider=provider,
        agent_id=caller_of(request).agent_id,
        inbox_id=row["inbox_id"],
        channel_id=channel_id,
        address=settings.address,
        username=server.username,
        from_name=settings.from_name,
        verifier=channel_grants.new_verifier(),
        ends_at=parts.clock() + LIFE,
        reconnected=True,
    )
    return answers.json({"authorize_url": parts.grants.authorize_url(pending)})


@router.get(
    "/channel-grants/callback",
    responses=answers.gives(Channel, what="The channel, connected.")
    | {303: {"description": "For a browser: the page of the channel, or where to begin again, with the reason."}},
)
@policy(Permission.MANAGE_INBOX)
async def finish_grant(
    request: Request,
    state: Annotated[str, Query(max_length=8_000)],
    code: Annotated[str | None, Query(max_length=8_000)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    scope: Told = None,
    authuser: Told = None,
    hd: Told = None,
    prompt: Told = None,
    iss: Told = None,
    session_state: Told = None,
    client_info: Told = None,
    error_description: Told = None,
    error_subcode: Told = None,
    error_uri: Told = None,
) -> Response:
    """Where the provider sends the person back to: who began it, by the same log-in. A code is good once. Of what the
    provider tells besides, nothing is used."""
    parts = parts_of(request)
    is_page = "text/html" in request.headers.get("accept", "")
    place = "/settings/inboxes"
    try:
        pending = parts.grants.pending(state, caller_of(request).agent_id, parts.clock())
        place = _beginning(pending)
        channel = await _connected(request, pending, None if error is not None else code)
    except Problem as problem:
        if not is_page:
            raise
        return RedirectResponse(f"{place}?refused={problem.code}", 303)
    if is_page:
        return RedirectResponse(_page_of(pending), 303)
    return answers.json(channel)


def _page_of(pending: Pending) -> str:
    """The channel's page in the web UI."""
    return f"/settings/inboxes/{pending.inbox_id}/channels/{pending.channel_id}"


def _beginning(pending: Pending) -> str:
    """The page of the web UI where it was begun."""
    return _page_of(pending) if pending.reconnected else f"/settings/inboxes/{pending.inbox_id}/connect"


async def _connected(request: Request, pending: Pending, code: str | None) -> dict[str, Any]:
    """The channel with its new grant. Raises Problem."""
    parts = parts_of(request)
    check_inbox(request, Permission.MANAGE_INBOX, pending.inbox_id)
    if not code:
        raise Problem(422, "authorization-refused", "The provider was not given consent.")
    known = EmailSettings(address=pending.address, from_name=pending.from_name)
    if pending.reconnected:
        known = stored((await channel_of(request, pending.channel_id))["settings"])
    grant = await parts.grants.granted(pending, code)
    secret_id = derived_id(pending.id, "grant")
    secrets = (SealedSecret(id=secret_id, box=parts.secrets.seal(secret_id, grant.text())),)
    provider = parts.grants.provider(pending.provider)
    email = channel_grants.connected(known, provider, pending.username, secret_id, pending.history_days)
    command: ChangeChannel | ConnectChannel
    if pending.reconnected:
        command = ChangeChannel(channel_id=pending.channel_id, email=_as_it_was(known, email), secrets=secrets)
    else:
        command = ConnectChannel(
            channel_id=pending.channel_id, inbox_id=pending.inbox_id, kind="email", email=email, secrets=secrets
        )
    await perform(request, command, parts.workspace_id, None, identity=pending.id)
    return shaped(request, await channel_of(request, pending.channel_id))


def _as_it_was(known: EmailSettings, email: EmailSettings) -> EmailSettings:
    """Only those of the two servers that the channel had."""
    return replace(email, imap=email.imap if known.imap else None, smtp=email.smtp if known.smtp else None)
