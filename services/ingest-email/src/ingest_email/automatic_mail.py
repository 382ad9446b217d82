"""What is known of a mail that a machine sent: sign, kind, what it reports, and of which reply of ours; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from events.values import AutomatedKind, Bounce
from ingest_email.automation import kind_of, sign_of
from ingest_email.bounces import report_of
from ingest_email.parse import Mail
from service_kit import reply_token


class OwnReply(NamedTuple):
    """A reply of ours, by its Message-ID. The signature proves the conversation: whether it has such a reply, and sent
    it to that recipient, only the write side knows."""

    reply_id: UUID
    conversation_id: UUID


class Automatic(NamedTuple):
    """All is None for a person's mail. `bounce` is there for delays too, `bounced` is what a report speaks of."""

    sign: str | None = None
    kind: AutomatedKind | None = None
    bounce: Bounce | None = None
    bounced: OwnReply | None = None

    @property
    def bounced_reply_id(self) -> UUID | None:
        """The reply that was not delivered for good: a delay changes nothing."""
        return self.bounced.reply_id if self.bounced is not None and self.kind == "bounce" else None


PERSONAL: Final = Automatic()


def automatic(mail: Mail, envelope_sender: str | None, key: bytes, domain: str) -> Automatic:
    """What the mail is, if a machine sent it. `key` and `domain` are those of our reply tokens."""
    sign = sign_of(mail, envelope_sender, domain)
    if sign is None:
        return PERSONAL
    report = report_of(mail)
    if report is None:
        return Automatic(sign, kind_of(mail, final=None))
    return Automatic(sign, kind_of(mail, final=report.final), report.bounce, own_reply(report.ids, key, domain))


def own_reply(external_ids: Iterable[str], key: bytes, domain: str) -> OwnReply | None:
    """The first of the Message-IDs that is a reply of ours by its signature, None for none."""
    for external_id in external_ids:
        conversation_id = reply_token.conversation_of(external_id, key, domain)
        if conversation_id is None:
            continue
        try:
            return OwnReply(UUID(hex=external_id.partition(".")[0]), conversation_id)
        except ValueError:
            continue
    return None
