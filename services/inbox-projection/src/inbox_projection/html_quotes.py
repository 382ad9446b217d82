"""The quoted history at the end of a mail's HTML, folded away in `<details>`: work on what nh3 has written; pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

QUOTE, LEAD, REST = "q", "l", "r"
"""Marks: the element is a quotation; it leads to the one beside it; from it on, all is quoted."""
_CLASSES: Final = {
    "gmail_quote": QUOTE,
    "gmail_quote_container": QUOTE,
    "yahoo_quoted": QUOTE,
    "protonmail_quote": QUOTE,
    "tutanota_quote": QUOTE,
    "front-blockquote": QUOTE,
    "zmail_extra": QUOTE,
    "moz-cite-prefix": LEAD,
}
_IDS: Final = {
    "olk_src_body_section": QUOTE,
    "isreplycontent": QUOTE,
    "yahooquoted": QUOTE,
    "divrplyfwdmsg": REST,
    "appendonsend": REST,
    "mail-editor-reference-message-container": REST,
}
MAX_CLIMB: Final = 20
FOLD: Final = "<details><summary>\u2022\u2022\u2022</summary>"
_TOKEN: Final = re.compile(r'<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?: [^\s=">]+="[^"]*")*)>')
_MARK: Final = re.compile(r' (?:class|id)="([^"]*)"')
_OUTLOOK_RULE: Final = re.compile(r'style="[^"]*border-top:\s*solid #(?:E1E1E1|B5C4DF)', re.IGNORECASE)
_VOID: Final = frozenset({"br", "hr", "img", "col", "wbr"})
_VISIBLE: Final = re.compile(r"[^\s\u200b\ufeff]")
_BLANK: Final = " " * len("&nbsp;")
_FORWARDED: Final = re.compile(
    r"^[\s>*_-]*(?:begin )?(?:forwarded message|weitergeleitete nachricht|przekazana wiadomość|message transféré)"
    r"|-{3,}\s*(?:forwarded message|przekazana wiadomość)",
    re.IGNORECASE,
)


def mark_of(attribute: str, value: str) -> str | None:
    """What a class or id says of quotations; None (and the attribute goes) for all others."""
    if attribute == "id":
        return _IDS.get(value.strip().lower().removeprefix("x_"))
    return next((_CLASSES[word] for word in value.replace("x_", "").split() if word in _CLASSES), None)


def without_marks(html: str) -> str:
    """The HTML without the marks that `mark_of` left in it."""
    if ' class="' not in html and ' id="' not in html:
        return html
    return _TOKEN.sub(lambda match: _MARK.sub("", match[0]) if match["attributes"] else match[0], html)


def folded(html: str) -> str:
    """The marked HTML with the quotation that ends it inside `<details>`, and without marks.

    Only where something stands before it and nothing behind it: an answer between quotations stays readable, and a
    forwarded mail stays open.
    """
    if "<blockquote" not in html and ' class="' not in html and ' id="' not in html and "order-top" not in html:
        return html
    page = _read(html)
    for element in page.marked:
        begin, end = page.span(element)
        if page.visible(0, begin) and page.visible(begin, end) and not page.visible(end, len(html)):
            if _FORWARDED.search(_text(html[begin : min(end, begin + 2_000)])[:200]):
                break
            return without_marks(f"{html[:begin]}{FOLD}{html[begin:end]}</details>{html[end:]}")
    return without_marks(html)


@dataclass
class _Element:
    """An element: where its start tag begins and ends, its end tag begins and ends."""

    name: str
    begin: int
    inner: int
    parent: _Element | None
    mark: str | None
    inner_end: int = 0
    end: int = 0
    following: _Element | None = None


@dataclass
class _Page:
    html: str
    seen: list[int] = field(default_factory=list)
    marked: list[_Element] = field(default_factory=list)

    def visible(self, begin: int, end: int) -> bool:
        """Whether there is text or a picture between two places."""
        index = bisect_left(self.seen, begin)
        return index < len(self.seen) and self.seen[index] < end

    def span(self, element: _Element) -> tuple[int, int]:
        """From where to where the quotation goes that begins with this element."""
        if element.mark == REST:
            for _ in range(MAX_CLIMB):
                if element.parent is None or self.visible(element.parent.inner, element.begin):
                    break
                element = element.parent
            return element.begin, len(self.html) if element.parent is None else element.parent.inner_end
        beside = element.following
        if element.mark == LEAD and beside is not None and beside.name == "blockquote":
            return element.begin, beside.end
        return element.begin, element.end


def _read(html: str) -> _Page:
    page, plain = _Page(html), html.replace("&nbsp;", _BLANK)
    open_: list[_Element] = []
    last: dict[int, _Element] = {}
    position = 0
    for token in _TOKEN.finditer(html):
        found = _VISIBLE.search(plain, position, token.start())
        if found is not None:
            page.seen.append(found.start())
        position = token.end()
        name = token["name"]
        if token["end"]:
            while open_:
                closed = open_.pop()
                closed.inner_end, closed.end = token.start(), token.end()
                last[id(closed.parent)] = closed
                if closed.name == name:
                    break
        elif name == "img":
            page.seen.append(token.start())
        elif name not in _VOID:
            element = _Element(name, token.start(), token.end(), open_[-1] if open_ else None, None)
            before = last.pop(id(element.parent), None)
            if before is not None and not page.visible(before.end, element.begin):
                before.following = element
            element.mark = _mark(page, element, token["attributes"])
            open_.append(element)
            if element.mark is not None:
                page.marked.append(element)
    found = _VISIBLE.search(plain, position)
    if found is not None:
        page.seen.append(found.start())
    for element in open_:
        element.inner_end = element.end = len(html)
    return page


def _mark(page: _Page, element: _Element, attributes: str) -> str | None:
    found = _MARK.search(attributes)
    if found is not None:
        return found[1]
    if element.name == "blockquote":
        led = _text(page.html[max(0, element.begin - 500) : element.begin]).rstrip().endswith(":")
        return QUOTE if led or 'type="cite"' in attributes or ' cite="' in attributes else None
    return REST if _OUTLOOK_RULE.search(attributes) else None


def _text(html: str) -> str:
    return _TOKEN.sub(" ", html).replace("&nbsp;", " ")
