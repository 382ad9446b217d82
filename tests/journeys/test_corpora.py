"""Every mail of the corpora, sent as it is, ends as exactly one message or one visible stub, and is never answered."""

import re
import smtplib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_runtime.journey import Desk
from local_runtime.live import LivePostroom, eventually

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
CONNECTIONS = 4
NO_MAILS = {".py", ".html", ".json", ".key", ".private", ".dns", ".md"}

pytestmark = [
    pytest.mark.real,
    pytest.mark.corpus,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora do not lie beside the checkout"),
]


def mails() -> dict[str, bytes]:
    """By name, each different file once, its lines ended as SMTP wants them."""
    found: dict[bytes, str] = {}
    for path in sorted(CORPORA.rglob("*")):
        if path.is_file() and path.suffix not in NO_MAILS and path.name != "LICENSE":
            raw = re.sub(rb"\r?\n", b"\r\n", path.read_bytes())
            found.setdefault(raw if raw.endswith(b"\r\n") else raw + b"\r\n", str(path.relative_to(CORPORA)))
    return {name: raw for raw, name in found.items()}


def deliver(live: LivePostroom, address: str, share: list[tuple[str, bytes]]) -> list[str]:
    """Sends over one connection; the names of what was not accepted."""
    refused = []
    with smtplib.SMTP("127.0.0.1", live.smtp_port, timeout=60) as smtp:
        for number, (name, raw) in enumerate(share):
            try:
                smtp.sendmail(f"corpus-{number}@client.test", [address], raw)
            except smtplib.SMTPException as error:
                refused.append(f"{name}: {error!r}")
    return refused


def inbound(desk: Desk, inbox_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All conversations of the inbox and all messages in them, as the API shows them."""
    conversations: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = desk.get("/conversations", inbox_id=inbox_id, limit=200, **({"cursor": cursor} if cursor else {}))
        conversations += page["items"]
        cursor = page["next_cursor"]
    return conversations, [line for each in conversations for line in desk.lines(each["id"])]


def test_every_mail_of_the_corpora_is_one_message_and_nothing_is_answered(postroom: LivePostroom) -> None:
    sent = mails()
    outbox = len(postroom.outbox())
    with Desk(postroom) as desk:
        inbox = desk.do("POST", "/inboxes", {"name": "Corpora"})
        began = time.monotonic()
        items = list(sent.items())
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            shares = [items[start::CONNECTIONS] for start in range(CONNECTIONS)]
            refused = [
                each
                for some in pool.map(lambda one: deliver(postroom, inbox["fallback_address"], one), shares)
                for each in some
            ]
        accepted = time.monotonic() - began
        assert not refused

        def all_shown() -> bool:
            with postroom.database() as connection:
                row = connection.execute(
                    "SELECT coalesce(sum(message_count), 0) FROM inbox.conversations WHERE inbox_id = %s",
                    (inbox["id"],),
                ).fetchone()
            return row is not None and int(row[0]) >= len(sent)

        try:
            eventually(all_shown, "a message for each mail", 60)
        finally:
            conversations, messages = inbound(desk, inbox["id"])
            got = Counter(_raw(desk.api, message) for message in messages)
            names = {sha256(raw).hexdigest(): name for name, raw in sent.items()}
            lost = [name for digest, name in names.items() if not got[digest]]
            assert not lost, f"{len(lost)} mails have no message: {lost[:20]}"
        print(f"{len(sent)} mails: accepted {len(sent) / accepted:.0f}/s, shown after {time.monotonic() - began:.1f} s")
        print(f"{len(conversations)} conversations, {sum(one['unreadable'] for one in messages)} stubs")
        assert not got.keys() - names.keys(), "what can be downloaded is what was sent, byte for byte"
        assert not [names[digest] for digest, count in got.items() if count > 1], "no mail is two messages"
        assert {one["direction"] for one in messages} == {"in"}
    assert len(postroom.outbox()) == outbox, "nothing was answered"


def _raw(api: httpx.Client, message: dict[str, Any]) -> str:
    answer = api.get(f"/messages/{message['id']}/raw")
    assert answer.is_success, f"the original of {message['id']} can't be downloaded: {answer.text}"
    return sha256(answer.content).hexdigest()
