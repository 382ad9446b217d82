"""The OpenAPI document is true: schemathesis calls every operation, and no answer contradicts it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from events.pipelines import DEFAULT_PIPELINE_ID

pytestmark = pytest.mark.real


async def test_the_document_names_every_route_with_its_answers_and_problems(world: Any) -> None:
    async with world.client(None) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
    operations = [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]
    assert len(operations) >= 49
    for path, method, one in operations:
        assert path.startswith("/api/v1/")
        good = [status for status in one["responses"] if status.startswith("2")]
        assert good, (path, method)
        assert "application/problem+json" in one["responses"]["422"]["content"]
        assert one["security"] or path.removeprefix("/api/v1/").startswith(
            ("session", "invitations/", "password-resets")
        )
        for status in good:
            schema = next(iter(one["responses"][status].get("content", {"": {"schema": {"x": 1}}}).values()))["schema"]
            assert schema, (path, method, status)
    for name in ("unread", "waiting_on", "waiting_since", "follower_ids"):
        assert name in document["components"]["schemas"]["Conversation"]["properties"]


# Hypothesis sees that other threads (the connection pool) draw random numbers meanwhile, and takes them for its own.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.timeout(400)
async def test_no_call_that_the_document_allows_contradicts_it(world: Any) -> None:
    import schemathesis  # here, as below: every worker collects this file, one runs it

    async with world.client(None) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
    del document["paths"]["/api/v1/feed"]
    schema = schemathesis.openapi.from_dict(document)
    loop = asyncio.get_running_loop()
    faults: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        await asyncio.to_thread(_try, world, operation, loop, faults)
    assert faults == []


def _try(world: Any, operation: Any, loop: asyncio.AbstractEventLoop, faults: list[str]) -> None:
    from schemathesis import checks as checking
    from schemathesis.core.transport import Response
    from schemathesis.specs.openapi import checks

    conformance = [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
    conformance.append(checking.not_a_server_error)
    known: dict[str, UUID] = {
        "conversation_id": world.thread.conversation_id,
        "contact_id": world.thread.contact_id,
        "inbox_id": world.story.inbox_id,
        "team_id": world.story.team_id,
        "agent_id": world.agents["stranger"],
        "channel_id": world.support_channel,
        "ticket_id": world.ticket_of(world.thread),
        "pipeline_id": DEFAULT_PIPELINE_ID,
    }

    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        for name in case.path_parameters or {}:
            if name in known:
                case.path_parameters[name] = str(known[name])
        arguments = case.as_transport_kwargs(base_url="http://127.0.0.1:8080")
        answer = asyncio.run_coroutine_threadsafe(_send(world, arguments), loop).result(30)
        try:
            case.validate_response(Response.from_httpx(answer, verify=True), checks=conformance)
        except BaseException as error:
            faults.append(f"{operation.label} {answer.status_code} {str(error)[:700]}")

    call()


async def _send(world: Any, arguments: dict[str, Any]) -> httpx.Response:
    method, url = arguments.pop("method"), arguments.pop("url")
    headers = {str(name): str(value) for name, value in (arguments.pop("headers", None) or {}).items()}
    body: dict[str, Any] = {name: arguments[name] for name in ("json", "data", "files", "params") if name in arguments}
    if isinstance(body.get("data"), bytes | str):
        body["content"] = body.pop("data")
    cookies = arguments.get("cookies") or {}
    async with world.client("administrator", raise_app_exceptions=False, cookies=cookies) as client:
        own = client.headers["authorization"]
        request = client.build_request(method, url, headers={**headers, "Authorization": own}, **body)
        await request.aread()
        return await client.send(request)
