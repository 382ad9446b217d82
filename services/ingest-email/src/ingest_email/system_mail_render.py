"""A mail of the installation to an agent, as bytes: the same mail always gives the same; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from events.values import Address
from ingest_email.outgoing_addresses import recipients
from ingest_email.own_mail import written
from ingest_email.render import Mail

LOCAL_PART: Final = "no-reply"


def render(
    mail_id: UUID,
    domain: str,
    to: Address,
    subject: str,
    text: str,
    queued_at: datetime,
    *,
    house: str,
    reply_to: Address | None = None,
) -> Mail:
    """From `no-reply` at the mail domain, answers to `reply_to`.

    Raises Unsendable for an address that SMTP can't carry.
    """
    sender = Address(f"{LOCAL_PART}@{domain}", house)
    everyone = recipients((to,), (), ())
    message_id = f"{mail_id.hex}.system@{domain}"
    content = written(message_id, sender, to, subject, text, queued_at, reply_to=reply_to)
    return Mail(message_id, sender.address, everyone, queued_at, content)
