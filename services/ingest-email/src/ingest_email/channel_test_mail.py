"""The mail by which a channel is tested, as bytes; and how it is known again when it, or a bounce of it, comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from events.values import Address, Bounce
from ingest_email.outgoing_addresses import recipients
from ingest_email.outgoing_headers import Header
from ingest_email.own_mail import written
from ingest_email.parse import Mail as ParsedMail
from ingest_email.render import Mail
from service_kit import answer_token

HEADER: Final = "X-Postroom-Test"
WORD: Final = "test"
_FIELD: Final = HEADER.lower()
SUBJECT: Final = "Postroom: a test of this mailbox"
TEXT: Final = (
    "This mail was sent by Postroom to see whether mail goes out from this address and comes back in.\n"
    "It is in no conversation. You may delete it.\n"
)


def render(test_id: UUID, address: str, key: bytes, domain: str, at: datetime) -> Mail:
    """From the channel to itself; the same test always gives the same bytes. Raises Unsendable."""
    ours = Address(address)
    token = answer_token.sign(test_id, key, "channel test")
    message_id = f"{WORD}.{token}@{domain}"
    content = written(message_id, ours, ours, SUBJECT, TEXT, at, more=[Header(HEADER, token)])
    everyone = recipients((ours,), (), ())
    return Mail(message_id, everyone[0], everyone, at, content)


def channel_test_of(mail: ParsedMail, bounce: Bounce | None, key: bytes, domain: str) -> UUID | None:
    """The test that the mail belongs to, by our signature in a field of its own or in its Message-ID, or in that of the
    mail that came back with it."""
    token = mail.headers.first(_FIELD).strip()
    if token and (found := answer_token.verify(token.lower(), key, "channel test")) is not None:
        return found
    for external_id in (mail.message_id, "" if bounce is None else bounce.external_id):
        if external_id and external_id.startswith(f"{WORD}."):
            local, _, host = external_id.rpartition("@")
            if host.lower() == domain.lower():
                return answer_token.verify(local.removeprefix(f"{WORD}.").lower(), key, "channel test")
    return None
