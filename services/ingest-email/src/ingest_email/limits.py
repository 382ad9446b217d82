"""How much of a mail is read before it becomes a stub with the raw mail attached."""

from __future__ import annotations

from typing import Final

MAX_MAIL_BYTES: Final = 25 * 1024 * 1024
MAX_PARTS: Final = 100
MAX_DEPTH: Final = 10
MAX_HEADERS: Final = 500
MAX_HEADER_BYTES: Final = 100_000
MAX_FALSE_DELIMITERS: Final = 10_000

MAX_INLINE_BYTES: Final = 64_000
"""Text or HTML longer than this (UTF-8) is cut in the event; a blob has the whole."""

MAX_LINE: Final = 998
"""Characters of a subject, an id or an address (RFC 5322 2.1.1)."""
MAX_NAME: Final = 255
MAX_RECIPIENTS: Final = 300
MAX_REFERENCES: Final = 100
MAX_REPORT: Final = 64_000
"""Characters or bytes of a report of non-delivery, of its fields and of the mail it returns, that are read."""


class TooMuch(Exception):
    """A mail exceeds a limit; the message says which, in words that hold no personal data."""
