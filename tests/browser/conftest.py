"""A real Chromium before a real Postroom: both start once, and so do the log-ins that pages begin with.

Tests are `async def`; `page` is a fresh page of an agent, `admin_page` of the administrator. After each test it is
checked that no page had a fault, that the policy refused nothing, and that no request left Postroom.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Response, Route, StorageState, async_playwright, expect

from local_runtime.chromium import WEB, found
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom

PASSWORD: Final = "correct horse battery"
AXE: Final = WEB / "node_modules/axe-core/axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TURNS: Final = 4
QUIET: Final = "Failed to load resource"
"""What the browser says of every refused call; whether it should have been refused, the test knows."""
SIZE: Final = {"width": 1440, "height": 900}
PATIENCE_MS: Final = 30_000
LAUNCH_MS: Final = 180_000
"""The first time it is read from the disk, 200 MB beside three Postrooms that start."""
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder share one loop, for they share a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.real)


@dataclass
class Workspace:
    """A small fixed workspace: the inbox "Support" with the administrator and the agent Ada Lovelace in it."""

    live: LivePostroom
    desk: Desk
    agent: dict[str, str]
    admin: dict[str, str]

    @property
    def url(self) -> str:
        return self.live.api_url

    @contextlib.contextmanager
    def logged_in(self, who: dict[str, str]) -> Iterator[httpx.Client]:
        """The API with a session cookie, as a browser has it."""
        with httpx.Client(base_url=f"{self.url}/api/v1", headers={"Origin": self.url}, timeout=30) as client:
            client.post("/session", json={"email": who["email"], "password": who["password"]}).raise_for_status()
            yield client

    def set_undo(self, seconds: int) -> None:
        """For so long the agent may take back what was sent."""
        with self.logged_in(self.agent) as client:
            client.patch("/me/preferences", json={"undo_seconds": seconds}).raise_for_status()

    def speak(self, language: str, who: dict[str, str] | None = None) -> None:
        """The own language of the agent, or of somebody else, on every device."""
        with self.logged_in(who or self.agent) as client:
            client.patch("/me", json={"language": language}).raise_for_status()


@dataclass
class Watched:
    """What the pages of a test did that nobody should."""

    origins: set[str]
    faults: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self._asked(request.url))
        context.on("weberror", lambda error: self.faults.append(f"fault: {error.error}"))
        context.on("console", lambda said: self._said(said.type, said.text))

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and f"{parts.scheme}://{parts.netloc}" not in self.origins:
            self.faults.append(f"a request left Postroom: {url}")

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and QUIET not in text:
            self.faults.append(f"console: {text}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = found()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.program,
            args=[*chromium.arguments],
            env={**chromium.environment},
            timeout=LAUNCH_MS,
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def workspace(shared: Callable[[str], LivePostroom]) -> Iterator[Workspace]:
    postroom = shared("browser")
    agent = {"name": "Ada Lovelace", "email": "ada@postroom.localhost", "password": PASSWORD}
    with Desk(postroom) as desk:
        made = desk.do("POST", "/agents", {**agent, "role": "agent"})
        support = desk.inbox()
        desk.do("PATCH", f"/inboxes/{support['id']}", {"member_ids": [*support["member_ids"], made["id"]]})
        yield Workspace(postroom, desk, {**agent, "id": made["id"]}, postroom.credentials)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def log_ins(workspace: Workspace) -> dict[str, StorageState]:
    """Of the agent and of the administrator: what a browser keeps of a log-in."""
    kept: dict[str, StorageState] = {}
    for name, who in (("agent", workspace.agent), ("admin", workspace.admin)):
        with workspace.logged_in(who) as client:
            cookie = next(iter(client.cookies.jar))
            kept[name] = {
                "cookies": [
                    {
                        "name": cookie.name,
                        "value": str(cookie.value),
                        "domain": "127.0.0.1",
                        "path": "/",
                        "expires": -1,
                        "httpOnly": True,
                        "secure": False,
                        "sameSite": "Lax",
                    }
                ],
                "origins": [],
            }
    return kept


NewPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(browser: Browser, workspace: Workspace, log_ins: dict[str, StorageState]) -> AsyncIterator[NewPage]:
    """`await new_page("agent" | "admin" | None, width=…, dark=…, locale=…, path=…)`: a page in a context of its own."""
    contexts: list[BrowserContext] = []
    watched = Watched({workspace.url, workspace.live.reports_url})

    async def make(
        who: str | None = "agent",
        *,
        width: int = SIZE["width"],
        dark: bool = False,
        locale: str = "en-GB",
        path: str = "",
    ) -> Page:
        context = await browser.new_context(
            base_url=workspace.url,
            viewport={"width": width, "height": SIZE["height"]},
            color_scheme="dark" if dark else "light",
            locale=locale,
            timezone_id="Europe/Warsaw",
            reduced_motion="reduce",
            **({"storage_state": log_ins[who]} if who else {}),
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        watched.watch(context)
        page = await context.new_page()
        if path:
            await page.goto(path)
        return page

    yield make
    for context in contexts:
        await context.close()
    assert watched.faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(new_page: NewPage) -> Page:
    """Of the agent Ada; nothing is open yet: `await page.goto("/inbox/mine")`."""
    return await new_page("agent")


@pytest_asyncio.fixture(loop_scope="session")
async def admin_page(new_page: NewPage) -> Page:
    return await new_page("admin")


class Begun(NamedTuple):
    """Somebody who wrote, what they wrote, and the conversation that began so."""

    customer: Customer
    mail: EmailMessage
    conversation: dict[str, Any]


Begin = Callable[..., Begun]


@pytest.fixture(scope="session")
def begun(workspace: Workspace) -> Begin:
    """`begun("The way", "How do I find you?", name="Zofia Nowak")`; the subject ends in a word that no other has."""

    def begin(subject: str = "Where is my order", text: str = "It should be here.", name: str = "Zofia Nowak") -> Begun:
        customer = Customer(workspace.live, name)
        mail = customer.writes(workspace.desk.address(), f"{subject} {uuid4().hex[:6]}", text)
        return Begun(customer, mail, workspace.desk.conversation_of(customer))

    return begin


Open = Callable[..., Awaitable[None]]


@pytest.fixture(scope="session")
def opened() -> Open:
    """`await opened(page, conversation, "?sort=newest")`: beside the list of all open ones, with its messages."""

    async def go(page: Page, conversation: dict[str, Any], query: str = "") -> None:
        await page.goto(f"/inbox/all_open/{conversation['id']}{query}")
        await expect(page.get_by_role("article").first).to_be_visible()

    return go


Write = Callable[[Page, str], Awaitable[None]]


@pytest.fixture(scope="session")
def write() -> Write:
    """`await write(page, "It comes tomorrow.")`: opens a reply to what is open and types it."""

    async def type_it(page: Page, text: str) -> None:
        await page.keyboard.press("r")
        field = page.get_by_role("textbox", name="Text")
        await expect(field).to_be_focused()
        await field.press_sequentially(text)

    return type_it


LoseAnswers = Callable[[Page], Awaitable[list[str]]]


@pytest.fixture(scope="session")
def lose_answers() -> LoseAnswers:
    """`keys = await lose_answers(page)`: the next reply of the page arrives, but no answer to it and to the client's
    own repetition; the keys of all that are sent come into the list."""

    async def lose(page: Page) -> list[str]:
        keys: list[str] = []

        async def lost(route: Route) -> None:
            keys.append(route.request.headers["idempotency-key"])
            if len(keys) <= 2:
                await route.fetch()
                await route.abort()
            else:
                await route.continue_()

        await page.route("**/replies?*", lost)
        return keys

    return lose


Done = Callable[[Page, str, Callable[[], Awaitable[object]]], Awaitable[None]]


@pytest.fixture(scope="session")
def done() -> Done:
    """`await done(page, "/me/availability", switch.click)`: the act, and the server's yes to what it sent there."""

    async def act_and_wait(page: Page, path: str, act: Callable[[], Awaitable[object]]) -> None:
        def answered(response: Response) -> bool:
            return response.request.method != "GET" and urlsplit(response.url).path.endswith(path) and response.ok

        async with page.expect_response(answered):
            await act()

    return act_and_wait


Check = Callable[[Page], Awaitable[None]]


@pytest.fixture(scope="session")
def no_violations() -> Check:
    """`await no_violations(page)`: WCAG 2.2 AA as far as axe can tell."""
    source = AXE.read_text("utf-8")

    async def check(page: Page) -> None:
        if not await page.evaluate("() => 'axe' in window"):
            await page.evaluate(source)
        for _ in range(TURNS):
            told: list[dict[str, Any]] = await page.evaluate(
                "async (rules) => (await axe.run(document, { runOnly: rules })).violations", RULES
            )
            if not told:
                return
            await page.wait_for_timeout(500)  # lists are hidden while they are measured
        raise AssertionError(
            [
                f"{one['id']}: {node['html'][:200]} ({node['failureSummary'][:300]})"
                for one in told
                for node in one["nodes"]
            ]
        )

    return check
