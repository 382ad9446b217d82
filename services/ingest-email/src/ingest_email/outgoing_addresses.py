"""Addresses as SMTP and mail headers want them: domains in ASCII, odd local parts quoted, or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import idna

from events.values import Address

MAX_ADDRESS: Final = 512
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED: Final = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"')
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]+")
_DOMAIN: Final = re.compile(r"(?=.{1,255}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]*)(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*")
_LITERAL: Final = re.compile(r"\[[A-Za-z0-9:.-]{1,64}\]")


class Unsendable(ValueError):
    """The reply can't be put into a mail as it is; the message says what is wrong, without personal data."""


def on_the_wire(address: str, what: str = "an address") -> str:
    """The addr-spec in ASCII (RFC 5321 4.1.2): an international domain as A-labels (IDNA 2008 with UTS 46), a local
    part that is no dot-atom as a quoted string.

    Raises Unsendable for what SMTP can't carry: no domain, control characters, a local part that isn't ASCII.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or len(address) > MAX_ADDRESS:
        raise Unsendable(f"{what} is not of the form local@domain, or too long")
    return f"{_local(local, what)}@{_domain(domain, what)}"


def recipients(*groups: Iterable[Address]) -> tuple[str, ...]:
    """Everyone once, in the order given, as SMTP wants them. Raises Unsendable."""
    unique: dict[str, str] = {}
    for group in groups:
        for mailbox in group:
            address = on_the_wire(mailbox.address, "a recipient's address")
            unique.setdefault(address.lower(), address)
    return tuple(unique.values())


def _local(local: str, what: str) -> str:
    if _DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local):
        return local
    if not _PRINTABLE.fullmatch(local):
        raise Unsendable(f"{what} has characters before the @ that mail servers don't take")
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _domain(domain: str, what: str) -> str:
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise Unsendable(f"{what} has a domain that can't exist") from error
    if _DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain):
        return domain
    raise Unsendable(f"{what} has a domain that can't exist")
