"""Key pairs for signing mail (RFC 6376): made, and as the DNS record that its domain has to publish."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
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


def shown(dkim: Dkim, *, signing: bool) -> dict[str, object]:
    """What is to be published: a TXT record of this name and value."""
    return {
        "signing": signing,
        "domain": dkim.domain,
        "selector": dkim.selector,
        "record_name": record_name(dkim),
        "record_value": f"v=DKIM1; k=rsa; p={dkim.public_key}",
    }


def record_name(dkim: Dkim) -> str:
    return f"{dkim.selector}._domainkey.{dkim.domain}"


def is_published(dkim: Dkim, records: Iterable[str]) -> bool:
    """Whether one of the TXT records has the key (RFC 6376 3.6.1); white space within it does not count."""
    for record in records:
        tags = dict(_tag(part) for part in record.split(";") if "=" in part)
        if tags.get("p") == dkim.public_key and tags.get("v", "DKIM1") == "DKIM1":
            return True
    return False


def _tag(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip(), "".join(value.split())
