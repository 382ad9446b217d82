"""The reports API: who may see what, what is refused and how, and that its description is true."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from service_kit.database import connect

pytestmark = pytest.mark.real
UI = "http://inbox.test"
JUNE = {"from": "2026-06-01", "to": "2026-07-01"}


async def test_pages_of_the_agents_ui_may_ask_and_those_of_others_may_not(client: Any) -> None:
    async with client() as asking:
        own = await asking.get("/reports", headers={"Origin": UI})
        foreign = await asking.get("/reports", headers={"Origin": "http://elsewhere.test"})
    assert own.headers["access-control-allow-origin"] == UI
    assert own.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(("who", "seen"), [("administrator", 3), ("manager", 1), ("agent", 2), ("teammate", 1)])
async def test_all_but_administrators_see_their_inboxes_only(get: Any, who: str, seen: int) -> None:
    assert (await get("/reports/volume", who, **JUNE))["total"]["opened"] == seen
    events = await get("/reports/volume/events", who, **JUNE, kind="opened")
    assert len(events["items"]) == seen


async def test_an_inbox_out_of_reach_is_not_there(get: Any, refused: Any, ids: Any) -> None:
    assert await refused("/reports/volume", "agent", inbox_id=str(ids.sales)) == (404, "not-found")
    assert await refused("/reports/volume/events", "agent", inbox_id=str(ids.sales)) == (404, "not-found")
    mine = await get("/reports/volume", "agent", **JUNE, inbox_id=str(ids.support))
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
async def test_what_cannot_be_answered_says_so(refused: Any, path: str, parameters: dict[str, str], code: str) -> None:
    assert await refused(path, **parameters) == (422, code)


async def test_there_is_no_other_report(refused: Any) -> None:
    assert await refused("/reports/gossip") == (404, "not-found")


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


async def test_without_facts_the_database_counts_as_away(refused: Any, app: FastAPI, dsn: str) -> None:
    with connect(dsn, "tests") as connection:
        connection.execute("alter schema analytics rename to hidden")
        try:
            assert await refused("/reports/volume") == (503, "database-away")
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
