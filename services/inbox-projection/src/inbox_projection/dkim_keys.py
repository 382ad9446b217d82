"""Key pairs for signing mail (RFC 6376): made, and as the DNS record that its domain has to publish."""

from __future__ import annotations

from base64 import b64encode
from typing import Final, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from events.workspace import Dkim

BITS: Final = 2048


class KeyPair(NamedTuple):
    """The private half as PEM (PKCS #1, RFC 8017), the public one as DNS wants it (base64 of its DER)."""

    private_pem: str
    public_key: str


def new_pair() -> KeyPair:
    """Takes some tenths of a second."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(pem.decode(), b64encode(public).decode())


def shown(dkim: Dkim) -> dict[str, str]:
    """What is to be published: a TXT record of this name and value."""
    return {
        "domain": dkim.domain,
        "selector": dkim.selector,
        "record_name": f"{dkim.selector}._domainkey.{dkim.domain}",
        "record_value": f"v=DKIM1; k=rsa; p={dkim.public_key}",
    }
