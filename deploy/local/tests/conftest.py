"""The customers' page of the demo as an application without a server, with folders and a postman of its own."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from local_runtime.mailbox_page.app import Parts, build
from local_runtime.mailbox_page.library import Library
from local_runtime.mailbox_page.news import News
from local_runtime.mailbox_page.outgoing import Desk
from local_runtime.mailbox_page.sending import NotSent
from service_kit.health import Health
from service_kit.metrics import Metrics

HOST = "127.0.0.1:8084"
ORIGIN = {"Origin": f"http://{HOST}"}
ZOFIA = "zofia@klient.example"
SHOP = "support@lumo-home.example"
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@dataclass
class FakePostman:
    """Takes every mail, unless it is told to refuse."""

    taken: list[tuple[EmailMessage, str, str]] = field(default_factory=list)
    refusal: NotSent | None = None

    def deliver(self, raw: bytes, sender: str, recipient: str) -> None:
        if self.refusal:
            raise self.refusal
        self.taken.append((message_from_bytes(raw, policy=policy.default), sender, recipient))


class Client:
    """Asks the application without a server, one request at a time."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


class Page:
    """The application with its folders, and a postman whom tests look at."""

    def __init__(self, folder: Path, postman: Any) -> None:
        self.outbox, self.mailbox, self.postman = folder / "outbox", folder / "mailbox", postman
        self.library = Library(self.outbox, self.mailbox)
        self.news = News(self.library)
        health = Health("folders")
        health.ready("folders")
        parts = Parts(
            library=self.library,
            desk=Desk(self.mailbox, postman, lambda: NOW),
            news=self.news,
            inboxes=(("Lumo Home Support", SHOP),),
            hosts=(HOST,),
            health=health,
            metrics=Metrics(),
        )
        self.client = Client(build(parts))

    def arrives(self, name: str, to: str, *, bcc: str = "", raw: bytes | None = None, **headers: str) -> None:
        """A mail as the outbox writes it."""
        mail = EmailMessage()
        mail["From"] = f"Lumo Home Support <{SHOP}>"
        mail["To"] = to
        mail["Subject"] = "Re: Lamp"
        mail["Date"] = "Mon, 23 Nov 2026 09:00:00 +0000"
        mail["Message-ID"] = f"<{name}@postroom.localhost>"
        for header, value in headers.items():
            mail[header.replace("_", "-")] = value
        mail.set_content(f"Dear customer, this is {name}.\n")
        self.outbox.mkdir(exist_ok=True)
        envelope = {"rcpt_to": [to, *([bcc] if bcc else [])]}
        (self.outbox / f"{name}.json").write_text(json.dumps(envelope))
        (self.outbox / f"{name}.eml").write_bytes(raw if raw is not None else mail.as_bytes(policy=policy.SMTP))

    def threads(self, address: str = ZOFIA) -> list[dict[str, Any]]:
        response = self.client.get("/api/threads", params={"address": address})
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["threads"]
        return found

    def thread(self, number: int = 0, address: str = ZOFIA) -> dict[str, Any]:
        thread_id = self.threads(address)[number]["id"]
        found: dict[str, Any] = self.client.get(f"/api/threads/{thread_id}", params={"address": address}).json()
        return found

    def send(self, files: Any = None, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        given = {
            "name": "Zofia Nowak",
            "address": ZOFIA,
            "to": SHOP,
            "subject": "Łampa",
            "text": "Dzień dobry",
            **fields,
        }
        parts = [(name, (None, value)) for name, value in given.items()] + list(files or [])
        return self.client.post("/api/mails", files=parts, headers=ORIGIN if headers is None else headers)


@pytest.fixture
def page_with(tmp_path: Path) -> Callable[[Any], Page]:
    """The page with this postman."""
    return lambda postman: Page(tmp_path, postman)


@pytest.fixture
def page(page_with: Callable[[Any], Page]) -> Page:
    return page_with(FakePostman())
