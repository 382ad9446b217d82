"""A channel's test as its manager follows it: begun, hop by hop, and never a conversation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from events.channel_tests import ChannelTestNoted, Hop
from events.values import MessageFacts
from inbox_projection.api.models.channel_tests import ChannelTest
from inbox_projection.channel_test_shown import shown

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def row(**hops: bool) -> dict[str, Any]:
    noted = {
        hop: json.dumps({"ok": ok, "code": "" if ok else "5.7.1", "at": AT.isoformat()}) for hop, ok in hops.items()
    }
    return {
        "test_id": UUID(int=1),
        "channel_id": UUID(int=2),
        "started_at": AT,
        "ends_at": AT + timedelta(minutes=3),
        **dict.fromkeys(("credentials", "sent", "arrived", "routed")),
        **noted,
    }


def told(test: dict[str, Any]) -> tuple[str, list[str]]:
    return test["state"], [hop["state"] for hop in test["hops"]]


@pytest.mark.parametrize(
    ("hops", "minutes", "expected"),
    [
        ({}, 1, ("running", ["waiting"] * 4)),
        ({"credentials": True, "sent": True}, 1, ("running", ["ok", "ok", "waiting", "waiting"])),
        ({"credentials": True, "sent": True}, 3, ("failed", ["ok", "ok", "timed_out", "skipped"])),
        ({"credentials": False}, 1, ("failed", ["failed", "skipped", "skipped", "skipped"])),
        ({"credentials": True, "sent": True, "arrived": True, "routed": True}, 9, ("passed", ["ok"] * 4)),
        ({"arrived": True, "routed": True}, 1, ("running", ["waiting", "waiting", "ok", "ok"])),
        ({"sent": False, "arrived": True}, 9, ("failed", ["timed_out", "failed", "ok", "skipped"])),
    ],
)
def test_each_hop_says_how_it_went_as_of_now(
    hops: dict[str, bool], minutes: int, expected: tuple[str, list[str]]
) -> None:
    test = shown(row(**hops), AT + timedelta(minutes=minutes))
    assert told(test) == expected
    assert {hop["reason"] for hop in test["hops"] if hop["state"] == "failed"} <= {"5.7.1"}


@pytest.mark.real
async def test_a_test_is_begun_and_its_hops_are_told_where_its_answer_points(world: Any) -> None:
    channel_id = world.support_channel
    async with world.client("manager") as client, world.client("agent") as agent:
        begun = await client.post(f"/api/v1/channels/{channel_id}/test")
        assert begun.status_code == 201, begun.text
        ChannelTest.model_validate(begun.json())
        assert told(begun.json()) == ("running", ["waiting"] * 4)
        where, test_id = begun.headers["Location"], UUID(begun.json()["id"])

        def noted(hop: Hop, **more: Any) -> None:
            world.story.workspace(ChannelTestNoted(test_id=test_id, channel_id=channel_id, hop=hop, ok=True, **more))

        received = MessageFacts(message_id=uuid4(), channel="email", channel_id=channel_id, received_at=world.story.now)
        before = world.execute("select coalesce(sum(count), 0) from inbox.stored where outcome = 'appended'")[0][0]
        noted("credentials")
        noted("sent")
        world.show()
        noted("arrived", message=received)
        noted("routed", inbox_id=world.story.inbox_id)
        world.show()
        after = world.execute("select sum(count) from inbox.stored where outcome = 'appended'")[0][0]
        test = (await client.get(where)).json()
        assert told(test) == ("passed", ["ok"] * 4) and after == before + 1
        assert test["hops"][3]["inbox_id"] == str(world.story.inbox_id)
        assert world.execute("select 1 from inbox.messages where message_id = %s", (received.message_id,)) == []
        assert (await agent.get(where)).status_code == 403
        assert (await client.get(f"/api/v1/channels/{channel_id}/tests/{uuid4()}")).status_code == 404
        assert (await client.get(f"/api/v1/channels/{uuid4()}/tests/{test_id}")).status_code == 404
