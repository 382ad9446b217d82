"""Every mail of the corpora, sent as it is, ends as exactly one message or one visible stub, and is never answered.

The corpora hold several versions of some mails (signed and unsigned, say). An inbox takes such versions for copies of
one mail, as it should, so each is delivered to an inbox of its own.
"""

import re
import smtplib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
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


def versions(sent: dict[str, bytes]) -> dict[str, int]:
    """By name, how many mails before it claim to be the same one."""
    met: Counter[tuple[str, ...]] = Counter()
    numbers = {}
    for name, raw in sent.items():
        header = message_from_bytes(raw)
        ids = header["Message-ID"], *(header[field] for field in ("From", "Date", "Subject"))
        claim = ids[:1] if ids[0] else ids[1:]
        key = tuple(str(each or "") for each in claim) if any(claim) else (name,)
        numbers[name] = met[key]
        met[key] += 1
    return numbers


def deliver(live: LivePostroom, share: list[tuple[str, str, bytes]]) -> list[str]:
    """Sends over one connection; the names of what was not accepted."""
    refused = []
    with smtplib.SMTP("127.0.0.1", live.smtp_port, timeout=60) as smtp:
        for name, address, raw in share:
            try:
                smtp.sendmail(f"{sha256(raw).hexdigest()[:20]}@client.test", [address], raw)
            except smtplib.SMTPException as error:
                refused.append(f"{name}: {error!r}")
    return refused


def conversations_in(desk: Desk, inbox_id: str) -> list[dict[str, Any]]:
    """All conversations of an inbox, as the API shows them."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = desk.get("/conversations", inbox_id=inbox_id, limit=200, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def test_every_mail_of_the_corpora_is_one_message_and_nothing_is_answered(postroom: LivePostroom) -> None:
    sent, outbox = mails(), len(postroom.outbox())
    numbers = versions(sent)
    with Desk(postroom) as desk:
        inboxes = [desk.do("POST", "/inboxes", {"name": f"Corpora {n}"}) for n in range(max(numbers.values()) + 1)]
        items = [(name, inboxes[numbers[name]]["fallback_address"], raw) for name, raw in sent.items()]
        began = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            shares = [items[start::CONNECTIONS] for start in range(CONNECTIONS)]
            refused = [one for some in pool.map(lambda share: deliver(postroom, share), shares) for one in some]
        accepted = time.monotonic() - began
        assert not refused

        def conversations() -> list[dict[str, Any]]:
            return [one for inbox in inboxes for one in conversations_in(desk, inbox["id"])]

        try:
            eventually(lambda: sum(one["message_count"] for one in conversations()) >= len(sent), "all messages", 60)
        finally:
            messages = [line for each in conversations() for line in desk.lines(each["id"])]
            got = Counter(_raw(desk.api, message) for message in messages)
            names = {sha256(raw).hexdigest(): name for name, raw in sent.items()}
            lost = [name for digest, name in names.items() if not got[digest]]
            assert not lost, f"{len(lost)} mails have no message: {lost[:20]}"
        print(f"{len(sent)} mails: accepted {len(sent) / accepted:.0f}/s, shown after {time.monotonic() - began:.1f} s")
        print(f"{len(conversations())} conversations, {sum(one['unreadable'] for one in messages)} stubs")
        assert not got.keys() - names.keys(), "what can be downloaded is what was sent, byte for byte"
        assert not [names[digest] for digest, count in got.items() if count > 1], "no mail is two messages"
        assert {one["direction"] for one in messages} == {"in"}
    assert len(postroom.outbox()) == outbox, "nothing was answered"


def _raw(api: httpx.Client, message: dict[str, Any]) -> str:
    answer = api.get(f"/messages/{message['id']}/raw")
    assert answer.is_success, f"the original of {message['id']} can't be downloaded: {answer.text}"
    return sha256(answer.content).hexdigest()
