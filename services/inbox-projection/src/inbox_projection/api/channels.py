"""Channels of inboxes."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, SecretStr
from starlette.requests import Request
from starlette.responses import Response

from events.commands import ChangeChannel, ConnectChannel, DisconnectChannel, SealedSecret
from events.workspace import EmailSettings
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.workspace import Channel, ChannelChange, ChannelNew
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.api.reach import check_inbox
from inbox_projection.channel_settings import Merged, merged, stored
from inbox_projection.policy import Permission, granted
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import workspace
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["channels"])


def sees_servers(request: Request) -> bool:
    """Whether the caller is shown the servers of channels: who may change them."""
    return Permission.MANAGE_INBOX in granted(caller_of(request).role)


@router.get("/channels", responses=answers.gives(All[Channel], what="Connected channels of inboxes you may see."))
@policy(Permission.READ_WORKSPACE)
async def list_channels(request: Request) -> Response:
    rows = await workspace.channels(parts_of(request).database, caller_of(request).reach)
    return answers.json({"items": [shaped(request, row) for row in rows], "next_cursor": None})


@router.post("/channels", status_code=201, responses=answers.gives(Channel, 201, "The new channel."))
@policy(Permission.MANAGE_INBOX)
async def connect_channel(request: Request, body: ChannelNew, key: IdempotencyKey = None) -> Response:
    """From its acknowledgement on, mail to the address lands in the inbox, and replies leave from it."""
    check_inbox(request, Permission.MANAGE_INBOX, body.inbox_id)
    identity = begin(request, key)
    channel_id = derived_id(identity, "channel")
    made = merged(EmailSettings(address=body.settings.address), _asked(body.settings), partial(derived_id, identity))
    command = ConnectChannel(
        channel_id=channel_id,
        inbox_id=body.inbox_id,
        kind=body.kind,
        email=made.settings,
        secrets=_sealed(request, made),
    )
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(shaped(request, await channel_of(request, channel_id)), 201)


@router.patch("/channels/{channel_id}", responses=answers.gives(Channel, what="As it is now."))
@policy(Permission.MANAGE_INBOX)
async def change_channel(
    request: Request, channel_id: UUID, body: ChannelChange, key: IdempotencyKey = None
) -> Response:
    """Settings left out stay, a password too, unless its server gets another host."""
    row, identity = await channel_of(request, channel_id), begin(request, key)
    made = merged(stored(row["settings"]), _asked(body.settings), partial(derived_id, identity))
    command = ChangeChannel(channel_id=channel_id, email=made.settings, secrets=_sealed(request, made))
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(shaped(request, await channel_of(request, channel_id)))


@router.delete("/channels/{channel_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.MANAGE_INBOX)
async def disconnect_channel(request: Request, channel_id: UUID, key: IdempotencyKey = None) -> Response:
    """Mail to its address is refused from then on. An inbox's own address stays for ever (409)."""
    if key is None:
        await channel_of(request, channel_id)
    else:
        inbox_id = await workspace.inbox_of_channel(parts_of(request).database, channel_id)
        if inbox_id is None:
            raise not_found("channel")
        check_inbox(request, Permission.MANAGE_INBOX, inbox_id, "channel")
    await perform(request, DisconnectChannel(channel_id=channel_id), parts_of(request).workspace_id, key)
    return answers.no_content()


async def channel_of(request: Request, channel_id: UUID) -> Row:
    """A connected channel within the caller's reach. Raises Problem 404."""
    for row in await workspace.channels(parts_of(request).database, caller_of(request).reach):
        if row["channel_id"] == channel_id:
            return row
    raise not_found("channel")


def shaped(request: Request, row: Row) -> dict[str, Any]:
    """The channel as this caller may see it."""
    return workspace.shaped_channel(row, servers=sees_servers(request))


def _asked(settings: BaseModel) -> dict[str, Any]:
    """What was given, by name; a password leaves its wrapping here, to be sealed."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return value.get_secret_value() if isinstance(value, SecretStr) else value

    asked: dict[str, Any] = plain(settings.model_dump(exclude_unset=True))
    for server in ("imap", "smtp"):
        if asked.get(server) is not None and asked[server].get("folders") is not None:
            asked[server]["folders"] = tuple(dict.fromkeys(asked[server]["folders"]))
    return asked


def _sealed(request: Request, made: Merged) -> tuple[SealedSecret, ...]:
    box = parts_of(request).secrets
    return tuple(SealedSecret(id=id_, box=box.seal(id_, password)) for id_, password in made.passwords.items())
