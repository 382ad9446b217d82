"""The served web UI, with a tiny build in place of the real one; nothing that runs is needed."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from inbox_projection import web
from inbox_projection.api import failures, middleware
from inbox_projection.api import web as served

START = "\n\tstart('here');\n"
PAGE = f'<!doctype html><html><body><div id="app"><script>{START}</script></div></body></html>'
SCRIPT = b"console.log('hello')"
Client = Callable[[Path], httpx.AsyncClient]


@pytest.fixture
def build(tmp_path: Path) -> Path:
    immutable = tmp_path / "_app/immutable/entry"
    immutable.mkdir(parents=True)
    (tmp_path / "index.html").write_text(PAGE, "utf-8")
    (tmp_path / "favicon.svg").write_bytes(b"<svg/>")
    (tmp_path / "secrets.env").write_bytes(b"no file of a known type")
    (immutable / "start.abc.js").write_bytes(SCRIPT)
    (immutable / "start.abc.js.gz").write_bytes(gzip.compress(SCRIPT))
    (immutable / "start.abc.js.br").write_bytes(b"brotli")
    return tmp_path


@pytest.fixture
async def client_of() -> AsyncIterator[Client]:
    clients: list[httpx.AsyncClient] = []

    def make(folder: Path) -> httpx.AsyncClient:
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

        @app.post("/api/v1/things")
        async def things() -> None: ...

        served.install(app, folder, "http://reports.test:8083")
        failures.install(app)
        app.add_middleware(middleware.Headers)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080")
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()


@pytest.mark.parametrize("path", ["/", "/login", "/inbox/mine/0190", "/settings/a.b", "/apis", "/index.html"])
async def test_every_address_of_the_ui_gives_the_page(client_of: Client, build: Path, path: str) -> None:
    answer = await client_of(build).get(path)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_the_policy_allows_the_start_script_by_its_sum_and_no_other(client_of: Client, build: Path) -> None:
    policy = (await client_of(build).get("/")).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    wanted = base64.b64encode(hashlib.sha256(START.encode()).digest()).decode()
    assert rules["script-src"] == f"'self' 'sha256-{wanted}'"
    assert "'unsafe-inline'" not in rules["style-src"] + rules["script-src"], "only attributes may style"
    assert rules["connect-src"] == "'self' http://reports.test:8083"
    assert rules["default-src"] == rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("", None), ("zstd", None)],
)
async def test_a_file_goes_out_as_it_was_compressed_in_advance(
    client_of: Client, build: Path, accept: str, encoding: str | None
) -> None:
    request = httpx.Request(
        "GET", "http://127.0.0.1:8080/_app/immutable/entry/start.abc.js", headers={"Accept-Encoding": accept}
    )
    answer = await client_of(build).send(request, stream=True)
    body = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert body == {"br": b"brotli", "gzip": gzip.compress(SCRIPT), None: SCRIPT}[encoding]


async def test_hashed_files_stay_for_a_year_and_others_are_asked_for_again(client_of: Client, build: Path) -> None:
    client = client_of(build)
    hashed = await client.get("/_app/immutable/entry/start.abc.js", headers={"Accept-Encoding": "gzip"})
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-type"] == "text/javascript; charset=utf-8"
    icon = await client.get("/favicon.svg")
    assert icon.headers["cache-control"] == "no-cache"
    again = await client.get("/favicon.svg", headers={"If-None-Match": icon.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_head_says_what_get_would_give(client_of: Client, build: Path) -> None:
    client = client_of(build)
    head, get = await client.head("/login"), await client.get("/login")
    assert head.status_code == 200
    assert head.headers["content-length"] == get.headers["content-length"]


async def test_a_file_of_another_version_is_not_the_page(client_of: Client, build: Path) -> None:
    answer = await client_of(build).get("/_app/immutable/entry/start.old.js")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/api", "/api/v1/nothing", "/healthz/x", "/metrics/x"])
async def test_an_unknown_address_of_the_api_stays_a_problem(client_of: Client, build: Path, path: str) -> None:
    answer = await client_of(build).get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_wrong_method_stays_one(client_of: Client, build: Path) -> None:
    assert (await client_of(build).get("/api/v1/things")).status_code == 405
    assert (await client_of(build).post("/login")).status_code == 405


@pytest.mark.parametrize("path", ["/secrets.env", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "/start.abc.js.gz"])
async def test_only_known_files_of_the_build_are_served(client_of: Client, build: Path, path: str) -> None:
    assert (await client_of(build).get(path)).text == PAGE


async def test_without_a_build_a_small_page_says_what_to_do(client_of: Client, tmp_path: Path) -> None:
    answer = await client_of(tmp_path / "nothing").get("/login")
    assert answer.status_code == 503
    assert "make run" in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]


def test_a_page_without_inline_scripts_allows_none() -> None:
    assert "script-src 'self';" in web.policy("<p>nothing</p>", "")
