"""The text that a mail's HTML shows: for mails without a text part, and for what stands before the quoted history.

Linear in the length of the HTML. Quotations (`blockquote`) come out as lines that begin with ">", as mailers write;
list items with "-" or their number, cells of a row beside each other, links with their address where the words don't
say it.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from ingest_email.charsets import clean

MAX_HTML: Final = 500_000
"""Characters of HTML that are read; the text of a longer one ends there."""
MAX_QUOTE_DEPTH: Final = 5

MAX_LINK: Final = 200
"""Characters of a link's address that is shown: longer ones are for machines, and the HTML has them."""

_HREF = re.compile(r"href\s{0,9}=\s{0,9}[\"']?\s{0,9}(https?://[^\s\"'<>]{3,2000})", re.IGNORECASE)
_TAG_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9:]*")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS: Final = _names(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr"
    " li main nav ol p pre section table tbody thead tr ul"
)
_PARAGRAPHS: Final = _names("p h1 h2 h3 h4 h5 h6 blockquote ul ol table pre")
_TAGS: Final = frozenset(form for name in (*_BLOCKS, "br", "a", "img", "td", "th") for form in (name, f"/{name}"))
"""Those that change the text, opening and closing."""
_HIDDEN: Final = _names("style script head title template noscript object")


def text_of(html: str) -> str:
    """The visible text, one line a block, paragraphs apart, without trailing blanks."""
    writer = _Writer()
    _read(html[:MAX_HTML], writer)
    return clean(writer.text())


def _read(html: str, writer: _Writer) -> None:
    position, length = 0, len(html)
    never_closed: set[str] = set()
    while position < length:
        opening = html.find("<", position)
        if opening < 0:
            opening = length
        if opening > position:
            writer.words(html[position:opening])
        if opening == length:
            return
        name = _TAG_NAME.match(html, opening + 1)
        if name is None:
            if html.startswith("<!--", opening):
                closing = html.find("-->", opening + 4)
                position = length if closing < 0 else closing + 3
                continue
            if html[opening + 1 : opening + 2] not in ("!", "?"):
                writer.words("<")
                position = opening + 1
                continue
        closing = html.find(">", opening + 1)
        if closing < 0:
            return
        quote = html.find('"', opening + 1, closing)
        if quote >= 0:
            closing = _tag_end(html, quote, closing)
            if closing < 0:
                return
        position = closing + 1
        if name is None:
            continue
        tag = name[0].lower()
        if tag in _TAGS:
            writer.tag(tag, html[opening:closing])
        elif tag in _HIDDEN and html[closing - 1] != "/":
            position = _after(html, tag, position, never_closed)


def _tag_end(html: str, quote: int, closing: int) -> int:
    """Where the ">" is of a tag with a first `quote` before a first ">" at `closing`, -1 where there is none; one
    inside a quoted value doesn't count."""
    while quote >= 0:
        other = html.find('"', quote + 1, quote + 10_000)
        if other < 0:
            return closing
        if other > closing:
            closing = html.find(">", other + 1)
            if closing < 0:
                return -1
        quote = html.find('"', other + 1, closing)
    return closing


def _after(html: str, tag: str, position: int, never_closed: set[str]) -> int:
    """Behind the closing tag of a hidden element, or behind its opening tag where it is never closed."""
    if tag in never_closed:
        return position
    closing = re.compile(f"</{tag}[^>]{{0,200}}>", re.IGNORECASE).search(html, position)
    if closing is None:
        never_closed.add(tag)
        return position
    return closing.end()


class _Writer:
    """Collects words into lines; knows how deep in quotations it is and whether white space counts."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._depth = 0
        self._preformatted = 0
        self._counts: list[int] = []
        self._link = ""
        self._link_words: list[str] = []

    def words(self, source: str) -> None:
        text = unescape(source) if "&" in source else source
        if self._link:
            self._link_words.append(text)
        if self._preformatted:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self._line.append(first)
            for other in others:
                self.end_line(always=True)
                self._line.append(other)
            return
        if "\n" in text or "  " in text or "\t" in text or "\r" in text or "\f" in text:
            text = _SPACE.sub(" ", text)
        if text == " " and not self._line:
            return
        self._line.append(text.replace("\xa0", " ") if "\xa0" in text else text)

    def tag(self, tag: str, source: str) -> None:
        """One of _TAGS, with all that stands in it."""
        name = tag.removeprefix("/")
        if name == "br":
            self.end_line(always=True)
        elif name == "a":
            self._anchor(source if tag == name else "")
        elif name == "img":
            self._image(source)
        elif name in ("td", "th"):
            if self._line:
                self._line.append(" ")
        else:
            self._block(tag, name)

    def _block(self, tag: str, name: str) -> None:
        self.end_line()
        if name in _PARAGRAPHS and self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._prefix().rstrip())
        if name == "blockquote":
            self._depth = max(0, self._depth + (-1 if tag[0] == "/" else 1))
        elif name == "pre":
            self._preformatted = max(0, self._preformatted + (-1 if tag[0] == "/" else 1))
        elif tag in ("ul", "ol"):
            self._counts.append(0 if tag == "ol" else -1)
        elif name in ("ul", "ol"):
            del self._counts[-1:]
        elif tag == "li":
            self._line.append(self._bullet())

    def _bullet(self) -> str:
        if not self._counts or self._counts[-1] < 0:
            return "- "
        self._counts[-1] += 1
        return f"{self._counts[-1]}. "

    def _anchor(self, source: str) -> None:
        """Ends the link that is open, and begins the one of `source`, if it leads anywhere on the web."""
        if self._link:
            words = "".join(self._link_words).strip()
            if words and self._link.partition("://")[2].rstrip("/") not in words:
                self._line.append(f" <{self._link}>")
            self._link_words.clear()
            self._link = ""
        href = _HREF.search(source) if source else None
        if href is not None and len(href[1]) <= MAX_LINK:
            self._link = _SPACE.sub(" ", unescape(href[1])) if "&" in href[1] else href[1]

    def _image(self, source: str) -> None:
        alternative = re.search(r'\balt\s*=\s*"([^"<>]{1,200})"', source)
        if alternative is not None:
            self.words(alternative[1])

    def _prefix(self) -> str:
        return ">" * min(self._depth, MAX_QUOTE_DEPTH) + " " if self._depth else ""

    def end_line(self, *, always: bool = False) -> None:
        line = "".join(self._line)
        self._line.clear()
        if not self._preformatted and "  " in line:
            line = _SPACE.sub(" ", line)
        line = line.rstrip() if self._preformatted else line.strip()
        if line or always:
            self._lines.append((self._prefix() + line).rstrip() if self._depth else line)

    def text(self) -> str:
        self.end_line()
        while self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        return _BLANK_LINES.sub("\n\n", "\n".join(self._lines)).strip("\n")
