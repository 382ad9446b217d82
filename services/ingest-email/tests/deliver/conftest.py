"""A mail server that plays a script, builders of replies, and processes with a ledger."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from base64 import b64decode
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from events.conversations import ReplyContent
from events.values import Address
from ingest_email.delivery_ledger import SCHEMA
from ingest_email.render import Mail
from ingest_email.testing_ledger import OneProcess
from service_kit import database


class Received(NamedTuple):
    """A mail whose final dot came; `answered` False when the server fell silent then."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    answered: bool


class ScriptedMailServer:
    """Answers like a server that takes everything, unless the script of a step says otherwise.

    Steps: CONNECT EHLO MAIL RCPT DATA BODY (while the message comes) and DOT (after its end). Each visit to a step
    uses up one entry of its script: a reply such as "451 later", CUT (hangs up), HANG (answers nothing more), or WAIT
    (takes it once `go_on` is set).
    """

    CUT, HANG, WAIT = "cut", "hang", "wait"

    def __init__(self) -> None:
        self.script: dict[str, list[str]] = defaultdict(list)
        self.received: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self.go_on = asyncio.Event()
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Waits until the condition over what was seen holds."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._talk(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if not await self._say(writer, "CONNECT", "220 scripted"):
            return
        sender, recipients = "", list[str]()
        while line := (await reader.readuntil(b"\r\n")).decode().rstrip():
            verb, _, rest = line.partition(" ")
            await self._note(line)
            if verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            if verb == "DATA":
                if not await self._say(writer, "DATA", "354 go on"):
                    return
                if self._last.startswith("354") and not await self._message(reader, writer, sender, tuple(recipients)):
                    return
                continue
            if verb == "MAIL":
                sender, recipients = rest[len("FROM:<") :].partition(">")[0], []
            normal = "250-scripted\r\n250 SIZE 30000000" if verb == "EHLO" else "250 ok"
            if not await self._say(writer, verb, normal):
                return
            if verb == "RCPT" and self._last.startswith("250"):
                recipients.append(rest[len("TO:<") : -1])

    async def _message(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str, recipients: tuple[str, ...]
    ) -> bool:
        await self._note("BODY")
        if self.script["BODY"] and not await self._say(writer, "BODY", ""):
            return False
        content = bytearray()
        while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
            content += line[1:] if line.startswith(b".") else line
        silent = self.script["DOT"][:1] in ([self.CUT], [self.HANG])
        answer = (self.script["DOT"] or ["250"])[0]
        if silent or answer == self.WAIT or answer.startswith("2"):
            self.received.append(Received(sender, recipients, bytes(content), not silent))
        await self._note(".")
        return await self._say(writer, "DOT", "250 taken")

    async def _say(self, writer: asyncio.StreamWriter, step: str, normal: str) -> bool:
        """Plays the step; False when the conversation is over."""
        self._last = self.script[step].pop(0) if self.script[step] else normal
        if self._last == self.CUT:
            return False
        if self._last == self.HANG:
            await asyncio.Event().wait()
        if self._last == self.WAIT:
            await self.go_on.wait()
            self._last = normal
        writer.write(self._last.encode() + b"\r\n")
        await writer.drain()
        return not self._last.startswith("421")

    async def _note(self, command: str) -> None:
        async with self._changed:
            self.commands.append(command)
            self._changed.notify_all()


@pytest.fixture
async def mail_server() -> AsyncIterator[ScriptedMailServer]:
    server = ScriptedMailServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def a_mail() -> Callable[..., Mail]:
    def build(*recipients: str, content: bytes = b"Subject: Hi\r\n\r\n.hidden dot\r\n..\r\n.\r\nlast\r\n") -> Mail:
        return Mail(
            "reply.token@postroom.localhost",
            "support@example.com",
            recipients or ("ann@example.org",),
            datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
            content,
        )

    return build


@pytest.fixture
def reply_content() -> Callable[..., ReplyContent]:
    def build(reply_id: UUID, *recipients: str, **changes: Any) -> ReplyContent:
        standard: dict[str, Any] = {
            "external_id": f"{reply_id.hex}.token@postroom.localhost",
            "sender": Address("support@example.com", "Support"),
            "to": tuple(Address(address) for address in recipients or ("ann@example.org",)),
            "subject": "Re: Delivery",
            "text": "Good morning",
        }
        return ReplyContent(**(standard | changes))

    return build


ANY = "any token"


class SecureMailServer:
    """aiosmtpd with STARTTLS, on `implicit_port` with TLS from the first byte, under a certificate of its own making
    for 127.0.0.1; and AUTH. `password` and `token` (or ANY) may change.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self.received: list[tuple[bool, bool, list[str]]] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.certificate = certificate
        self.password = b"p:a@ss word"
        self.token = ""
        self.log_ins = 0
        self._context = context
        self._server: asyncio.Server | None = None
        self._implicit: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0)
        self._implicit = await loop.create_server(self._within_tls, "127.0.0.1", 0, ssl=self._context)

    def _within_tls(self) -> SMTP:
        return SMTP(self, auth_require_tls=False, authenticator=self._authenticate, loop=asyncio.get_running_loop())

    def _protocol(self) -> SMTP:
        return SMTP(self, tls_context=self._context, authenticator=self._authenticate, loop=asyncio.get_running_loop())

    async def stop(self) -> None:
        assert self._server is not None
        assert self._implicit is not None
        self._server.close()
        self._implicit.close()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def implicit_port(self) -> int:
        assert self._implicit is not None
        port: int = self._implicit.sockets[0].getsockname()[1]
        return port

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.log_ins += 1
        right = (data.login, data.password) == (b"postroom", self.password)
        return AuthResult(success=right, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult | None:
        """A token that is not right is answered with a challenge first, as Google and Microsoft do."""
        self.log_ins += 1
        told = re.fullmatch(r"user=postroom\x01auth=Bearer (\S+)\x01\x01", b64decode(arguments[1]).decode())
        if told is not None and self.token in (told[1], ANY):
            return AuthResult(success=True)
        await server.challenge_auth(b'{"status":"400"}')
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        secure = session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None
        self.received.append((secure, session.authenticated, envelope.rcpt_tos))
        return "250 taken"


@pytest.fixture
async def secure_server(tmp_path: Path) -> AsyncIterator[SecureMailServer]:
    server = SecureMailServer(*_certificate(tmp_path))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def dsn(fresh_database: str) -> str:
    database.migrate(fresh_database, SCHEMA, "ingest_email.migrations")
    return fresh_database


@pytest.fixture
def process(dsn: str) -> Iterator[OneProcess]:
    process = OneProcess(dsn)
    yield process
    process.connection.close()


@pytest.fixture
def other(dsn: str) -> Iterator[OneProcess]:
    process = OneProcess(dsn, "1")
    yield process
    process.connection.close()
