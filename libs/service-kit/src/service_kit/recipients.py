"""To whom, from which address of ours and under which References a reply goes; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from events.replies import ReplyContent
from events.values import Address, MessageContent

MAX_REFERENCES: Final = 20
MAX_RECIPIENTS: Final = 50
MAX_ADDRESS: Final = 254
MAX_LOCAL_PART: Final = 64
MAX_NAME: Final = 200
_ANSWER_PREFIX: Final = re.compile(
    r"^(?:\s*(?:re|aw|sv|vs|antw|odp)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：])+\s*", re.IGNORECASE
)
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN: Final = re.compile(r"(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9-]{1,63}")
_NAMED: Final = re.compile(r"^\s*(?P<name>.*?)\s*<(?P<address>[^<>]*)>\s*$", re.DOTALL)
_MESSAGE_ID: Final = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,400}")
_ATOMS: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+"
_FOREIGN: Final = re.compile(
    rf"(?:{_ATOMS}(?:\.{_ATOMS})*|\"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*\")"
    r"@(?:(?!-)[A-Za-z0-9\u00a1-\U0010ffff-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9\u00a1-\U0010ffff-]{1,63}(?<!-))*"
    r"|\[[0-9A-Za-z.:]+\])"
)


class NoRecipient(ValueError):
    """Nobody is left to whom the reply could go."""


class OwnAddress(ValueError):
    """A chosen recipient is an address of ours: the reply would come back to us."""


class TooManyRecipients(ValueError):
    """More than 50 in To, Cc and Bcc together."""


class NoAddressOfOurs(ValueError):
    """The inbox has no e-mail address left from which a reply could be sent."""


class ChannelNotOfInbox(ValueError):
    """The chosen channel is none of the inbox's connected e-mail channels."""


@dataclass(frozen=True)
class OwnChannel:
    """An e-mail channel of the inbox, connected now."""

    id: UUID
    address: str
    from_name: str = ""
    fallback: bool = False


@dataclass(frozen=True)
class Answered:
    """The last inbound message of the conversation, as far as the answer depends on it."""

    sender: Address
    external_id: str = ""
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    references: tuple[str, ...] = ()
    in_reply_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """What the agent chose. None leaves it to the default; `to` given without `cc` means no Cc at all."""

    to: tuple[Address, ...] | None = None
    cc: tuple[Address, ...] | None = None
    bcc: tuple[Address, ...] = ()
    reply_all: bool = True


@dataclass(frozen=True)
class Recipients:
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()


def answered_message(message: MessageContent) -> Answered:
    """The last inbound message, as the one that is answered."""
    return Answered(
        sender=message.sender,
        external_id=message.external_id,
        reply_to=message.reply_to,
        to=message.to,
        cc=message.cc,
        subject=message.subject,
        references=message.references,
        in_reply_to=message.in_reply_to,
    )


def continued_message(ours: ReplyContent) -> Answered:
    """Our own newest message, where nobody has answered yet: we go on to the same people."""
    return Answered(
        sender=ours.to[0],
        external_id=ours.external_id,
        reply_to=ours.to,
        cc=ours.cc,
        subject=ours.subject,
        references=ours.references,
    )


def recipients(answered: Answered, chosen: Chosen, ours: Collection[str]) -> Recipients:
    """Reply-all by default: To = Reply-To or From of the answered message, Cc = its other To and Cc, never us.

    `ours` are all addresses of the workspace (lower case); each counts with and without a `+token`. Nobody is
    addressed twice (To before Cc before Bcc); what a customer's mail names but no mail could reach is left out.
    Refuses with NoRecipient, OwnAddress, TooManyRecipients.
    """
    for address in (*(chosen.to or ()), *(chosen.cc or ()), *chosen.bcc):
        if is_ours(address.address, ours):
            raise OwnAddress("an address of ours cannot be a recipient")
    if chosen.to is not None:
        to, cc = chosen.to, chosen.cc or ()
    else:
        to = _not_ours(answered.reply_to, ours) or _not_ours((answered.sender,), ours)
        others = _not_ours((*answered.to, *answered.cc), ours) if chosen.reply_all else ()
        cc = others if chosen.cc is None else chosen.cc
    seen: set[str] = set()
    result = Recipients(_once(to, seen), _once(cc, seen), _once(chosen.bcc, seen))
    if not result.to:
        raise NoRecipient("nobody is left to whom the reply could go")
    if len(seen) > MAX_RECIPIENTS:
        raise TooManyRecipients(f"at most {MAX_RECIPIENTS} recipients are allowed")
    return result


def sending_channel(
    channels: Sequence[OwnChannel], delivered_through: Iterable[UUID], chosen: UUID | None = None
) -> OwnChannel:
    """The address of ours that speaks: the chosen one, else the one the customer's mail was delivered to, but a
    connected one before the fallback one.

    `delivered_through` are channel ids, the answered message's first, then older ones of the conversation; `channels`
    are the inbox's, oldest first. Refuses with NoAddressOfOurs, ChannelNotOfInbox.
    """
    if chosen is not None:
        for channel in channels:
            if channel.id == chosen:
                return channel
        raise ChannelNotOfInbox("the chosen channel is no connected e-mail address of the inbox")
    connected = {channel.id: channel for channel in channels if not channel.fallback}
    for channel_id in delivered_through:
        if channel_id in connected:
            return connected[channel_id]
    for channel in (*connected.values(), *channels):
        return channel
    raise NoAddressOfOurs("the inbox has no e-mail address")


def answer_subject(subject: str) -> str:
    """The subject with exactly one "Re:" and on one line."""
    rest = _ANSWER_PREFIX.sub("", " ".join(printable(subject).split()))
    return f"Re: {rest}".rstrip()


def answer_references(answered: Answered) -> tuple[str, ...]:
    """References of the answer (RFC 5322 3.6.4): the parent's, then the parent; at most 20, the first always kept."""
    parents = answered.references or (answered.in_reply_to if len(answered.in_reply_to) == 1 else ())
    ids = tuple(dict.fromkeys(one for one in (*parents, answered.external_id) if _MESSAGE_ID.fullmatch(one)))
    if len(ids) <= MAX_REFERENCES:
        return ids
    return (ids[0], *ids[-(MAX_REFERENCES - 1) :])


def answered_id(answered: Answered) -> str | None:
    """In-Reply-To of the answer; None where the message has no usable id."""
    return answered.external_id if _MESSAGE_ID.fullmatch(answered.external_id) else None


def is_ours(address: str, ours: Collection[str]) -> bool:
    """Whether mail to this address comes to us: an address of ours, with or without a `+token`."""
    whole = address.strip().lower()
    local, at, domain = whole.rpartition("@")
    return whole in ours or f"{local.partition('+')[0]}{at}{domain}" in ours


def parse_address(text: str) -> Address:
    """`a@b.example` or `Name <a@b.example>`. International domains become ASCII (IDNA).

    Raises ValueError for anything that could not stand in a mail header or is no mailbox (RFC 5321 4.1.2, quoted
    local parts left out).
    """
    named = _NAMED.match(text)
    name, address = (named["name"].strip().strip('"'), named["address"]) if named else ("", text)
    return make_address(address, name)


def make_address(address: str, name: str = "") -> Address:
    """A checked address. Raises ValueError, without the offending value in its message."""
    local, _, domain = address.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        raise ValueError("the domain of the address is not valid") from None
    if not _LOCAL_PART.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError("the part before @ is not valid")
    if not _DOMAIN.fullmatch(domain) or len(local) + len(domain) + 1 > MAX_ADDRESS:
        raise ValueError("the domain of the address is not valid")
    if printable(name) != name or len(name) > MAX_NAME:
        raise ValueError("the name has control characters or is longer than 200 characters")
    return Address(f"{local}@{domain}", name)


def printable(text: str) -> str:
    """The text with blanks for what breaks a line or can't be written."""
    return "".join(" " if unicodedata.category(char) in _UNSAFE else char for char in text)


_UNSAFE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def _not_ours(addresses: Iterable[Address], ours: Collection[str]) -> tuple[Address, ...]:
    """Addresses of a customer's mail that are usable and not ours, their names fit for a header."""
    return tuple(
        Address(one.address.strip(), " ".join(printable(one.name).split())[:MAX_NAME])
        for one in addresses
        if _reachable(one.address.strip()) and not is_ours(one.address, ours)
    )


def _reachable(address: str) -> bool:
    local = address.rpartition("@")[0]
    return (
        len(address.encode("utf-8", "replace")) <= MAX_ADDRESS
        and 0 < len(local) <= MAX_LOCAL_PART
        and printable(address) == address
        and not any(char.isspace() for char in address.strip('"'))
        and _FOREIGN.fullmatch(address) is not None
    )


def _once(addresses: Iterable[Address], seen: set[str]) -> tuple[Address, ...]:
    result = []
    for address in addresses:
        key = address.address.strip().lower()
        if key not in seen:
            seen.add(key)
            result.append(address)
    return tuple(result)
