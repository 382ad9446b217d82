"""Splits a reply into what is new, its signature and what it quotes; linear, and the pieces together are the text.

Only a quotation that runs to the end is split off (a signature or a list's footer may follow it): replies written
between the quoted lines or below them stay in sight, and so do forwards, whose content is news. When in doubt the text
stays in the new part: nothing that a person wrote may get out of sight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ingest_email import quote_headers as announce
from ingest_email.signatures import signature_from

MAX_TAIL_LINES: Final = 12
"""A signature or footer below a quotation has at most so many lines."""
MAX_FIELD_GAP: Final = 6
MAX_RULE: Final = 200
_DELIMITER = re.compile(r"\s*(?:--|__|—)\s*$")
_COLONS: Final = (":", "：")
_COLON_AT_END = re.compile(r":[ \t\r\xa0*_>]*(?:\n|\Z)")
_FOOTER_RULE = re.compile(r"\s*[_\-=]{10,}\s*$")
_SENT_FROM = re.compile(
    r"\s*(?:sent (?:from|via|using)|get outlook for|von meinem .{1,40} gesendet|gesendet (?:von|mit)|wysłane? z"
    r"|envoyé (?:de|depuis)|enviado (?:desde|do)|inviato da|verzonden (?:van|vanaf)|skickat från|отправлено с)\b",
    re.IGNORECASE,
)


class Pieces(NamedTuple):
    """`new + signature + history` is the text exactly."""

    new: str
    signature: str
    history: str


def split(text: str, sender: str = "") -> tuple[str, str]:
    """What is new, and the rest: signature and quotation count as one, as both are folded. "" for none.

    `sender` is the writer's name, by which a signature without any mark is known. A text that is nothing but
    quotation or signature stays new.
    """
    end = _history_from(text)
    start = signature_from(text if end == len(text) else text[:end], sender)
    return (text, "") if start == len(text) else (text[:start], text[start:])


def pieces_of(text: str, sender: str = "") -> Pieces:
    """The text in its three pieces."""
    end = _history_from(text)
    head = text[:end] if end < len(text) else text
    start = signature_from(head, sender)
    return Pieces(head[:start], head[start:], text[end:])


def _history_from(text: str) -> int:
    """Where the quotation begins that runs to the end, the text's length for none."""
    if _has_no_sign(text):
        return len(text)
    lines = text.splitlines(keepends=True)
    start = _quoted_from(lines, wide="：" in text)
    if start is None or not any(line.strip() for line in lines[:start]):
        return len(text)
    return sum(map(len, lines[:start]))


def _is_marked(text: str) -> bool:
    """Whether a line begins with a mark, by at most two blanks."""
    return text.lstrip()[:1] == ">" or any(begin in text for begin in ("\n>", "\n >", "\n  >", "\n\t>"))


def _has_no_sign(text: str) -> bool:
    """Whether the text surely quotes nothing: no mark, no rule, no line that ends in a colon, too few colons for a
    block. Spares most first mails the look at every line."""
    if "--" in text or "__" in text or "==" in text or "：" in text or (">" in text and _is_marked(text)):
        return False
    if text.count(":") - text.count("://") >= 3:
        return False
    return ":" not in text or _COLON_AT_END.search(text) is None


class _Marks:
    """Where lines begin with ">", and from where on they do so without an answer between or below them."""

    def __init__(self, lines: Sequence[str], stripped: Sequence[str]) -> None:
        marked = [number for number, text in enumerate(stripped) if text[:1] == ">"]
        self.last = marked[-1] if marked else -1
        self.tail_is_quiet = not marked or _is_tail(lines[self.last + 1 :])
        self.clean_from = self.last
        for before, after in zip(reversed(marked[:-1]), reversed(marked[1:]), strict=True):
            if after - before > 1 and not _no_answer_between(lines, before, after):
                break
            self.clean_from = before
        self.first = marked[0] if marked else -1


def _quoted_from(lines: Sequence[str], *, wide: bool) -> int | None:
    """The line where the quotation begins that runs to the end, None for none. `wide`: there are full-width colons.

    Below answers between announced quoted lines that is the last stretch of them, with no answer below.
    """
    texts = [line.strip() for line in lines]
    marks, announced = _Marks(lines, texts), False
    colons = [number for number, text in enumerate(texts) if text[-1:] in _COLONS]
    colons.append(len(lines) + announce.MAX_ATTRIBUTION_LINES)
    at = 0
    for number, stripped in enumerate(texts):
        if not stripped:
            continue
        first, ends_with_colon = stripped[0], stripped[-1] in ":："
        if first == ">":
            continue
        if (first == "-" or ends_with_colon) and announce.is_forward_marker(stripped):
            return None
        end = None
        if first in "-_=*" or stripped.find(":", 0, 24) >= 0 or (wide and stripped.find("：", 0, 24) >= 0):
            end = _block_end(lines, number, stripped)
        certain = end is not None
        while colons[at] < number:
            at += 1
        if end is None and colons[at] - number < announce.MAX_ATTRIBUTION_LINES:
            end = _attribution_end(texts, number, stripped)
        if end is not None and _only_quotation(lines, end, marks, certain=certain):
            return number
        announced = announced or end is not None
    if marks.first < 0 or not marks.tail_is_quiet:
        return None
    return marks.clean_from if announced or marks.clean_from == marks.first else None


def _block_end(lines: Sequence[str], number: int, stripped: str) -> int | None:
    """The line after an announcement of several lines, as Outlook writes it, None where none begins here."""
    if stripped[0] in "-_=*" and 8 <= len(stripped) <= MAX_RULE:
        if announce.is_original_marker(stripped):
            return number + 1
        if announce.is_rule(stripped):
            below = next((n for n in range(number + 1, min(len(lines), number + 4)) if lines[n].strip()), None)
            return _field_block_end(lines, below) if below is not None else None
    return _field_block_end(lines, number)


def _attribution_end(stripped: Sequence[str], number: int, first: str) -> int | None:
    """The line after "On … wrote:", which mailers break into up to four lines, the last of which ends in a colon."""
    if first[-1] in ":：" and announce.is_attribution(first):
        return number + 1
    if not announce.may_open(first):
        return None
    joined = first
    for following in range(number + 1, min(len(stripped), number + announce.MAX_ATTRIBUTION_LINES)):
        text = stripped[following]
        if not text or text[0] == ">" or len(joined) > announce.MAX_ATTRIBUTION:
            return None
        joined += " " + text
        if text[-1] in ":：" and announce.is_attribution(joined):
            return following + 1
    return None


def _field_block_end(lines: Sequence[str], number: int) -> int | None:
    """The line after a block From / Sent / To / Subject, in any order, that begins at `number`.

    It has three fields within seven lines, From among them, and a subject, a "Sent" or an address: "From: Berlin,
    To: Rome, Date: Monday" is something that people write themselves.
    """
    if announce.field_kind(lines[number]) not in ("from", "other"):
        return None
    kinds, has_address, end = [], False, number
    for following in range(number, min(len(lines), number + 1 + MAX_FIELD_GAP)):
        line = lines[following]
        kind = announce.field_kind(line)
        if kind:
            kinds.append(kind)
            has_address = has_address or (kind == "from" and "@" in line)
            end = following + 1
        elif not line.strip() and len(kinds) > 1:
            break
    is_block = len(kinds) >= 3 and "from" in kinds and ("telling" in kinds or has_address)
    return end if is_block else None


def _only_quotation(lines: Sequence[str], start: int, marks: _Marks, *, certain: bool) -> bool:
    """Whether everything from `start` on belongs to the quotation.

    Without any mark ">" it does. With marks, all lines but the last (a signature, a footer) must bear one; below a
    certain announcement marks may be older history.
    """
    if marks.last < start:
        return True
    first_text = next(number for number in range(start, len(lines)) if lines[number].strip())
    if lines[first_text].lstrip()[0] == ">":
        return marks.tail_is_quiet and marks.clean_from <= first_text
    return certain or marks.tail_is_quiet


def _no_answer_between(lines: Sequence[str], before: int, after: int) -> bool:
    """Between two marked lines there are only blank ones, or the end of a line that a mailer broke."""
    between = [line for line in lines[before + 1 : after] if line.strip()]
    if not between:
        return True
    return after - before == 2 and len(lines[before].rstrip()) >= 60 and len(between[0].strip()) <= 25


def _is_tail(lines: Sequence[str]) -> bool:
    """Whether what follows the last marked line is a signature, a footer, or nothing."""
    texts = [line for line in lines if line.strip()]
    if not texts:
        return True
    if len(texts) > MAX_TAIL_LINES:
        return False
    first = texts[0]
    return bool(_DELIMITER.match(first) or _FOOTER_RULE.match(first) or _SENT_FROM.match(first))
