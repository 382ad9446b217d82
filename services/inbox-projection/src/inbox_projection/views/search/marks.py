"""Where a message matches: pieces of its texts as HTML, of which some are marked; and whether phrases are in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from inbox_projection.views.search.documents import MOST_TEXT, RECIPIENT, SENDER, SUBJECT, Correspondent, Said
from inbox_projection.views.search.language import Phrase, Query
from inbox_projection.views.search.matching import Clause, Term, terms
from inbox_projection.views.search.words import WORD, composed, fold, words

BEFORE: Final = 60
LENGTH: Final = 240
"""Characters of a piece of a body, and how many of them stand before the first match."""
MOST_FILES: Final = 5


@dataclass(frozen=True)
class Piece:
    """Text to be put into HTML as it is: everything in it is escaped."""

    text: str
    match: bool


@dataclass(frozen=True)
class Highlight:
    """Of which field (subject, text, from, to, file, name) it is; the pieces follow each other."""

    field: str
    pieces: tuple[Piece, ...]

    @property
    def has_match(self) -> bool:
        return any(piece.match for piece in self.pieces)


class Wanted:
    """The words that a query marks, in any text or in those of one scope."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        asked = [term for clause in clauses for term in terms(clause)]
        self._by_scope = {scope: _asked_in(scope, asked) for scope in ("", SUBJECT, SENDER, RECIPIENT)}

    def matches(self, word: str, scope: str) -> bool:
        """Whether a folded word of a text of this scope is marked."""
        exact, beginnings = self._by_scope[scope]
        return word in exact or word.startswith(beginnings)


def _asked_in(scope: str, asked: Iterable[Term]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The words, and the beginnings of words, that are marked in texts of a scope."""
    here = [term for term in asked if term.text[1:2] != ":"]
    here += [Term(term.text[2:], term.prefix) for term in asked if scope and term.text.startswith(scope)]
    exact = frozenset(term.text for term in here if not term.prefix)
    return exact, tuple(term.text for term in here if term.prefix)


def of_message(message: Said, wanted: Wanted) -> list[Highlight]:
    """Fields of a message in which something matches; if nothing does, the beginning of its text."""
    people = [f"{one.name} <{one.address}>" if one.name else one.address for one in message.recipients]
    found = [
        of_text("subject", message.subject, wanted, SUBJECT),
        of_text("text", message.body[:MOST_TEXT], wanted),
        *(of_text("from", f"{one.name} <{one.address}>".strip(), wanted, SENDER) for one in _sender(message)),
        *(of_text("to", person, wanted, RECIPIENT) for person in people),
    ]
    files = [of_text("file", file.name, wanted) for file in message.attachments]
    matching = [each for each in found if each.has_match] + [each for each in files if each.has_match][:MOST_FILES]
    return matching or [found[1]]


def of_text(field: str, text: str, wanted: Wanted, scope: str = "") -> Highlight:
    """A piece of the text around its first match, or its beginning; an ellipsis stands for what is left out."""
    text = composed(text)
    spans: list[tuple[int, int]] = []
    end = LENGTH
    for word in WORD.finditer(text):
        if word.start() >= end and spans:
            break
        if wanted.matches(fold(word.group()), scope):
            if not spans:
                end = max(LENGTH, word.start() - BEFORE + LENGTH)
            if word.end() <= end or len(spans) == 0:
                spans.append(word.span())
    begin = max(0, end - LENGTH) if spans else 0
    end = max(end, spans[0][1]) if spans else LENGTH
    return Highlight(field, tuple(_pieces(text, begin, min(end, len(text)), spans)))


def _pieces(text: str, begin: int, end: int, spans: Sequence[tuple[int, int]]) -> Iterable[Piece]:
    at, lead = begin, "…" if begin else ""
    for start, stop in spans:
        stop = min(stop, end)
        if lead or start > at:
            yield Piece(lead + escape(text[at:start]), False)
        lead = ""
        yield Piece(escape(text[start:stop]), True)
        at = stop
    rest = lead + escape(text[at:end]) + ("…" if end < len(text) else "")
    if rest:
        yield Piece(rest, False)


def has_phrases(message: Said, query: Query) -> bool:
    """Whether the words of each phrase follow each other somewhere, and those of no unwanted one do."""
    texts: dict[str, list[str]] = {}
    return all(_has(message, phrase, texts) for phrase in query.phrases) and not any(
        _has(message, phrase, texts) for phrase in query.unwanted_phrases
    )


def _has(message: Said, phrase: Phrase, texts: dict[str, list[str]]) -> bool:
    if phrase.scope not in texts:
        texts[phrase.scope] = [f" {' '.join(words(text[:MOST_TEXT]))} " for text in _texts(message, phrase.scope)]
    sought = f" {' '.join(phrase.words)}{'' if phrase.prefix else ' '}"
    return any(sought in text for text in texts[phrase.scope])


def _texts(message: Said, scope: str) -> list[str]:
    by_scope = {
        SUBJECT: [message.subject],
        SENDER: [f"{one.name} {one.address}" for one in _sender(message)],
        RECIPIENT: [f"{one.name} {one.address}" for one in message.recipients],
    }
    if scope:
        return by_scope[scope]
    files = [file.name for file in message.attachments]
    return [message.body, *files, *(text for texts in by_scope.values() for text in texts)]


def _sender(message: Said) -> tuple[Correspondent, ...]:
    return () if message.sender is None else (message.sender,)
