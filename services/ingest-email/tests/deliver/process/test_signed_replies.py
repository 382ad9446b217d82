"""What the delivering process hands over bears its channel's signature, and waits for a key that is missing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from events.conversations import ReplyContent
from events.workspace import ChannelConnected, Dkim, EmailSettings
from service_kit.ids import new_id

pytestmark = pytest.mark.real
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()
PUBLIC = b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()


def dns(name: bytes, timeout: float = 5) -> bytes | None:
    return f"v=DKIM1; k=rsa; p={PUBLIC}".encode() if name == b"spring._domainkey.example.com." else None


async def test_a_reply_goes_out_signed_by_its_channels_key_one_of_another_channel_does_not(
    desk: Any, mail_server: Any, reply_content: Callable[..., ReplyContent]
) -> None:
    def signing(secret_id: Any) -> Dkim:
        return Dkim(domain="example.com", selector="spring", public_key=PUBLIC, secret_id=secret_id)

    async def channel(**settings: Any) -> Any:
        channel_id = new_id()
        email = EmailSettings(address=f"{channel_id.hex}@example.com", **settings)
        await desk.say(ChannelConnected(channel_id=channel_id, inbox_id=new_id(), kind="email", email=email))
        return channel_id

    secret_id = desk.secret(PEM)
    signed, pending = await channel(dkim=signing(secret_id)), await channel(dkim_pending=signing(secret_id))
    keyless = await channel(dkim=signing(new_id()))
    ids = {name: new_id() for name in ("signed", "pending", "keyless")}
    for name, channel_id in (("signed", signed), ("pending", pending), ("keyless", keyless)):
        desk.queue((ids[name], new_id(), reply_content(ids[name])), channel_id=channel_id)
    async with desk.running():
        await desk.until(lambda: desk.states([ids["signed"], ids["pending"]]) == {"accepted": 2})
        # Each attempt ends before anything is sent, and another one comes: never unsigned.
        await desk.until(lambda: desk.states([ids["keyless"]]) == {"requested": 1})
    sent = {name: mail for mail in map(raw, mail_server.received) for name in ids if ids[name].hex.encode() in mail}
    assert sent.keys() == {"signed", "pending"}
    assert sent["signed"].startswith(b"DKIM-Signature:") and dkim.verify(sent["signed"], dnsfunc=dns)
    assert b"DKIM-Signature" not in sent["pending"], "a key whose record is not published signs nothing"


def raw(received: Any) -> bytes:
    return next(part for part in received if isinstance(part, bytes) and b"Message-ID" in part)
