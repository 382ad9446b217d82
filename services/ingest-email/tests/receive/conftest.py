"""Builders for mails and what surrounds them, as fixtures: these tests have no package to import from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest
import uvloop

from ingest_email.translate import Destination, Keys, Received, Translated, read, translate
from service_kit.hashing import KeyedHash

MAILS = Path(__file__).parent / "mails"
CORPORA = Path(__file__).parents[5] / "shared" / "corpora"
NOON = datetime(2026, 8, 25, 12, 0, tzinfo=UTC)
WORKSPACE = UUID("01900000-0000-7000-8000-000000000001")
INBOX = UUID("01900000-0000-7000-8000-0000000000aa")
CHANNEL = UUID("01900000-0000-7000-8000-0000000000bb")
EVENT = UUID("01900000-0000-7000-8000-0000000000cc")
CORRELATION = UUID("01900000-0000-7000-8000-0000000000dd")


def pytest_asyncio_loop_factories(
    config: object, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """On the loop that the processes run on, which does TLS and closing its own way."""
    return {"uvloop": uvloop.new_event_loop}


POISON = "jane's secret"


class PoisonedHash(KeyedHash):
    """Fails at what holds the poison, and quotes it: a stand-in for a fault of ours at one mail."""

    def of(self, *parts: str) -> str:
        if any(POISON in part for part in parts):
            raise ValueError(f"can't take {parts!r}")
        return super().of(*parts)


MakeMail = Callable[..., bytes]
Translating = Callable[..., Translated]


@pytest.fixture
def keys() -> Keys:
    return Keys(WORKSPACE, "postroom.localhost", b"r" * 32, KeyedHash(b"h" * 32))


@pytest.fixture
def poisoned() -> Keys:
    """Keys by which a mail fails that has `poison` in its text or subject."""
    return Keys(WORKSPACE, "postroom.localhost", b"r" * 32, PoisonedHash(b"h" * 32))


@pytest.fixture
def poison() -> str:
    return POISON


@pytest.fixture
def make_mail() -> MakeMail:
    """`make_mail(text, html=…, files=[(name, type, bytes)], **{"Header": value, "Other": None})` in wire format."""

    def make(
        text: str = "Hello,\nwhere is my order?\n",
        *,
        html: str | None = None,
        files: list[tuple[str, str, bytes]] | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> bytes:
        message = EmailMessage()
        fields: dict[str, str | None] = {
            "From": "Jane Doe <jane@example.com>",
            "To": "Support <support@postroom.localhost>",
            "Subject": "My order",
            "Message-ID": "<first@example.com>",
            "Date": "Tue, 25 Aug 2026 08:59:00 +0200",
            **(headers or {}),
        }
        for name, value in fields.items():
            if value is not None:
                message[name] = value
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        for name, content_type, content in files or []:
            maintype, subtype = content_type.split("/")
            message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
        return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    return make


@pytest.fixture
def translated(keys: Keys) -> Translating:
    """`translated(raw, envelope_sender="…", conversation_id=…)`: what the receiver would put into the log."""

    def do(
        raw: bytes,
        *,
        envelope_sender: str | None = "jane@example.com",
        inbox_id: UUID = INBOX,
        event_id: UUID = EVENT,
        conversation_id: UUID | None = None,
    ) -> Translated:
        received = Received(raw, envelope_sender, NOON, CORRELATION)
        to = Destination(inbox_id, CHANNEL, "support@postroom.localhost", conversation_id)
        return translate(read(received), received, to, event_id, keys)

    return do


@pytest.fixture
def stored_mail() -> Callable[[str], bytes]:
    """A mail of this folder's `mails`, in wire format."""
    return lambda name: (MAILS / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.fixture
def corpus() -> Callable[[str], list[Path]]:
    """The files of a corpus beside the checkout; the test is skipped where it is absent."""

    def files(name: str) -> list[Path]:
        folder = CORPORA / name
        if not folder.is_dir():
            pytest.skip(f"the corpus {name} is not beside the checkout")
        return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "__init__.py")

    return files


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], object]:
    """`await eventually(condition)`: polls until it holds, fails after 20 s."""

    async def wait(condition: Callable[[], bool], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def within() -> Callable[[float], object]:
    """`with within(0.5):` fails when the block used more CPU time than that."""
    import time

    @contextmanager
    def limit(seconds: float) -> Iterator[None]:
        began = time.process_time()
        yield
        used = time.process_time() - began
        assert used < seconds, f"took {used:.2f} s of CPU, at most {seconds} s are allowed"

    return limit
