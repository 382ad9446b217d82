"""A channel's row shows the worse of its parts, and each part as it was last said to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from events.envelope import Envelope
from events.workspace import ChannelConnected, ChannelHealthNoted, EmailSettings
from inbox_projection.queries.workspace import shaped_channel
from inbox_projection.views import workspace
from inbox_projection.views.rows import ChannelRow
from service_kit.ids import new_id

CHANNEL, INBOX, NOON = UUID(int=1), UUID(int=2), datetime(2030, 1, 1, 12, tzinfo=UTC)


def row_after(*events: Any) -> ChannelRow:
    rows = workspace.WorkspaceRows()
    connected = ChannelConnected(
        channel_id=CHANNEL, inbox_id=INBOX, kind="email", email=EmailSettings(address="help@shop.test")
    )
    for number, event in enumerate([connected, *events], 1):
        envelope: Any = Envelope(
            id=new_id(), stream=INBOX, sequence=number, occurred_at=NOON, recorded_at=NOON, workspace_id=INBOX,
            correlation_id=INBOX, data=event,
        )  # fmt: skip
        for change in workspace.project(envelope, rows):
            workspace.put(rows, change)
    return rows.channels[CHANNEL]


def noted(part: Any, state: str, reason: str = "", minutes: int = 0) -> ChannelHealthNoted:
    since = NOON + timedelta(minutes=minutes)
    return ChannelHealthNoted(channel_id=CHANNEL, part=part, state=state, reason=reason, since=since)


def health(*events: ChannelHealthNoted) -> dict[str, Any]:
    row = msgspec.structs.asdict(row_after(*events)) | {"last_in_at": None}
    found: dict[str, Any] = shaped_channel(row, servers=False)["health"]
    return found


def test_a_new_channel_is_well_and_nothing_was_said_of_its_parts() -> None:
    assert health() == {"state": "ok", "reason": "", "since": NOON, "last_in_at": None, "part": None, "parts": {}}


def test_receiving_that_works_does_not_hide_that_sending_is_down() -> None:
    shown = health(noted("sending", "down", "smtp_grant_expired"), noted("receiving", "ok", minutes=1))
    assert (shown["state"], shown["reason"], shown["since"], shown["part"]) == (
        "down",
        "smtp_grant_expired",
        NOON,
        "sending",
    )
    assert {part: each["state"] for part, each in shown["parts"].items()} == {"receiving": "ok", "sending": "down"}


def test_a_channel_is_well_when_both_parts_are() -> None:
    shown = health(
        noted("receiving", "degraded", "imap_too_slow"), noted("sending", "ok"), noted("receiving", "ok", minutes=2)
    )
    assert (shown["state"], shown["reason"], shown["since"]) == ("ok", "", NOON + timedelta(minutes=2))


def test_a_copy_of_the_workspaces_rows_holds_every_kind_and_changes_alone():
    rows = workspace.WorkspaceRows(*({INBOX: object()} for _ in workspace.WorkspaceRows.__struct_fields__))
    copied = workspace.copy(rows)
    assert copied == rows
    copied.channel_tests.clear()
    assert rows.channel_tests
