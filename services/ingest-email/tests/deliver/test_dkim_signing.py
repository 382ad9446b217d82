"""Signed mails: what a verifier with DNS sees, and what becomes of them without a key."""

from __future__ import annotations

from uuid import UUID

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from events.testing import MOMENT
from events.workspace import Dkim
from ingest_email import channel_test_mail
from ingest_email.delivery import Impossible, Postponed
from ingest_email.dkim_signing import DkimSigner, sign
from ingest_email.render import Mail
from service_kit.secrets import SecretMissing

CHANNEL = UUID(int=3)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()
PUBLIC = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)
WISH = Dkim(
    domain="shop.test",
    selector="postroom",
    public_key="".join(PUBLIC.splitlines()[1:-1]),
    secret_id=UUID(int=4),
)


def dns(name: bytes, timeout: float = 5) -> bytes | None:
    record = f"v=DKIM1; k=rsa; p={WISH.public_key}"
    return record.encode() if name == b"postroom._domainkey.shop.test." else None


def mail() -> Mail:
    return channel_test_mail.render(UUID(int=7), "help@shop.test", bytes(32), "mail.test", MOMENT)


def signed() -> bytes:
    made = sign(mail(), WISH, PEM)
    assert isinstance(made, Mail) and made.recipients == mail().recipients
    return made.content


def test_a_verifier_that_asks_dns_believes_the_signature() -> None:
    assert dkim.verify(signed(), dnsfunc=dns)
    assert signed().endswith(mail().content) and signed().startswith(b"DKIM-Signature:")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"You may delete it", b"You may pay it"),
        (b"Subject: Postroom", b"Subject: Invoice"),
        (b"From: help@shop.test", b"From: boss@shop.test"),
        (b"Subject:", b"From: boss@shop.test\r\nSubject:"),
    ],
)
def test_who_changes_the_mail_breaks_it(old: bytes, new: bytes) -> None:
    assert old in signed()
    assert not dkim.verify(signed().replace(old, new), dnsfunc=dns)


def test_white_space_that_a_relay_changes_breaks_nothing() -> None:
    assert dkim.verify(signed().replace(b"Subject: ", b"subject:   "), dnsfunc=dns)


async def test_only_channels_with_a_key_are_signed_and_a_missing_key_is_waited_for() -> None:
    async def secret(secret_id: UUID) -> str:
        if secret_id != WISH.secret_id:
            raise SecretMissing("no such secret")
        return PEM

    keys = {CHANNEL: WISH, UUID(int=5): replace_key(UUID(int=9))}
    signer = DkimSigner(keys.get, secret)
    assert await signer.signed(mail(), UUID(int=6)) == mail()
    made = await signer.signed(mail(), CHANNEL)
    assert isinstance(made, Mail) and dkim.verify(made.content, dnsfunc=dns)
    waiting = await signer.signed(mail(), UUID(int=5))
    assert isinstance(waiting, Postponed) and waiting.code == "dkim-key-missing"


def test_a_key_that_is_none_is_said() -> None:
    assert isinstance(sign(mail(), WISH, "no key"), Impossible)


def replace_key(secret_id: UUID) -> Dkim:
    return Dkim(domain="shop.test", selector="other", public_key=WISH.public_key, secret_id=secret_id)
