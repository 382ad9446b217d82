import asyncio
import json
import logging

from service_kit import health as health_module
from service_kit.health import Health, answer, serving
from service_kit.ids import new_id
from service_kit.logs import JsonLines, correlated
from service_kit.metrics import Metrics


def line(**extra: object) -> dict[str, object]:
    record = logging.LogRecord("router.intake", logging.INFO, __file__, 1, "batch of %d done", (3,), None)
    record.__dict__.update(extra)
    parsed: dict[str, object] = json.loads(JsonLines("router").format(record))
    return parsed


def test_a_line_is_one_json_object_with_its_process_and_extras() -> None:
    logged = line(records=3)
    assert logged["message"] == "batch of 3 done"
    assert logged["process"] == "router"
    assert logged["records"] == 3
    assert "correlation_id" not in logged


def test_lines_inside_carry_the_correlation_id() -> None:
    correlation_id = new_id()
    with correlated(correlation_id):
        assert line()["correlation_id"] == str(correlation_id)
    assert "correlation_id" not in line()


def test_a_process_is_ready_when_every_part_is() -> None:
    health = Health("kafka", "database")
    assert answer("/readyz", health, Metrics())[0] == 503
    health.ready("kafka")
    health.ready("database")
    assert answer("/readyz", health, Metrics())[0] == 200
    health.not_ready("kafka", "no broker answers")
    status, _, body = answer("/readyz", health, Metrics())
    assert status == 503 and b"no broker answers" in body


def test_a_process_without_parts_is_never_ready() -> None:
    assert not Health().is_ready


async def test_health_and_metrics_are_served(unused_tcp_port: int) -> None:
    metrics = Metrics()
    metrics.counter("things_total", "Things.").inc(2)

    async def get(request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        writer.write(request)
        response = await reader.read()
        writer.close()
        return response

    async with serving(unused_tcp_port, Health("x"), metrics):
        assert b"200 OK" in await get(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"503" in await get(b"GET /readyz?x=1 HTTP/1.1\r\n\r\n")
        assert b"postroom_things_total 2.0" in await get(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert b"404" in await get(b"GET /secrets HTTP/1.1\r\n\r\n")
        assert b"405" in await get(b"POST /healthz HTTP/1.1\r\n\r\n")
        assert await get(b"G" * (health_module.MAX_REQUEST_BYTES + 10)) == b""
