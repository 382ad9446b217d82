"""/healthz, /readyz and /metrics of a process without an HTTP API of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service_kit.metrics import Metrics

REQUEST_SECONDS = 5.0
MAX_REQUEST_BYTES = 8 * 1024


class Health:
    """Which parts of a process are ready. It is ready when every named part is; with no part it is not."""

    def __init__(self, *parts: str) -> None:
        self._parts: dict[str, str | None] = dict.fromkeys(parts, "starting")

    def ready(self, part: str) -> None:
        self._parts[part] = None

    def not_ready(self, part: str, why: str) -> None:
        self._parts[part] = why

    @property
    def is_ready(self) -> bool:
        return bool(self._parts) and all(why is None for why in self._parts.values())

    def report(self) -> dict[str, str]:
        return {part: why or "ready" for part, why in self._parts.items()}


def answer(path: str, health: Health, metrics: Metrics) -> tuple[int, str, bytes]:
    """Status, content type and body for a GET."""
    if path == "/healthz":
        return 200, "application/json", b'{"status":"alive"}'
    if path == "/readyz":
        return (200 if health.is_ready else 503), "application/json", json.dumps(health.report()).encode()
    if path == "/metrics":
        return 200, *metrics.page()
    return 404, "text/plain; charset=utf-8", b"try /healthz, /readyz or /metrics\n"


_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


@asynccontextmanager
async def serving(port: int, health: Health, metrics: Metrics, host: str = "127.0.0.1") -> AsyncIterator[None]:
    """Serves while the block runs; port 0 serves nothing. Raises OSError when the port is taken."""
    if port == 0:
        yield
        return

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                request = await reader.readuntil(b"\r\n\r\n")
                method, _, rest = request.partition(b" ")
                path = rest.partition(b" ")[0].partition(b"?")[0].decode("latin-1")
                if method in (b"GET", b"HEAD"):
                    status, content_type, body = answer(path, health, metrics)
                else:
                    status, content_type, body = 405, "text/plain; charset=utf-8", b"only GET\n"
                head = (
                    f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {content_type}\r\n"
                    f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                )
                writer.write(head.encode() + (b"" if method == b"HEAD" else body))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(handle, host, port, limit=MAX_REQUEST_BYTES)
    try:
        yield
    finally:
        server.close()
