"""Tests of channels."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from inbox_projection.pool import Database, Row

_ONE: Final = (
    "select test_id, channel_id, started_at, ends_at, credentials, sent, arrived, routed from inbox.channel_tests"
    " where channel_id = %s and test_id = %s and started_at is not null"
)


async def one(database: Database, channel_id: UUID, test_id: UUID) -> Row | None:
    return await database.row(_ONE, (channel_id, test_id))
