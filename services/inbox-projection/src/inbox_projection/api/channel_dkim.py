"""Signing a channel's mails (DKIM): a key pair is made, its public half shown, signing switched on, and ended."""

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
from inbox_projection.api.models.channel_dkim import SigningAsked, SigningBegun
from inbox_projection.api.models.workspace import Channel
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.channel_settings import stored
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem
from inbox_projection.queries import dkim_keys as kept_keys
from inbox_projection.txt_records import DnsAway
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["channels"])


@router.put(
    "/channels/{channel_id}/dkim",
    responses=answers.gives(Channel, what="With the record to publish in `settings.dkim_pending`."),
)
@policy(Permission.MANAGE_INBOX)
async def make_key(request: Request, channel_id: UUID, body: SigningAsked, key: IdempotencyKey = None) -> Response:
    """A new RSA key for the domain of the channel's address. It signs nothing until its record is published and signing
    is switched on; until then mails are signed as before."""
    row, identity = await channel_of(request, channel_id), begin(request, key)
    settings = stored(row["settings"])
    secret_id = derived_id(identity, "dkim key")
    public_key, box = await _pair(request, identity, secret_id)
    pending = Dkim(
        domain=settings.address.rpartition("@")[2], selector=body.selector, public_key=public_key, secret_id=secret_id
    )
    sealed = SealedSecret(id=secret_id, box=box)
    command = ChangeChannel(channel_id=channel_id, email=replace(settings, dkim_pending=pending), secrets=(sealed,))
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(shaped(request, await channel_of(request, channel_id)))


@router.put(
    "/channels/{channel_id}/dkim/signing",
    responses=answers.gives(Channel, what="Its mails are signed with the key that was made last."),
)
@policy(Permission.MANAGE_INBOX)
async def begin_signing(request: Request, channel_id: UUID, body: SigningBegun, key: IdempotencyKey = None) -> Response:
    """409 `dkim-record-missing` while the DNS does not show the record, and `dkim-record-unknown` where it can't be
    asked: `unchecked` switches on all the same. The key before this one is deleted."""
    row, identity = await channel_of(request, channel_id), begin(request, key)
    settings = stored(row["settings"])
    if settings.dkim_pending is None:
        if settings.dkim is None:
            raise Problem(409, "dkim-key-missing", "No key was made for this channel; make one first.")
        return answers.json(shaped(request, row))
    if not body.unchecked:
        await _check_published(request, settings.dkim_pending)
    signing = replace(settings, dkim=settings.dkim_pending, dkim_pending=None)
    command = ChangeChannel(channel_id=channel_id, email=signing)
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(shaped(request, await channel_of(request, channel_id)))


@router.delete("/channels/{channel_id}/dkim", responses=answers.gives(Channel, what="Its mails are not signed."))
@policy(Permission.MANAGE_INBOX)
async def sign_no_more(request: Request, channel_id: UUID, key: IdempotencyKey = None) -> Response:
    """The private key is deleted, and one that was made and does not sign yet."""
    row, identity = await channel_of(request, channel_id), begin(request, key)
    command = ChangeChannel(channel_id=channel_id, email=replace(stored(row["settings"]), dkim=None, dkim_pending=None))
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(shaped(request, await channel_of(request, channel_id)))


async def _pair(request: Request, identity: UUID, secret_id: UUID) -> tuple[str, bytes]:
    """The public half of a new pair and the sealed private one; of a request that is repeated those of the first time,
    so that it is the same request."""
    parts = parts_of(request)
    found = await kept_keys.kept(parts.database, identity)
    if found is not None:
        return found
    pair = await asyncio.to_thread(dkim_keys.new_pair)
    box = parts.secrets.seal(secret_id, pair.private_pem)
    return await kept_keys.keep(parts.database, identity, pair.public_key, box)


async def _check_published(request: Request, pending: Dkim) -> None:
    """Raises Problem 409."""
    name = dkim_keys.record_name(pending)
    try:
        found = await parts_of(request).txt_records(name)
    except DnsAway:
        detail = f"The DNS could not be asked for the record {name}. Switch signing on unchecked if it is published."
        raise Problem(409, "dkim-record-unknown", detail) from None
    if not dkim_keys.is_published(pending, found):
        detail = f"The DNS does not show the record {name} with this key yet. Publish it; that may take some hours."
        raise Problem(409, "dkim-record-missing", detail)
