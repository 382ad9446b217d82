"""The SMTP server on real sockets, with surroundings that obey the test."""

from __future__ import annotations

import asyncio
import datetime
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingest_email.smtp_dialogue import AcceptMail, Rules
from ingest_email.smtp_server import Limits, SmtpServer

ENVELOPE = b"MAIL FROM:<jane@example.com>\r\nRCPT TO:<%s>\r\nDATA\r\n"


class Surroundings:
    """An intake that records; `support@here` is known at once, `slow@here` after `decide`, all else is unknown."""

    def __init__(self) -> None:
        self.mails: list[AcceptMail] = []
        self.reasons: list[str] = []
        self.decide = asyncio.Event()
        self.store = asyncio.Event()
        self.store.set()
        self.failing = False

    def is_known(self, address: str) -> bool:
        return address == "support@here"

    async def check(self, address: str, correlation_id: object) -> int:
        if address == "broken@here":
            raise RuntimeError("broken on purpose")
        if address == "slow@here":
            await self.decide.wait()
            return 250
        return 550

    async def accept(self, mail: AcceptMail) -> bytes:
        await self.store.wait()
        if self.failing:
            raise RuntimeError("broken on purpose")
        self.mails.append(mail)
        return b"250 2.0.0 Stored\r\n"

    def refused(self, reason: str) -> None:
        self.reasons.append(reason)


class Line:
    """A client's connection, line by line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def codes(self, number: int) -> list[int]:
        codes: list[int] = []
        while len(codes) < number:
            line = await asyncio.wait_for(self.reader.readline(), 10)
            assert line, f"the connection ended after {codes}"
            if line[3:4] == b" ":
                codes.append(int(line[:3]))
        return codes

    async def ended(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 10) == b""


@asynccontextmanager
async def connected(server: SmtpServer) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings()


@asynccontextmanager
async def serving(surroundings: Surroundings, **options) -> AsyncIterator[SmtpServer]:
    server = SmtpServer(surroundings, options.pop("rules", Rules("mx.here")), **options)
    async with server.serving("127.0.0.1", 0):
        yield server


async def test_a_mail_is_accepted(surroundings):
    async with serving(surroundings) as server, connected(server) as line:
        line.writer.write(b"EHLO x\r\n" + ENVELOPE % b"support@here")
        assert await line.codes(5) == [220, 250, 250, 250, 354]
        line.writer.write(b"Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n")
        assert await line.codes(2) == [250, 221]
        assert await line.ended()

    assert surroundings.mails[0].raw == b"Subject: x\r\n\r\nhello\r\n"


async def test_an_ordinary_client_is_understood(surroundings):
    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("jane@example.com", ["support@here"], "Subject: x\n\n.dot\n..\nend")
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
                client.sendmail("jane@example.com", ["gone@here"], "Subject: x\n\n")
            assert refusal.value.recipients["gone@here"][0] == 550

    async with serving(surroundings) as server:
        await asyncio.to_thread(send, server.port)

    assert surroundings.mails[0].raw == b"Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n"


async def test_pipelined_commands_wait_for_a_slow_answer_and_keep_their_order(surroundings):
    async with serving(surroundings) as server, connected(server) as line:
        line.writer.write(b"EHLO x\r\n" + ENVELOPE % b"slow@here" + b"one\r\n.\r\nNOOP\r\nQUIT\r\n")
        assert await line.codes(3) == [220, 250, 250]
        surroundings.decide.set()
        assert await line.codes(5) == [250, 354, 250, 250, 221]


async def test_a_fault_while_accepting_is_a_request_to_try_again(surroundings):
    surroundings.failing = True
    async with serving(surroundings) as server, connected(server) as line:
        line.writer.write(b"EHLO x\r\n" + ENVELOPE % b"support@here" + b"one\r\n.\r\nNOOP\r\n")
        assert await line.codes(7) == [220, 250, 250, 250, 354, 451, 250]

        line.writer.write(ENVELOPE % b"broken@here")
        assert await line.codes(3) == [250, 451, 451]


async def test_a_client_that_leaves_while_its_mail_is_stored_harms_nobody(surroundings, eventually):
    surroundings.store.clear()
    async with serving(surroundings) as server:
        async with connected(server) as line:
            line.writer.write(b"EHLO x\r\n" + ENVELOPE % b"support@here" + b"one\r\n.\r\n")
            await line.codes(5)
        surroundings.store.set()
        await eventually(lambda: len(surroundings.mails) == 1)
        async with connected(server) as line:
            assert await line.codes(1) == [220]


async def test_silent_sessions_and_those_that_get_nowhere_are_ended(surroundings):
    now = [0.0]
    limits = Limits(idle_seconds=300, progress_seconds=900)
    async with serving(surroundings, limits=limits, now=lambda: now[0]) as server, connected(server) as line:
        assert await line.codes(1) == [220]
        now[0] = 299.0
        server.sweep()
        line.writer.write(b"NOOP\r\n")
        assert await line.codes(1) == [250]
        now[0] = 600.0
        server.sweep()
        assert await line.codes(1) == [421]
        assert await line.ended()
    assert surroundings.reasons == ["timeout"]


async def test_a_session_that_drips_is_ended(surroundings):
    now = [0.0]
    async with serving(surroundings, now=lambda: now[0]) as server, connected(server) as line:
        await line.codes(1)
        while now[0] <= 900:
            now[0] += 100
            line.writer.write(b"NOOP\r\n")
            assert await line.codes(1) == [250]
        server.sweep()
        assert await line.codes(1) == [421]


async def test_no_more_sessions_than_allowed(surroundings):
    async with serving(surroundings, limits=Limits(max_sessions_per_host=1)) as server, connected(server) as first:
        assert await first.codes(1) == [220]
        async with connected(server) as second:
            assert await second.codes(1) == [421]
            assert await second.ended()
        first.writer.write(b"QUIT\r\n")
        assert await first.codes(1) == [221]
        assert await first.ended()
        async with connected(server) as third:
            assert await third.codes(1) == [220]
    assert surroundings.reasons == ["too_many_sessions"]


async def test_draining_finishes_the_mail_under_way_and_ends_the_rest(surroundings):
    surroundings.store.clear()
    async with serving(surroundings) as server, connected(server) as busy, connected(server) as idle:
        busy.writer.write(b"EHLO x\r\n" + ENVELOPE % b"support@here" + b"one\r\n.\r\n")
        await busy.codes(5)
        await idle.codes(1)
        draining = asyncio.create_task(server.drain(10))
        assert await idle.codes(1) == [421]
        surroundings.store.set()
        assert await busy.codes(2) == [250, 421]
        await draining

    assert len(surroundings.mails) == 1


async def test_two_servers_share_a_port(surroundings):
    async with serving(surroundings) as first:
        second = SmtpServer(surroundings, Rules("second.here"))
        async with second.serving("127.0.0.1", first.port), connected(second) as line:
            assert await line.codes(1) == [220]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


async def test_a_mail_goes_through_tls(surroundings, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def send(port: int) -> None:
        trusting = ssl.create_default_context(cafile=str(certificate))
        with smtplib.SMTP("localhost", port) as client:
            client.starttls(context=trusting)
            client.sendmail("jane@example.com", ["support@here"], "Subject: x\n\nsecret " + "x" * 200_000)

    async with serving(surroundings, rules=Rules("mx.here", offers_tls=True), tls=context) as server:
        await asyncio.to_thread(send, server.port)

    assert len(surroundings.mails[0].raw) > 200_000


async def test_commands_sent_ahead_of_tls_are_thrown_away(surroundings, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def inject(port: int) -> bytes:
        trusting = ssl.create_default_context(cafile=str(certificate))
        with socket.create_connection(("127.0.0.1", port), 10) as plain:
            plain.sendall(b"EHLO x\r\nSTARTTLS\r\nEHLO x\r\nMAIL FROM:<evil@x>\r\n")
            said = b""
            while not said.endswith(b"220 2.0.0 Ready for TLS\r\n"):
                said += plain.recv(1000)
            with trusting.wrap_socket(plain, server_hostname="localhost") as secure:
                secure.sendall(b"RCPT TO:<support@here>\r\n")
                return secure.recv(1000)

    async with serving(surroundings, rules=Rules("mx.here", offers_tls=True), tls=context) as server:
        assert await asyncio.to_thread(inject, server.port) == b"503 5.5.1 Say MAIL first\r\n"


async def test_a_failed_handshake_ends_the_session_alone(surroundings, certificate, eventually):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with serving(surroundings, rules=Rules("mx.here", offers_tls=True), tls=context) as server:
        async with connected(server) as line:
            line.writer.write(b"EHLO x\r\nSTARTTLS\r\n")
            await line.codes(3)
            line.writer.write(b"this is no handshake\r\n" * 10)
            await eventually(lambda: surroundings.reasons == ["tls_handshake"])
        async with connected(server) as line:
            assert await line.codes(1) == [220]
