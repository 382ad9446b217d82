"""What stands below a reply: the inbox's signature with its variables filled, set off as mails do it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from service_kit import templates

MARK: Final = "-- "
"""The line above a signature (RFC 3676 4.3), by which programs know it."""


def filled(template: str, values: Mapping[str, str]) -> str:
    """The signature; a variable without value or fallback leaves nothing in it."""
    return templates.fill(template, values, blank=True).text.strip()


def signed(text: str, signature: str) -> str:
    """The text with the signature below it, once; just the text where there is no signature, or nothing to sign."""
    block = f"{MARK}\n{signature}"
    if not signature or not text.strip() or text.rstrip().endswith(block):
        return text
    return f"{text.rstrip()}\n\n{block}"


def signed_html(html: str, signature: str) -> str:
    """The same for HTML; what is in the signature is text there."""
    if not signature:
        return html
    block = "<br>".join((MARK.rstrip() + "&nbsp;", *(escape(line) for line in signature.splitlines())))
    return f"{html}<p>{block}</p>"
