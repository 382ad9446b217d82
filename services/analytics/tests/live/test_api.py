"""The reports API: who may see what, what is refused and how, and that numbers equal the events behind them."""

from __future__ import annotations

import asyncio
import statistics
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analytics import schema
from analytics.api.app import build
from analytics.api.callers import Callers
from analytics.api.parts import Parts
from analytics.measures.time_in_state import STATES
from analytics.packer import pack_days
from analytics.rebuild import EVERY_DAY
from analytics.store import Facts
from events import workspace as w
from events.business_hours import BusinessHours, BusinessHoursSet, OpenHours
from events.conversations import ConversationAssigned
from events.topics import CONVERSATIONS, WORKSPACE
from local_runtime.postgres import PostgresServer
from service_kit.database import Connection, connect, migrate
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.web.log_ins import hash_of
from service_kit.web.pool import Database

pytestmark = pytest.mark.real
MINUTE = 60_000
UI = "http://inbox.test"
Talks = Callable[..., Any]
A, B, MANAGER, ADMINISTRATOR, GONE = (uuid4() for _ in range(5))
SUPPORT, SALES, TEAM = (uuid4() for _ in range(3))
NOW = datetime(2026, 6, 20, tzinfo=UTC)
JUNE = {"from": "2026-06-01", "to": "2026-07-01"}
REPORTS = ("replies-by-agent", "first-response-time", "reply-time", "resolution-time", "time-in-state", "volume")
LIVE = {"v1", "v1-business-hours", "v1-business-hours-now", "v1-first-resolve", "v1-whole-resolution"}
FROM_TWENTY_PAST_NINE = BusinessHours(zone="Europe/Warsaw", weekdays=((OpenHours(9 * 60 + 20, 17 * 60),),) * 7)
AGENTS = {"administrator": ADMINISTRATOR, "manager": MANAGER, "agent": A, "teammate": B, "gone": GONE}


@pytest.fixture(scope="module")
def dsn(postgres: PostgresServer) -> Iterator[str]:
    name = f"reports_{uuid.uuid4().hex[:12]}"
    dsn = postgres.create_database(name)
    with connect(dsn, "tests") as connection:
        migrate(dsn, "auth", "inbox_projection.auth.migrations")
        with connection.transaction():
            schema.create(connection)
        log_in(connection)
    yield dsn
    postgres.drop_database(name)


def log_in(connection: Connection) -> None:
    """Everybody has a token and a session named after them; one session is idle for too long."""
    for name, agent_id in AGENTS.items():
        connection.execute("insert into auth.credentials (agent_id, email) values (%s, %s)", (agent_id, name))
        connection.execute(
            "insert into auth.api_tokens (token_hash, agent_id, name) values (%s, %s, 'test')",
            (hash_of(name), agent_id),
        )
        connection.execute(
            "insert into auth.sessions (session_id, agent_id, token_hash, expires_at, seen_at)"
            " values (%s, %s, %s, now() + interval '1 day', now() - %s::interval)",
            (uuid4(), agent_id, hash_of(f"session of {name}"), timedelta(hours=13 if name == "manager" else 1)),
        )


def assigned(told: Any, minutes: float) -> Any:
    told.tell(minutes, ConversationAssigned(agent_id=A, team_id=None))
    return told


@pytest.fixture(scope="module")
def told(dsn: str, talk: Talks) -> list[Any]:
    """Two conversations in Support, one in Sales, of which agents A and B belong to one each."""
    house = talk()
    for event in (
        w.AgentInvited(agent_id=ADMINISTRATOR, role="administrator"),
        w.AgentInvited(agent_id=MANAGER, role="manager"),
        *(w.AgentInvited(agent_id=each, role="agent") for each in (A, B, GONE)),
        w.AgentDeactivated(agent_id=GONE),
        w.TeamCreated(team_id=TEAM, name="Field", member_ids=(B,)),
        w.InboxCreated(inbox_id=SUPPORT, name="Support", slug="support"),
        w.InboxCreated(inbox_id=SALES, name="Sales", slug="sales"),
        w.InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(A, GONE)),
        w.InboxChanged(inbox_id=SALES, name="Sales", team_ids=(TEAM,), member_ids=(MANAGER,)),
        BusinessHoursSet(inbox_id=SUPPORT, hours=FROM_TWENTY_PAST_NINE),
    ):
        house.tell(0, event)
    talks = [
        assigned(talk(1, inbox_id=SUPPORT).opens(), 10).answers(30, A).writes(60).answers(70, B).resolves(90, B),
        talk(2, inbox_id=SUPPORT).opens(1_440).answers(1_500, A).writes(1_510),
        talk(3, inbox_id=SALES)
        .opens(10)
        .answers(20, B)
        .resolves(25, B)
        .writes(200)
        .reopens(200)
        .answers(201, B)
        .resolves(230, A),
    ]
    with connect(dsn, "tests") as connection, connection.transaction():
        cursor = connection.cursor(binary=True)
        facts = Facts(schema.LIVE)
        facts.apply(cursor, [SimpleNamespace(topic=WORKSPACE.name, envelope=each) for each in house.events])
        for each in talks:
            facts.apply(cursor, [SimpleNamespace(topic=CONVERSATIONS.name, envelope=one) for one in each.events])
        pack_days(cursor, schema.LIVE, EVERY_DAY)
    return talks


@pytest.fixture
async def app(dsn: str, told: list[Any]) -> AsyncIterator[FastAPI]:
    database = Database(dsn, "tests", size=2)
    await database.open()
    yield build(Parts(database, Callers(database), lambda: NOW, Health("facts"), Metrics()), UI)
    await database.close()


@pytest.fixture
def client(app: FastAPI) -> Callable[..., httpx.AsyncClient]:
    def make(token: str | None = "administrator", **more: Any) -> httpx.AsyncClient:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://reports.test/api/v1", headers=headers, **more)

    return make


async def get(client: Any, path: str, token: str | None = "administrator", **parameters: Any) -> Any:
    async with client(token) as asking:
        response = await asking.get(path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()


async def refused(client: Any, path: str, token: str | None = "administrator", **parameters: Any) -> tuple[int, str]:
    async with client(token) as asking:
        response = await asking.get(path, params=parameters)
        assert response.headers["content-type"] == "application/problem+json", response.text
        return response.status_code, response.json()["code"]


async def test_pages_of_the_agents_ui_may_ask_and_those_of_others_may_not(client: Any) -> None:
    async with client() as asking:
        own = await asking.get("/reports", headers={"Origin": UI})
        foreign = await asking.get("/reports", headers={"Origin": "http://elsewhere.test"})
    assert own.headers["access-control-allow-origin"] == UI
    assert own.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in foreign.headers


async def test_the_reports_are_listed_with_their_definitions(client: Any) -> None:
    listed = (await get(client, "/reports"))["items"]
    assert [each["name"] for each in listed] == list(REPORTS)
    for each in listed:
        live = {one["name"] for one in each["definitions"] if one["live"]}
        assert live == ({"v1"} if each["name"] == "time-in-state" else LIVE)
        assert all(one["version"] == 1 and one["choices"] for one in each["definitions"])


async def test_a_reply_time_report_equals_the_hand_count(client: Any) -> None:
    found = await get(client, "/reports/reply-time", **JUNE, group_by="agent")
    minutes = {str(A): [30, 60], str(B): [10, 10, 1]}
    shown = {row["group"]["agent_id"]: row for row in found["items"]}
    assert {agent: (row["n"], row["median_ms"] / 60_000) for agent, row in shown.items()} == {
        str(A): (2, 45),
        str(B): (3, 10),
    }
    assert shown[str(B)]["mean_ms"] == 7 * 60_000 and shown[str(B)]["p90_ms"] == 10 * 60_000
    assert found["total"]["n"] == sum(map(len, minutes.values()))
    assert found["total"]["histogram"] == {"0-1h": 4, "1-4h": 1, "4-8h": 0, "8-24h": 0, "24h+": 0}
    assert (found["definition"], found["group_by"]) == ({"name": "v1", "version": 1}, ["agent"])


async def test_by_business_hours_only_those_of_the_inbox_count(client: Any) -> None:
    wanted = {**JUNE, "definition": "v1-business-hours"}
    found = await get(client, "/reports/reply-time", **wanted, group_by="agent")
    shown = {row["group"]["agent_id"]: (row["n"], row["median_ms"] / 60_000) for row in found["items"]}
    assert shown == {str(A): (2, 25), str(B): (3, 10)}, "Sales is always open"
    assert found["definition"] == {"name": "v1-business-hours", "version": 1}
    behind = (await get(client, "/reports/reply-time/events", **wanted))["items"]
    assert sorted(one["duration_ms"] / 60_000 for one in behind) == [1, 10, 10, 10, 40]
    volume = await get(client, "/reports/volume", **wanted)
    assert volume["total"] == (await get(client, "/reports/volume", **JUNE))["total"]


async def test_replies_are_grouped_by_agent_unless_something_else_is_asked_for(client: Any) -> None:
    found = await get(client, "/reports/replies-by-agent", **JUNE)
    assert {row["group"]["agent_id"]: (row["n"], row["conversations"]) for row in found["items"]} == {
        str(A): (2, 2),
        str(B): (3, 2),
    }
    by_inbox = await get(client, "/reports/replies-by-agent", **JUNE, group_by="inbox")
    assert {row["group"]["inbox_id"]: row["n"] for row in by_inbox["items"]} == {str(SUPPORT): 3, str(SALES): 2}


async def test_each_number_opens_the_events_that_it_counted(client: Any, told: list[Any]) -> None:
    known = {str(envelope.id) for each in told for envelope in each.events}
    for name in REPORTS:
        whole = (await get(client, f"/reports/{name}", **JUNE))["total"]
        items: list[Any] = []
        cursor: str | None = None
        while cursor is not None or not items:
            more = {} if cursor is None else {"cursor": cursor}
            page = await get(client, f"/reports/{name}/events", **JUNE, limit=2, **more)
            items, cursor = items + page["items"], page["next_cursor"]
            if cursor is None:
                break
        counts = whole.get("n") if "n" in whole else sum(whole.values())
        assert len(items) == counts and len({(one["kind"], one["event_id"]) for one in items}) == counts
        assert all(one["event_id"] in known and one["start_event_id"] in {None, *known} for one in items)
        assert [one["at"] for one in items] == sorted(one["at"] for one in items)


async def test_the_events_of_one_column_can_be_asked_for(client: Any) -> None:
    page = await get(client, "/reports/volume/events", **JUNE, kind="reopened")
    assert [(one["kind"], one["number"], one["duration_ms"]) for one in page["items"]] == [("reopened", 3, None)]


@pytest.mark.parametrize("definition", ["v1", "v1-business-hours", "v1-business-hours-now"])
async def test_each_column_of_a_histogram_opens_what_it_counted(client: Any, definition: str) -> None:
    wanted = {**JUNE, "definition": definition}
    whole = (await get(client, "/reports/reply-time", **wanted))["total"]
    assert whole["n"] == sum(whole["histogram"].values())
    for bucket, count in whole["histogram"].items():
        found = await get(client, "/reports/reply-time/events", **wanted, bucket=bucket)
        assert len(found["items"]) == count and found["next_cursor"] is None
    page = await get(client, "/reports/reply-time/events", **wanted, bucket="0-1h", limit=1)
    rest = await get(client, "/reports/reply-time/events", **wanted, bucket="0-1h", cursor=page["next_cursor"])
    assert len(page["items"]) + len(rest["items"]) == whole["histogram"]["0-1h"]


@pytest.mark.parametrize("dimension", ["agent", "team"])
async def test_what_is_nobodys_can_be_asked_for_too(client: Any, dimension: str) -> None:
    name = f"{dimension}_id"
    grouped = (await get(client, "/reports/volume", **JUNE, group_by=dimension))["items"]
    (nobodys,) = [row for row in grouped if row["group"][name] is None]
    mine = await get(client, "/reports/volume", **JUNE, **{name: "none"})
    behind = (await get(client, "/reports/volume/events", **JUNE, **{name: "none"}))["items"]
    assert mine["total"] == {key: count for key, count in nobodys.items() if key != "group"}
    assert len(behind) == sum(mine["total"].values()) > 0 and {one[name] for one in behind} == {None}


async def test_the_time_of_episodes_that_ended_is_divided_by_state_and_opens_them(client: Any) -> None:
    found = await get(client, "/reports/time-in-state", **JUNE, group_by="inbox")
    shown = {row["group"]["inbox_id"]: row for row in found["items"]}
    minutes = {
        inbox_id: {state: row[f"{state}_sum_ms"] / MINUTE for state in STATES} for inbox_id, row in shown.items()
    }
    nothing = {"snoozed": 0, "waiting_on_nobody": 0}
    assert minutes == {
        str(SUPPORT): {"unassigned": 10, "waiting_on_us": 30, "waiting_on_customer": 50, **nothing},
        str(SALES): {"unassigned": 10 + 1, "waiting_on_us": 0, "waiting_on_customer": 5 + 29, **nothing},
    }
    assert {inbox_id: row["n"] for inbox_id, row in shown.items()} == {str(SUPPORT): 1, str(SALES): 2}
    total, resolutions = found["total"], (await get(client, "/reports/resolution-time", **JUNE))["total"]
    assert total["sum_ms"] == sum(total[f"{state}_sum_ms"] for state in STATES) == 135 * MINUTE
    assert (total["n"], total["mean_ms"]) == (resolutions["n"], resolutions["mean_ms"]) == (3, 45 * MINUTE)
    assert total["unassigned_mean_ms"] == 7 * MINUTE

    behind = (await get(client, "/reports/time-in-state/events", **JUNE))["items"]
    assert [sum(one["parts_ms"].values()) == one["duration_ms"] for one in behind] == [True] * 3
    assert [list(one["parts_ms"]) for one in behind] == [list(STATES)] * 3
    ours = (await get(client, "/reports/time-in-state/events", **JUNE, state="waiting_on_us"))["items"]
    assert [(one["number"], one["parts_ms"]["waiting_on_us"]) for one in ours] == [(1, 30 * MINUTE)]


async def test_the_division_is_the_same_packed_or_not_by_any_group_and_as_csv(client: Any, dsn: str) -> None:
    wanted = {**JUNE, "group_by": "agent,week"}
    before = await get(client, "/reports/time-in-state", **wanted)
    with connect(dsn, "tests") as connection:
        connection.execute("update analytics.days set packed = null where kind = 'episode'")
        assert await get(client, "/reports/time-in-state", **wanted) == before
        with connection.transaction():
            pack_days(connection.cursor(binary=True), schema.LIVE, EVERY_DAY)
    assert [(row["group"]["agent_id"], row["n"]) for row in before["items"]] == sorted([(str(A), 1), (str(B), 2)])
    async with client() as asking:
        lines = (await asking.get("/reports/time-in-state", params={**wanted, "format": "csv"})).text.splitlines()
    assert lines[0].startswith(
        "agent_id,week,n,sum_ms,mean_ms,unassigned_sum_ms,unassigned_mean_ms,waiting_on_us_sum_ms,"
    )
    assert len(lines) == 3
    empty = (await get(client, "/reports/time-in-state", **JUNE, channel="chat"))["total"]
    assert (empty["n"], empty["sum_ms"], empty["mean_ms"], empty["snoozed_mean_ms"]) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("definition", "minutes"),
    [("v1", [(90, False), (15, False), (30, True)]), ("v1-first-resolve", [(90, False), (15, False)]),
     ("v1-whole-resolution", [(90, False), (15, False), (220, True)])],
)  # fmt: skip
async def test_the_time_to_the_first_and_to_the_last_resolve_can_be_asked_for(
    client: Any, definition: str, minutes: list[tuple[int, bool]]
) -> None:
    wanted = {**JUNE, "definition": definition}
    total = (await get(client, "/reports/resolution-time", **wanted))["total"]
    durations = [took * MINUTE for took, _ in minutes]
    assert (total["n"], total["mean_ms"]) == (len(minutes), round(sum(durations) / len(minutes)))
    assert total["median_ms"] == statistics.median(durations) and sum(total["histogram"].values()) == len(minutes)
    behind = (await get(client, "/reports/resolution-time/events", **wanted))["items"]
    assert sorted((one["duration_ms"], one["reopened"]) for one in behind) == sorted(
        (took * MINUTE, reopened) for took, reopened in minutes
    )


async def test_csv_says_the_same_as_json(client: Any) -> None:
    async with client() as asking:
        found = await asking.get("/reports/volume", params={**JUNE, "group_by": "inbox,day", "format": "csv"})
    assert found.headers["content-type"].startswith("text/csv")
    assert 'filename="volume.csv"' in found.headers["content-disposition"]
    lines = found.text.splitlines()
    assert lines[0] == "inbox_id,day,opened,received,sent,resolved,reopened"
    assert f"{SALES},2026-06-01,1,2,2,2,1" in lines


async def test_days_are_those_of_the_zone_asked_for(client: Any) -> None:
    for zone, day in (("UTC", "2026-06-01"), ("Pacific/Kiritimati", "2026-06-02"), ("Pacific/Honolulu", "2026-05-31")):
        rows = (
            await get(client, "/reports/volume", **{"from": "2026-05-01", "to": "2026-07-01"}, tz=zone, group_by="day")
        )["items"]
        first = next(row for row in rows if row["opened"])
        expected = {"UTC": day, "Pacific/Kiritimati": "2026-06-01", "Pacific/Honolulu": "2026-05-31"}[zone]
        assert first["group"]["day"] == expected


@pytest.mark.parametrize(("who", "seen"), [("administrator", 3), ("manager", 1), ("agent", 2), ("teammate", 1)])
async def test_all_but_administrators_see_their_inboxes_only(client: Any, who: str, seen: int) -> None:
    assert (await get(client, "/reports/volume", who, **JUNE))["total"]["opened"] == seen
    events = await get(client, "/reports/volume/events", who, **JUNE, kind="opened")
    assert len(events["items"]) == seen


async def test_an_inbox_out_of_reach_is_not_there(client: Any) -> None:
    assert await refused(client, "/reports/volume", "agent", inbox_id=str(SALES)) == (404, "not-found")
    assert await refused(client, "/reports/volume/events", "agent", inbox_id=str(SALES)) == (404, "not-found")
    mine = await get(client, "/reports/volume", "agent", **JUNE, inbox_id=str(SUPPORT))
    assert mine["total"]["opened"] == 2


@pytest.mark.parametrize("token", [None, "stranger", "gone", "x" * 300, "żółw"])
async def test_who_is_not_logged_in_or_deactivated_sees_nothing(client: Any, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}".encode()}
    async with client(None) as asking:
        for path in ("/reports", "/reports/volume", "/reports/volume/events", "/reports/none"):
            response = await asking.get(path, headers=headers)
            assert (response.status_code, response.json()["code"]) == (401, "not-authenticated")


async def test_the_session_of_the_agents_api_is_good_here_until_it_is_idle(client: Any) -> None:
    for name, status in (("administrator", 200), ("manager", 401)):
        async with client(None, cookies={"postroom_session": f"session of {name}"}) as asking:
            response = await asking.get("/reports/volume")
            assert response.status_code == status and "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        ("/reports/bots", {}, "report-comes-later"),
        ("/reports/volume", {"format": "parquet"}, "format-comes-later"),
        ("/reports/volume", {"format": "xls"}, "invalid-request"),
        ("/reports/volume", {"definition": "chatwoot"}, "unknown-definition"),
        ("/reports/volume", {"definition": "v1-with-bot"}, "definition-not-live"),
        ("/reports/volume", {"tz": "Mars/Olympus"}, "unknown-time-zone"),
        ("/reports/volume", {"tz": "../../etc/passwd"}, "unknown-time-zone"),
        ("/reports/volume", {"from": "yesterday"}, "invalid-request"),
        ("/reports/volume", {"from": "2026-06-01T10:00:00"}, "invalid-request"),
        ("/reports/volume", {"from": "2026-07-01", "to": "2026-06-01"}, "invalid-request"),
        ("/reports/volume", {"from": "1970-01-01", "to": "2026-06-01"}, "invalid-request"),
        ("/reports/volume", {"group_by": "agent,team"}, "invalid-request"),
        ("/reports/volume", {"group_by": "label"}, "invalid-request"),
        ("/reports/volume", {"from": "2020-01-01", "to": "2026-06-01", "group_by": "hour"}, "too-many-rows"),
        ("/reports/volume", {"agent_id": "me"}, "invalid-request"),
        ("/reports/volume", {"channel": "pigeon"}, "invalid-request"),
        ("/reports/volume", {"label": "vip"}, "unknown-parameter"),
        ("/reports/time-in-state", {"definition": "v1-business-hours"}, "definition-of-other-reports"),
        ("/reports/time-in-state/events", {"definition": "v1-first-resolve"}, "definition-of-other-reports"),
        ("/reports/time-in-state/events", {"state": "asleep"}, "invalid-request"),
        ("/reports/time-in-state/events", {"bucket": "0-1h"}, "invalid-request"),
        ("/reports/volume/events", {"state": "snoozed"}, "invalid-request"),
        ("/reports/resolution-time/events", {"kind": "resolution_whole"}, "invalid-request"),
        ("/reports/volume/events", {"kind": "first_response"}, "invalid-request"),
        ("/reports/volume/events", {"bucket": "0-1h"}, "invalid-request"),
        ("/reports/reply-time/events", {"bucket": "long"}, "invalid-request"),
        ("/reports/volume/events", {"cursor": "!!"}, "invalid-cursor"),
        ("/reports/volume/events", {"limit": "1000"}, "invalid-request"),
    ],
)
async def test_what_cannot_be_answered_says_so(client: Any, path: str, parameters: dict[str, str], code: str) -> None:
    assert await refused(client, path, **parameters) == (422, code)


async def test_there_is_no_other_report(client: Any) -> None:
    assert await refused(client, "/reports/gossip") == (404, "not-found")


async def test_every_answer_carries_the_security_headers_and_is_counted(client: Any, app: FastAPI) -> None:
    async with client() as asking:
        response = await asking.get("/reports/volume")
        assert (
            response.headers["x-content-type-options"] == "nosniff" and response.headers["cache-control"] == "no-store"
        )
        ready = await asking.get("http://reports.test/readyz")
        metrics = (await asking.get("http://reports.test/metrics")).text
    assert ready.status_code == 503
    assert 'postroom_api_requests_total{method="GET",route="/reports/{name}",status="200"} 1.0' in metrics


async def test_without_facts_the_database_counts_as_away(app: FastAPI, client: Any, dsn: str) -> None:
    with connect(dsn, "tests") as connection:
        connection.execute("alter schema analytics rename to hidden")
        try:
            assert await refused(client, "/reports/volume") == (503, "database-away")
        finally:
            connection.execute("alter schema hidden rename to analytics")


# Hypothesis sees that other threads (the connection pool) draw random numbers meanwhile, and takes them for its own.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
async def test_no_call_that_the_description_allows_contradicts_it(client: Any) -> None:
    import schemathesis  # here, as below: every worker collects this file, one runs it

    async with client(None) as asking:
        document = (await asking.get("/openapi.json")).json()
    described = schemathesis.openapi.from_dict(document)
    faults: list[str] = []
    loop = asyncio.get_running_loop()
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) == 3
    for operation in operations:
        await asyncio.to_thread(contradictions, operation, client, loop, faults)
    assert faults == []


def contradictions(operation: Any, client: Any, loop: asyncio.AbstractEventLoop, faults: list[str]) -> None:
    from schemathesis import checks as checking
    from schemathesis.core.transport import Response
    from schemathesis.specs.openapi import checks

    conformance = [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
    conformance.append(checking.not_a_server_error)

    async def send(arguments: dict[str, Any]) -> httpx.Response:
        async with client() as asking:
            return await asking.get(arguments["url"], params=arguments.get("params"))

    @settings(max_examples=25, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
    @given(case=operation.as_strategy(), known=st.booleans())
    def call(case: Any, known: bool) -> None:
        if known and case.path_parameters:
            case.path_parameters["name"] = "reply-time"
        arguments = case.as_transport_kwargs(base_url="http://reports.test")
        answer = asyncio.run_coroutine_threadsafe(send(arguments), loop).result(30)
        try:
            case.validate_response(Response.from_httpx(answer, verify=True), checks=conformance)
        except BaseException as error:
            faults.append(f"{operation.label} {answer.status_code} {str(error)[:700]}")

    call()
