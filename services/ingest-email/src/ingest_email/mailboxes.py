"""Address fields become mailboxes (RFC 5322 3.4): addresses as written, names decoded; never raises."""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import Final

from events.values import Address
from ingest_email.charsets import clean
from ingest_email.headers import decode_words
from ingest_email.limits import MAX_LINE, MAX_NAME, MAX_RECIPIENTS

MAX_FIELD: Final = 20_000
"""Characters of one address field that are read: the library's parser is slow on hostile ones."""
NOBODY: Final = "sender.invalid"
UNKNOWN: Final = Address(f"unknown@{NOBODY}")
"""The sender of a mail that names none anywhere: an address of a reserved domain (RFC 2606)."""

_ATOM = r"[^\s<>()\[\]:;@\\,\"]+"
_BARE = re.compile(rf"{_ATOM}@{_ATOM}")
_NAMED = re.compile(rf"(?:\"([^\"\\<>@]*)\"|([^\"\\<>(),:;@\[\]]*))\s*<\s*({_ATOM}@{_ATOM})\s*>")
_PLAUSIBLE = re.compile(rf'(?:"[^"]*"|{_ATOM})@(?:{_ATOM}|\[[^\[\]\s]+\])')
_ANYWHERE = re.compile(rf"{_ATOM}@{_ATOM}")
_WORD = re.compile(r"[^a-z0-9._-]+")


def mailboxes(field: str) -> tuple[Address, ...]:
    """The mailboxes of a field, groups flattened, at most 300; those without an address are left out."""
    return _mailboxes(field) if field else ()


def sender(from_: str, *others: str) -> Address:
    """Who wrote it: the first mailbox of From, else of the other fields, else `<word>@sender.invalid` of a bare name
    like MAILER-DAEMON, else `unknown@sender.invalid`."""
    for field in (from_, *others):
        found = mailboxes(field)
        if found:
            return found[0]
    words = decode_words(from_).strip(" <>\"'")
    local = _WORD.sub("-", words.lower()).strip("-.")[:64] if "@" not in words else ""
    return Address(f"{local}@{NOBODY}", words[:MAX_NAME]) if local else UNKNOWN


def _mailboxes(field: str) -> tuple[Address, ...]:
    field = field.strip()
    if _BARE.fullmatch(field):
        return (_address("", field),)
    named = _NAMED.fullmatch(field)
    if named is not None:
        return (_address(named[1] or named[2] or "", named[3]),)
    return _any(field[:MAX_FIELD])


def _any(field: str) -> tuple[Address, ...]:
    try:
        pairs = getaddresses([field])
    except (ValueError, IndexError, RecursionError, AttributeError, TypeError):
        pairs = []
    found = [_address(name, address) for name, address in pairs if _PLAUSIBLE.fullmatch(address.strip())]
    if not found:
        found = [_address("", match[0]) for match in _ANYWHERE.finditer(field)]
    return tuple(found[:MAX_RECIPIENTS])


def _address(name: str, address: str) -> Address:
    return Address(clean(address).strip()[:MAX_LINE], decode_words(name)[:MAX_NAME])
