"""What our own mail server found wrong with a mail's sender, by its Authentication-Results fields (RFC 8601); pure.

Anybody can write such a field. Only those count that bear our server's name and stand above the first Received field
below them: what a mail brought along stands below the Received field of the server that took it in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ingest_email.headers import block_end
from ingest_email.limits import MAX_HEADER_BYTES

FIELD: Final = b"authentication-results"
_METHOD = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]{0,30})\s*(?:/\s*\d{1,3}\s*)?=\s*([A-Za-z]{1,20})")
_FAILED: Final = frozenset({"fail", "hardfail", "permerror"})
_METHODS: Final = ("spf", "dkim")


def failures(raw: bytes, authserv_id: str) -> str:
    """`dmarc=fail`, `spf=fail dkim=fail`, …; "" where the mail passed, nobody looked, or `authserv_id` is "".

    A verdict on DMARC decides alone. Without one, SPF and DKIM together do: one that passed clears the other, as
    forwarding breaks SPF and mailing lists break DKIM.
    """
    if not authserv_id:
        return ""
    results: dict[str, set[str]] = {}
    for value in _own(raw, authserv_id.lower()):
        found: dict[str, set[str]] = {}
        for method, result in value:
            found.setdefault(method, set()).add(result)
        results = {**found, **results}
    dmarc = results.get("dmarc", set())
    if dmarc & _FAILED:
        return "dmarc=fail"
    passed = dmarc | results.get("spf", set()) | results.get("dkim", set())
    if "pass" in passed:
        return ""
    return " ".join(f"{method}=fail" for method in _METHODS if results.get(method, set()) & _FAILED)


def _own(raw: bytes, authserv_id: str) -> Iterator[list[tuple[str, str]]]:
    """The methods and results of our server's fields, from the top, as far down as they can be believed."""
    begun = False
    for name, value in _fields(raw):
        if begun and name == b"received":
            return
        if name != FIELD:
            continue
        server, *results = _statements(value)
        if server.split()[:1] != [authserv_id]:
            return
        begun = True
        yield [(match[1].lower(), match[2].lower()) for result in results if (match := _METHOD.match(result))]


def _fields(raw: bytes) -> Iterator[tuple[bytes, str]]:
    """The header's Received and Authentication-Results fields in the mail's order, unfolded."""
    head_end, _ = block_end(raw[:MAX_HEADER_BYTES])
    name, value = b"", b""
    for line in raw[:head_end].split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            value += line
            continue
        if name:
            yield name, value.decode("utf-8", "replace")
        before, colon, value = line.partition(b":")
        name = before.strip().lower() if colon and line[:1].lower() in b"ar" else b""
        name = name if name in (FIELD, b"received") else b""
    if name:
        yield name, value.decode("utf-8", "replace")


def _statements(value: str) -> list[str]:
    """What stands between the semicolons, without comments (which nest) and quotation marks, in lower case."""
    statements, depth, quoted, escaped = [""], 0, False, False
    kept: list[str] = []
    for character in value:
        if escaped:
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif depth:
            depth += (character == "(") - (character == ")")
        elif character == '"':
            quoted = not quoted
        elif quoted:
            kept.append(character if character not in ";=(" else " ")
        elif character == "(":
            depth = 1
        elif character == ";":
            statements[-1] = "".join(kept).lower()
            statements.append("")
            kept.clear()
        else:
            kept.append(character)
    statements[-1] = "".join(kept).lower()
    return statements
