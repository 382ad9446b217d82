"""What text may stand in names, labels and mail headers, and what a mail address looks like."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_ADDRESS: Final = 254
"""Octets of an address (RFC 5321 4.5.3.1.3: a path of 256 less its angle brackets)."""
MAX_LOCAL_PART: Final = 64
MAX_DOMAIN: Final = 253

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+"
_LOCAL = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*|\"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*\")")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9\u00a1-\U0010ffff-]{1,63}(?<!-)")
_LITERAL = re.compile(r"\[[0-9A-Za-z.:]+\]")


def is_header_safe(text: str) -> bool:
    """Whether the text can stand in a header line: no CR, LF, NUL, other control or line separator but the tab.

    Refused are all that Python or a mail server might take for the end of a line, and lone surrogates, which no
    charset can carry.
    """
    return (text.isascii() and text.isprintable()) or not any(_breaks(char) for char in text)


def _breaks(char: str) -> bool:
    return char != "\t" and unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"}


def is_plain(text: str, limit: int) -> bool:
    """Whether the text is a name as people write it: not blank, at most `limit` characters, nothing invisible."""
    return 0 < len(text) <= limit and not text.isspace() and "\t" not in text and is_header_safe(text)


def is_mail_address(text: str) -> bool:
    """Whether the text is a mailbox of RFC 5321 4.1.2, internationalised (RFC 6531) or not, without display name."""
    local, at, domain = text.rpartition("@")
    if not at or len(text.encode("utf-8", "replace")) > MAX_ADDRESS or not is_header_safe(text):
        return False
    if any(char.isspace() for char in domain) or len(local) > MAX_LOCAL_PART or not _LOCAL.fullmatch(local):
        return False
    if not local.startswith('"') and any(char.isspace() for char in local):
        return False
    if _LITERAL.fullmatch(domain):
        return True
    return len(domain) <= MAX_DOMAIN and all(_LABEL.fullmatch(label) for label in domain.split("."))


def mailbox_key(address: str) -> str:
    """The address as it is compared: without surrounding white space, in lower case."""
    return address.strip().lower()


def without_plus(address: str) -> str:
    """The address without its `+detail` (RFC 5233), in lower case: where a reply token stands."""
    local, at, domain = mailbox_key(address).rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def slug_of(name: str, limit: int = 20) -> str:
    """The name in [a-z0-9-], at most `limit` characters; "inbox" when nothing is left of it."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    words = re.findall(r"[a-z0-9]+", folded.encode("ascii", "ignore").decode())
    return "-".join(words)[:limit].strip("-") or "inbox"


_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
