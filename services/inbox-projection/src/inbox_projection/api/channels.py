"""Channels of inboxes."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ChangeChannel, ConnectChannel, DisconnectChannel
from events.workspace import EmailSettings
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.workspace import Channel, ChannelChange, ChannelNew
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import check_inbox
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import workspace
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["channels"])


@router.get("/channels", responses=answers.gives(All[Channel], what="Connected channels of inboxes you may see."))
@policy(Permission.READ_WORKSPACE)
async def list_channels(request: Request) -> Response:
    rows = await workspace.channels(parts_of(request).database, caller_of(request).reach)
    return answers.json({"items": [workspace.shaped_channel(row) for row in rows], "next_cursor": None})


@router.post("/channels", status_code=201, responses=answers.gives(Channel, 201, "The new channel."))
@policy(Permission.MANAGE_INBOX)
async def connect_channel(request: Request, body: ChannelNew, key: IdempotencyKey = None) -> Response:
    """From its acknowledgement on, mail to the address lands in the inbox, and replies leave from it."""
    check_inbox(request, Permission.MANAGE_INBOX, body.inbox_id)
    identity = begin(request, key)
    channel_id = derived_id(identity, "channel")
    settings = EmailSettings(address=body.settings.address, from_name=body.settings.from_name)
    command = ConnectChannel(channel_id=channel_id, inbox_id=body.inbox_id, kind=body.kind, email=settings)
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(workspace.shaped_channel(await _channel(request, channel_id)), 201)


@router.patch("/channels/{channel_id}", responses=answers.gives(Channel, what="As it is now."))
@policy(Permission.MANAGE_INBOX)
async def change_channel(
    request: Request, channel_id: UUID, body: ChannelChange, key: IdempotencyKey = None
) -> Response:
    """Settings left out stay."""
    row = await _channel(request, channel_id)
    address = row["address"] if body.settings.address is None else body.settings.address
    from_name = row["from_name"] if body.settings.from_name is None else body.settings.from_name
    settings = EmailSettings(address=address, from_name=from_name, fallback=row["fallback"])
    command = ChangeChannel(channel_id=channel_id, email=settings)
    await perform(request, command, parts_of(request).workspace_id, key)
    return answers.json(workspace.shaped_channel(await _channel(request, channel_id)))


@router.delete("/channels/{channel_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.MANAGE_INBOX)
async def disconnect_channel(request: Request, channel_id: UUID, key: IdempotencyKey = None) -> Response:
    """Mail to its address is refused from then on. An inbox's own address stays for ever (409)."""
    if key is None:
        await _channel(request, channel_id)
    else:
        inbox_id = await workspace.inbox_of_channel(parts_of(request).database, channel_id)
        if inbox_id is None:
            raise not_found("channel")
        check_inbox(request, Permission.MANAGE_INBOX, inbox_id, "channel")
    await perform(request, DisconnectChannel(channel_id=channel_id), parts_of(request).workspace_id, key)
    return answers.no_content()


async def _channel(request: Request, channel_id: UUID) -> Row:
    for row in await workspace.channels(parts_of(request).database, caller_of(request).reach):
        if row["channel_id"] == channel_id:
            return row
    raise not_found("channel")
