"""Signing a channel's mails (DKIM): a key pair is made, its public half shown, and the signing ended."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ChangeChannel, SealedSecret
from events.workspace import Dkim
from inbox_projection import dkim_keys
from inbox_projection.api import answers
from inbox_projection.api.channels import channel_of, shaped
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.channel_dkim import SigningAsked
from inbox_projection.api.models.workspace import Channel
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.channel_settings import stored
from inbox_projection.policy import Permission
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["channels"])


@router.put(
    "/channels/{channel_id}/dkim",
    responses=answers.gives(Channel, what="With the record to publish in `settings.dkim`."),
)
@policy(Permission.MANAGE_INBOX)
async def sign_mails(request: Request, channel_id: UUID, body: SigningAsked, key: IdempotencyKey = None) -> Response:
    """Mails of the channel are signed from now on, by a new RSA key for the domain of its address."""
    row, identity = await channel_of(request, channel_id), begin(request, key)
    settings = stored(row["settings"])
    pair = await asyncio.to_thread(dkim_keys.new_pair)
    secret_id = derived_id(identity, "dkim key")
    dkim = Dkim(
        domain=settings.address.rpartition("@")[2],
        selector=body.selector,
        public_key=pair.public_key,
        secret_id=secret_id,
    )
    sealed = SealedSecret(id=secret_id, box=parts_of(request).secrets.seal(secret_id, pair.private_pem))
    command = ChangeChannel(channel_id=channel_id, email=replace(settings, dkim=dkim), secrets=(sealed,))
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(shaped(request, await channel_of(request, channel_id)))


@router.delete("/channels/{channel_id}/dkim", responses=answers.gives(Channel, what="Its mails are not signed."))
@policy(Permission.MANAGE_INBOX)
async def sign_no_more(request: Request, channel_id: UUID, key: IdempotencyKey = None) -> Response:
    """The private key is deleted."""
    row, identity = await channel_of(request, channel_id), begin(request, key)
    command = ChangeChannel(channel_id=channel_id, email=replace(stored(row["settings"]), dkim=None))
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(shaped(request, await channel_of(request, channel_id)))
