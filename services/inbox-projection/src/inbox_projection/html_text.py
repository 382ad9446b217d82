"""The text of a reply that was written as HTML only; pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from inbox_projection.html import sanitise_outgoing


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS: Final = _names(
    "address article aside blockquote center dd div dl dt figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p"
    " pre section table tr ul"
)
_PARAGRAPHS: Final = _names("p h1 h2 h3 h4 h5 h6 blockquote ul ol table pre")
_SPACE: Final = re.compile(r"[ \t\r\n\f\xa0]+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def text_of(html: str) -> str:
    """What the HTML says, a line for each block: lists with dashes, quotations with ">", links with their address."""
    writer = _Writer()
    writer.feed(sanitise_outgoing(html))
    writer.close()
    return writer.text()


class _Writer(HTMLParser):
    """Collects words into lines; knows how deep in quotations and lists it is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._depth = 0
        self._preformatted = 0
        self._numbers: list[int | None] = []
        self._links: list[tuple[str, int]] = []

    def handle_data(self, data: str) -> None:
        if self._preformatted:
            first, *others = data.split("\n")
            self._line.append(first)
            for other in others:
                self._end_line(always=True)
                self._line.append(other)
        elif self._line or data.strip():
            self._line.append(_SPACE.sub(" ", data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "br":
            self._end_line(always=True)
        elif tag == "img" and known.get("alt"):
            self._line.append(known["alt"] or "")
        elif tag in ("td", "th") and self._line:
            self._line.append(" ")
        elif tag == "a":
            self._links.append((known.get("href") or "", len(self._line)))
        elif tag in _BLOCKS:
            self._block(tag, nested=bool(self._numbers))
            self._depth += tag == "blockquote"
            self._preformatted += tag == "pre"
            if tag in ("ul", "ol"):
                self._numbers.append(1 if tag == "ol" else None)
            elif tag == "li":
                self._line.append(self._bullet())

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            address, begin = self._links.pop()
            words = "".join(self._line[begin:]).strip()
            bare = address.removeprefix("mailto:").removeprefix("tel:")
            if bare and words.rstrip("/") not in (bare.rstrip("/"), bare.partition("://")[2].rstrip("/")):
                self._line.append(f" ({bare})" if words else bare)
        elif tag in _BLOCKS:
            if tag == "blockquote":
                self._end_quotation()
            self._block(tag, nested=len(self._numbers) > 1)
            self._preformatted = max(0, self._preformatted - (tag == "pre"))
            if tag in ("ul", "ol") and self._numbers:
                self._numbers.pop()

    def _block(self, tag: str, *, nested: bool) -> None:
        self._end_line()
        apart = tag in _PARAGRAPHS and not (nested and tag in ("ul", "ol"))
        if apart and self._lines and self._lines[-1].strip("> "):
            self._lines.append(">" * self._depth)

    def _end_quotation(self) -> None:
        self._end_line()
        while self._lines and not self._lines[-1].strip("> ") and self._depth:
            self._lines.pop()
        self._depth = max(0, self._depth - 1)

    def _bullet(self) -> str:
        indent = "  " * max(0, len(self._numbers) - 1)
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return f"{indent}- "
        self._numbers[-1] = number + 1
        return f"{indent}{number}. "

    def _end_line(self, *, always: bool = False) -> None:
        line = "".join(self._line).rstrip()
        self._line.clear()
        self._links = [(address, 0) for address, _ in self._links]
        if line.strip() or always:
            self._lines.append((">" * self._depth + " " * bool(self._depth) + line).rstrip())

    def text(self) -> str:
        self._end_line()
        return _BLANK_LINES.sub("\n\n", "\n".join(self._lines)).strip("\n")
