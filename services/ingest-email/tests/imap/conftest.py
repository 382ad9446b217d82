"""An IMAP server that misbehaves on demand, and mails for it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ingest_email.testing_imap import ADDRESS, ScriptedImap


def pytest_asyncio_loop_factories(
    config: object, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """On the loop that the process runs on, which does TLS its own way."""
    return {"uvloop": uvloop.new_event_loop}


def mail(number: int, *, text: str = "Where is my order?", **headers: str | None) -> bytes:
    """A mail in wire format; headers by name, underscores for hyphens, None leaves one out."""
    message = EmailMessage()
    fields: dict[str, str | None] = {
        "From": f"Jane Doe <jane{number % 7}@example.org>",
        "To": ADDRESS,
        "Subject": f"Order {number}",
        "Message-ID": f"<{number}@example.org>",
        "Date": "Tue, 25 Aug 2026 08:59:00 +0200",
    }
    for name, value in {**fields, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        if value is not None:
            message[name] = value
    message.set_content(f"{text}\n")
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.fixture
def make_mail() -> Callable[..., bytes]:
    return mail


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    server = ScriptedImap()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[[str], tuple[Path, ssl.SSLContext]]:
    """`certificate("host")`: a file that vouches for it, and a server's context with it."""

    def make(host: str) -> tuple[Path, ssl.SSLContext]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        path = tmp_path / f"{host}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return path, context

    return make


@pytest.fixture
async def secure_server(certificate: Any) -> AsyncIterator[tuple[ScriptedImap, Path]]:
    """Speaks TLS from the first byte, as localhost; with the file that vouches for it."""
    path, context = certificate("localhost")
    server = ScriptedImap(context, from_the_start=True)
    await server.start()
    yield server, path
    await server.stop()
