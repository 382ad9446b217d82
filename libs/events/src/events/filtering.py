"""Ready-made e-mail filters, senders blocked with the spam they sent, and filtered mails that are let in after all."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.envelope import Command, Event
from events.values import Channel

Switch = Literal["automated", "newsletter", "role_address"]
"""Mail that a machine sent by itself (RFC 3834); that one can unsubscribe from (RFC 2369); of an address that is a
function and no person (RFC 2142, noreply@ and its like)."""


class FilterSwitches(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ready-made filters that are on, in one inbox or (`inbox_id` None) in all. What they catch is blocked, but for
    mail of a known contact: whom an `allow` filter names, to whom agents wrote, whose contact they made,
    imported or filled in, or of whom they let a mail in."""

    inbox_id: UUID | None = None
    automated: bool = False
    newsletter: bool = False
    role_addresses: bool = False

    @property
    def on(self) -> frozenset[Switch]:
        """Those that are on."""
        named: tuple[tuple[Switch, bool], ...] = (
            ("automated", self.automated),
            ("newsletter", self.newsletter),
            ("role_address", self.role_addresses),
        )
        return frozenset(switch for switch, is_on in named if is_on)


class SpamBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Who is blocked, in the conversation's inbox, with the spam: an address, or a domain with its subdomains."""

    field: Literal["address", "domain"]
    value: str


class FilteredAdmitted(Event, frozen=True, kw_only=True):
    """An agent let a filtered mail in: it is a message of this conversation, as if no filter had caught it.

    In the stream of the filtered mail; the events that came of it name the same command as their cause.
    """

    TOPIC: ClassVar[str] = "conversations.v1"
    inbox_id: UUID
    channel: Channel
    conversation_id: UUID
    contact_id: UUID
    message_id: UUID
    received_at: datetime


class AdmitFiltered(Command, frozen=True, kw_only=True):
    """Lets a filtered mail in. The target is its stream."""
