"""The demo's e-mail filters, and the mails that they kept out of its inboxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from typing import Final, NamedTuple

from events.conversations import InboundFiltered
from events.envelope import Actor
from events.values import Address, Blob, MessageContent, MessageFacts
from events.workspace import EmailFilter, EmailFiltersSet
from local_runtime.demo.cast import ADMINISTRATOR, NAMES, SHOP, Cast, shop_address
from local_runtime.demo.journal import Journal
from local_runtime.demo.mail import Letter, raw_mail
from local_runtime.demo.office_hours import beginning
from local_runtime.demo.postbox import RAW_TYPE
from local_runtime.demo.scripts import addresses

VERSION: Final = 1
_LINE: Final = re.compile(r"(\d+) (\d\d):(\d\d) \| (\w+) \| (\w+) \| ([^|]+) \| ([^|]+) \| (.+)")


class Unwanted(NamedTuple):
    """A mail that the filter named `filter_name` caught, `minute` of the day so many days before the start."""

    days_ago: int
    minute: int
    inbox: str
    filter_name: str
    sender: Address
    subject: str
    text: str


def unwanted() -> Iterator[Unwanted]:
    """All of them, oldest first. Raises ValueError naming the line that can't be read."""
    text = files("local_runtime.demo").joinpath("texts", "filtered.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("//"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"the demo's texts: can't read {line!r}")
        days, hour, minute, inbox, name, sender, subject, said = match.groups()
        (person,) = addresses(sender)
        yield Unwanted(int(days), int(hour) * 60 + int(minute), inbox, name, person, subject, said)


def email_filters(cast: Cast) -> dict[str, EmailFilter]:
    """The filters by the names that the texts use."""
    return {
        "partner": EmailFilter(
            id=cast.id("filter partner"),
            kind="allow",
            field="domain",
            value="nordwood.example",
            note="Our supplier: their price lists look like advertising.",
        ),
        "domain": EmailFilter(
            id=cast.id("filter domain"), kind="block", field="domain", value="rank-higher.example", note="SEO offers"
        ),
        "address": EmailFilter(
            id=cast.id("filter address"), kind="block", field="address", value="offers@pallets4u.example"
        ),
        "subject": EmailFilter(
            id=cast.id("filter subject"),
            kind="block",
            field="subject",
            operator="matches",
            value="^congratulations.* you won",
            note="Lotteries",
        ),
    }


def set_filters(journal: Journal, at: datetime) -> None:
    """The administrator sets all filters."""
    cast = journal.cast
    chosen = EmailFiltersSet(version=VERSION, filters=tuple(email_filters(cast).values()))
    journal.add(cast.workspace_id, chosen, at, Actor("agent", str(cast.agent(ADMINISTRATOR))))


def keep_out(journal: Journal, now: datetime) -> None:
    """Each mail as its filter kept it, in a stream of its own."""
    caught_by = email_filters(journal.cast)
    for number, mail in enumerate(unwanted(), 1):
        at = beginning(mail.days_ago, mail.minute, number, now)
        _keep_out(journal, mail, f"filtered {number}", caught_by[mail.filter_name], at)


def _keep_out(journal: Journal, mail: Unwanted, name: str, caught_by: EmailFilter, at: datetime) -> None:
    cast = journal.cast
    message_id = cast.id(f"mail of {name}")
    letter = Letter(
        external_id=f"{message_id.hex}@{mail.sender.address.rpartition('@')[2]}",
        sender=mail.sender,
        to=(Address(shop_address(mail.inbox), f"{SHOP} {NAMES[mail.inbox]}"),),
        subject=mail.subject,
        text=mail.text,
        at=at,
    )
    raw = raw_mail(letter)
    digest = sha256(raw).hexdigest()
    blob = Blob(f"{message_id}/{digest}", len(raw), RAW_TYPE, digest)
    journal.blobs[blob.name] = raw
    event = InboundFiltered(
        inbox_id=cast.inbox(mail.inbox),
        channel="email",
        channel_id=cast.channel(mail.inbox),
        filter_id=caught_by.id,
        filter_version=VERSION,
        message=MessageFacts(
            message_id=message_id,
            channel="email",
            channel_id=cast.channel(mail.inbox),
            received_at=at,
            sent_at=at.replace(microsecond=0),
            size=len(raw),
            blobs=(blob.name,),
        ),
        personal=MessageContent(
            external_id=letter.external_id,
            sender=letter.sender,
            to=letter.to,
            delivered_to=letter.to[0].address,
            subject=letter.subject,
            new_text=letter.text,
            raw=blob,
        ),
    )
    journal.add(cast.id(name), event, at)
