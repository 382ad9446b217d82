"""Reports by HTTP: numbers equal the hand count and the events behind them."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from analytics import schema
from analytics.measures.time_in_state import STATES
from analytics.packer import pack_days
from analytics.rebuild import EVERY_DAY
from service_kit.database import connect

pytestmark = pytest.mark.real
MINUTE = 60_000
JUNE = {"from": "2026-06-01", "to": "2026-07-01"}
REPORTS = ("replies-by-agent", "first-response-time", "reply-time", "resolution-time", "time-in-state", "volume")
LIVE = {"v1", "v1-business-hours", "v1-business-hours-now", "v1-first-resolve", "v1-whole-resolution"}


async def test_the_reports_are_listed_with_their_definitions(get: Any) -> None:
    listed = (await get("/reports"))["items"]
    assert [each["name"] for each in listed] == list(REPORTS)
    for each in listed:
        live = {one["name"] for one in each["definitions"] if one["live"]}
        assert live == ({"v1"} if each["name"] == "time-in-state" else LIVE)
        assert all(one["version"] == 1 and one["choices"] for one in each["definitions"])


async def test_a_reply_time_report_equals_the_hand_count(get: Any, ids: Any) -> None:
    found = await get("/reports/reply-time", **JUNE, group_by="agent")
    minutes = {str(ids.a): [30, 60], str(ids.b): [10, 10, 1]}
    shown = {row["group"]["agent_id"]: row for row in found["items"]}
    assert {agent: (row["n"], row["median_ms"] / 60_000) for agent, row in shown.items()} == {
        str(ids.a): (2, 45),
        str(ids.b): (3, 10),
    }
    assert shown[str(ids.b)]["mean_ms"] == 7 * 60_000 and shown[str(ids.b)]["p90_ms"] == 10 * 60_000
    assert found["total"]["n"] == sum(map(len, minutes.values()))
    assert found["total"]["histogram"] == {"0-1h": 4, "1-4h": 1, "4-8h": 0, "8-24h": 0, "24h+": 0}
    assert (found["definition"], found["group_by"]) == ({"name": "v1", "version": 1}, ["agent"])


async def test_by_business_hours_only_those_of_the_inbox_count(get: Any, ids: Any) -> None:
    wanted = {**JUNE, "definition": "v1-business-hours"}
    found = await get("/reports/reply-time", **wanted, group_by="agent")
    shown = {row["group"]["agent_id"]: (row["n"], row["median_ms"] / 60_000) for row in found["items"]}
    assert shown == {str(ids.a): (2, 25), str(ids.b): (3, 10)}, "Sales is always open"
    assert found["definition"] == {"name": "v1-business-hours", "version": 1}
    behind = (await get("/reports/reply-time/events", **wanted))["items"]
    assert sorted(one["duration_ms"] / 60_000 for one in behind) == [1, 10, 10, 10, 40]
    volume = await get("/reports/volume", **wanted)
    assert volume["total"] == (await get("/reports/volume", **JUNE))["total"]


async def test_replies_are_grouped_by_agent_unless_something_else_is_asked_for(get: Any, ids: Any) -> None:
    found = await get("/reports/replies-by-agent", **JUNE)
    assert {row["group"]["agent_id"]: (row["n"], row["conversations"]) for row in found["items"]} == {
        str(ids.a): (2, 2),
        str(ids.b): (3, 2),
    }
    by_inbox = await get("/reports/replies-by-agent", **JUNE, group_by="inbox")
    assert {row["group"]["inbox_id"]: row["n"] for row in by_inbox["items"]} == {str(ids.support): 3, str(ids.sales): 2}


async def test_each_number_opens_the_events_that_it_counted(get: Any, told: list[Any]) -> None:
    known = {str(envelope.id) for each in told for envelope in each.events}
    for name in REPORTS:
        whole = (await get(f"/reports/{name}", **JUNE))["total"]
        items: list[Any] = []
        cursor: str | None = None
        while cursor is not None or not items:
            more = {} if cursor is None else {"cursor": cursor}
            page = await get(f"/reports/{name}/events", **JUNE, limit=2, **more)
            items, cursor = items + page["items"], page["next_cursor"]
            if cursor is None:
                break
        counts = whole.get("n") if "n" in whole else sum(whole.values())
        assert len(items) == counts and len({(one["kind"], one["event_id"]) for one in items}) == counts
        assert all(one["event_id"] in known and one["start_event_id"] in {None, *known} for one in items)
        assert [one["at"] for one in items] == sorted(one["at"] for one in items)


async def test_the_events_of_one_column_can_be_asked_for(get: Any) -> None:
    page = await get("/reports/volume/events", **JUNE, kind="reopened")
    assert [(one["kind"], one["number"], one["duration_ms"]) for one in page["items"]] == [("reopened", 3, None)]


@pytest.mark.parametrize("definition", ["v1", "v1-business-hours", "v1-business-hours-now"])
async def test_each_column_of_a_histogram_opens_what_it_counted(get: Any, definition: str) -> None:
    wanted = {**JUNE, "definition": definition}
    whole = (await get("/reports/reply-time", **wanted))["total"]
    assert whole["n"] == sum(whole["histogram"].values())
    for bucket, count in whole["histogram"].items():
        found = await get("/reports/reply-time/events", **wanted, bucket=bucket)
        assert len(found["items"]) == count and found["next_cursor"] is None
    page = await get("/reports/reply-time/events", **wanted, bucket="0-1h", limit=1)
    rest = await get("/reports/reply-time/events", **wanted, bucket="0-1h", cursor=page["next_cursor"])
    assert len(page["items"]) + len(rest["items"]) == whole["histogram"]["0-1h"]


@pytest.mark.parametrize("dimension", ["agent", "team"])
async def test_what_is_nobodys_can_be_asked_for_too(get: Any, dimension: str) -> None:
    name = f"{dimension}_id"
    grouped = (await get("/reports/volume", **JUNE, group_by=dimension))["items"]
    (nobodys,) = [row for row in grouped if row["group"][name] is None]
    mine = await get("/reports/volume", **JUNE, **{name: "none"})
    behind = (await get("/reports/volume/events", **JUNE, **{name: "none"}))["items"]
    assert mine["total"] == {key: count for key, count in nobodys.items() if key != "group"}
    assert len(behind) == sum(mine["total"].values()) > 0 and {one[name] for one in behind} == {None}


async def test_the_time_of_episodes_that_ended_is_divided_by_state_and_opens_them(get: Any, ids: Any) -> None:
    found = await get("/reports/time-in-state", **JUNE, group_by="inbox")
    shown = {row["group"]["inbox_id"]: row for row in found["items"]}
    minutes = {
        inbox_id: {state: row[f"{state}_sum_ms"] / MINUTE for state in STATES} for inbox_id, row in shown.items()
    }
    nothing = {"snoozed": 0, "waiting_on_nobody": 0}
    assert minutes == {
        str(ids.support): {"unassigned": 10, "waiting_on_us": 30, "waiting_on_customer": 50, **nothing},
        str(ids.sales): {"unassigned": 10 + 1, "waiting_on_us": 0, "waiting_on_customer": 5 + 29, **nothing},
    }
    assert {inbox_id: row["n"] for inbox_id, row in shown.items()} == {str(ids.support): 1, str(ids.sales): 2}
    total, resolutions = found["total"], (await get("/reports/resolution-time", **JUNE))["total"]
    assert total["sum_ms"] == sum(total[f"{state}_sum_ms"] for state in STATES) == 135 * MINUTE
    assert (total["n"], total["mean_ms"]) == (resolutions["n"], resolutions["mean_ms"]) == (3, 45 * MINUTE)
    assert total["unassigned_mean_ms"] == 7 * MINUTE

    behind = (await get("/reports/time-in-state/events", **JUNE))["items"]
    assert [sum(one["parts_ms"].values()) == one["duration_ms"] for one in behind] == [True] * 3
    assert [list(one["parts_ms"]) for one in behind] == [list(STATES)] * 3
    ours = (await get("/reports/time-in-state/events", **JUNE, state="waiting_on_us"))["items"]
    assert [(one["number"], one["parts_ms"]["waiting_on_us"]) for one in ours] == [(1, 30 * MINUTE)]


async def test_the_division_is_the_same_packed_or_not_by_any_group_and_as_csv(
    get: Any, client: Any, ids: Any, dsn: str
) -> None:
    wanted = {**JUNE, "group_by": "agent,week"}
    before = await get("/reports/time-in-state", **wanted)
    with connect(dsn, "tests") as connection:
        connection.execute("update analytics.days set packed = null where kind = 'episode'")
        assert await get("/reports/time-in-state", **wanted) == before
        with connection.transaction():
            pack_days(connection.cursor(binary=True), schema.LIVE, EVERY_DAY)
    assert [(row["group"]["agent_id"], row["n"]) for row in before["items"]] == sorted(
        [(str(ids.a), 1), (str(ids.b), 2)]
    )
    async with client() as asking:
        lines = (await asking.get("/reports/time-in-state", params={**wanted, "format": "csv"})).text.splitlines()
    assert lines[0].startswith(
        "agent_id,week,n,sum_ms,mean_ms,unassigned_sum_ms,unassigned_mean_ms,waiting_on_us_sum_ms,"
    )
    assert len(lines) == 3
    empty = (await get("/reports/time-in-state", **JUNE, channel="chat"))["total"]
    assert (empty["n"], empty["sum_ms"], empty["mean_ms"], empty["snoozed_mean_ms"]) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("definition", "minutes"),
    [("v1", [(90, False), (15, False), (30, True)]), ("v1-first-resolve", [(90, False), (15, False)]),
     ("v1-whole-resolution", [(90, False), (15, False), (220, True)])],
)  # fmt: skip
async def test_the_time_to_the_first_and_to_the_last_resolve_can_be_asked_for(
    get: Any, definition: str, minutes: list[tuple[int, bool]]
) -> None:
    wanted = {**JUNE, "definition": definition}
    total = (await get("/reports/resolution-time", **wanted))["total"]
    durations = [took * MINUTE for took, _ in minutes]
    assert (total["n"], total["mean_ms"]) == (len(minutes), round(sum(durations) / len(minutes)))
    assert total["median_ms"] == statistics.median(durations) and sum(total["histogram"].values()) == len(minutes)
    behind = (await get("/reports/resolution-time/events", **wanted))["items"]
    assert sorted((one["duration_ms"], one["reopened"]) for one in behind) == sorted(
        (took * MINUTE, reopened) for took, reopened in minutes
    )


async def test_csv_says_the_same_as_json(client: Any, ids: Any) -> None:
    async with client() as asking:
        found = await asking.get("/reports/volume", params={**JUNE, "group_by": "inbox,day", "format": "csv"})
    assert found.headers["content-type"].startswith("text/csv")
    assert 'filename="volume.csv"' in found.headers["content-disposition"]
    lines = found.text.splitlines()
    assert lines[0] == "inbox_id,day,opened,received,sent,resolved,reopened"
    assert f"{ids.sales},2026-06-01,1,2,2,2,1" in lines


async def test_days_are_those_of_the_zone_asked_for(get: Any) -> None:
    for zone, day in (("UTC", "2026-06-01"), ("Pacific/Kiritimati", "2026-06-02"), ("Pacific/Honolulu", "2026-05-31")):
        rows = (await get("/reports/volume", **{"from": "2026-05-01", "to": "2026-07-01"}, tz=zone, group_by="day"))[
            "items"
        ]
        first = next(row for row in rows if row["opened"])
        expected = {"UTC": day, "Pacific/Kiritimati": "2026-06-01", "Pacific/Honolulu": "2026-05-31"}[zone]
        assert first["group"]["day"] == expected
