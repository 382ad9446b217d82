"""Tests of channels: a mail through the whole loop, and how far it came."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import TestChannel
from inbox_projection.api import answers
from inbox_projection.api.channels import channel_of
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.channel_tests import ChannelTest
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.channel_test_shown import shown
from inbox_projection.policy import Permission
from inbox_projection.problems import not_found
from inbox_projection.queries import channel_tests
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["channels"])
_TEST = "/channels/{channel_id}/tests/{test_id}"


@router.post(
    "/channels/{channel_id}/test",
    status_code=201,
    responses=answers.gives(ChannelTest, 201, "The test, begun; `Location` says where its hops are told."),
)
@policy(Permission.MANAGE_INBOX)
async def test_channel(request: Request, channel_id: UUID, key: IdempotencyKey = None) -> Response:
    """Sends a mail by the channel's own mail server to the channel's own address, and waits for it to come back in.
    One test of a channel at a time (409 `channel-test-running`), of three minutes at most."""
    await channel_of(request, channel_id)
    identity = begin(request, key)
    command = TestChannel(test_id=derived_id(identity, "channel test"), channel_id=channel_id)
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    response = await _shown(request, channel_id, command.test_id, 201)
    response.headers["Location"] = f"/api/v1{_TEST.format(channel_id=channel_id, test_id=command.test_id)}"
    return response


@router.get(_TEST, responses=answers.gives(ChannelTest, what="Each hop's outcome as of now."))
@policy(Permission.MANAGE_INBOX)
async def read_channel_test(request: Request, channel_id: UUID, test_id: UUID) -> Response:
    await channel_of(request, channel_id)
    return await _shown(request, channel_id, test_id)


async def _shown(request: Request, channel_id: UUID, test_id: UUID, status: int = 200) -> Response:
    row = await channel_tests.one(parts_of(request).database, channel_id, test_id)
    if row is None:
        raise not_found("channel test")
    return answers.json(shown(row, parts_of(request).clock()), status)
