"""Mails for the load: 2 to 15 kB, some with attachments, some replies; the same for the same seed."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

ATTACHMENT_SHARE = 0.15
REPLY_SHARE = 0.30
WORDS = tuple(
    f"{first} {second}"
    for first in ("order", "lamp", "zamówienie", "paczka", "Lieferung", "chair", "please", "when")
    for second in ("delivery", "faktura", "invoice", "dzień dobry", "proszę", "bitte", "colour", "warranty")
)


@dataclass(frozen=True, slots=True)
class LoadMail:
    """A mail ready for DATA: dots are stuffed, the final dot is not there."""

    sender: str
    subject: str
    body: bytes


def load_mails(count: int, address: str, seed: int = 1) -> Iterator[LoadMail]:
    """Senders differ unless a mail answers an earlier one."""
    random = Random(seed)
    sent: list[tuple[str, str]] = []
    for number in range(count):
        reply_to = random.choice(sent) if sent and random.random() < REPLY_SHARE else None
        sender = reply_to[0] if reply_to else f"customer{seed}-{number}@client.test"
        message_id = f"<{seed}.{number}.{random.getrandbits(64):x}@client.test>"
        subject = f"Load {seed}-{number}: where is order {random.randint(1000, 9999)}?"
        head = [
            f"From: Customer {number} <{sender}>",
            f"To: <{address}>",
            f"Subject: {subject}",
            "Date: Mon, 05 Jan 2026 09:00:00 +0000",
            f"Message-ID: {message_id}",
            "MIME-Version: 1.0",
        ]
        if reply_to:
            head += [f"In-Reply-To: {reply_to[1]}", f"References: {reply_to[1]}"]
        elif len(sent) < 50_000:
            sent.append((sender, message_id))
        size = random.randint(1_700, 11_500)
        yield LoadMail(sender, subject, _whole(head, _text(random, size), random))


def _text(random: Random, size: int) -> str:
    lines: list[str] = []
    length = 0
    while length < size:
        line = " ".join(random.choices(WORDS, k=6))
        lines.append(line)
        length += len(line) + 2
    return "\r\n".join(lines)


def _whole(head: list[str], text: str, random: Random) -> bytes:
    if random.random() >= ATTACHMENT_SHARE:
        head.append("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit")
        return ("\r\n".join(head) + "\r\n\r\n" + text + "\r\n").encode()
    boundary = f"load{random.getrandbits(48):x}"
    file = encodebytes(random.randbytes(random.randint(500, 2_500))).decode().replace("\n", "\r\n")
    head.append(f'Content-Type: multipart/mixed; boundary="{boundary}"')
    return (
        "\r\n".join(head)
        + f"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}"
        + f'\r\n--{boundary}\r\nContent-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        + f'Content-Disposition: attachment; filename="a.pdf"\r\n\r\n{file}\r\n--{boundary}--\r\n'
    ).encode()
