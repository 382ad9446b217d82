"""The language of the search: words, "phrases", -without, and operators such as from: label: before: is: has:.

Whatever is written means something: an operator that is not known, or whose value is none, is words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Final

from inbox_projection.views.search.documents import RECIPIENT, SUBJECT, WITH_FILE
from inbox_projection.views.search.matching import AllOf, Clause, Sender, Term, terms
from inbox_projection.views.search.words import words

LONGEST_QUERY: Final = 500
MOST_TERMS: Final = 24
SHORTEST_BEGINNING: Final = 3
SHORTEST_STARRED: Final = 2
"""Characters of a word that is the beginning of others: by itself, and with a * behind it."""
_PART: Final = re.compile(r'(-?)(?:([A-Za-z]{1,20}):)?("[^"]*"?|\S+)')
_NUMBER: Final = re.compile(r"#([0-9]{1,18})\Z")
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?\Z")
_STATUSES: Final = {name: name for name in ("open", "snoozed", "resolved", "spam", "trash")} | {"closed": "resolved"}
_FILES: Final = frozenset({"attachment", "attachments", "file", "files"})
_CHANNELS: Final = frozenset({"email", "facebook", "chat", "form"})


class TooManyWords(ValueError):
    """The query asks for more than a search looks at."""


@dataclass(frozen=True)
class Phrase:
    """Words that follow each other; the last one may be the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool = False
    scope: str = ""


@dataclass(frozen=True)
class Query:
    """What is asked for; everything holds together.

    `assignee` is "me", "none" or a name; `inboxes` are names; `statuses` empty: all but spam and trash. `before` is the
    first moment that is too late.
    """

    wanted: tuple[Clause, ...] = ()
    unwanted: tuple[Clause, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    unwanted_phrases: tuple[Phrase, ...] = ()
    number: int | None = None
    assignee: str | None = None
    inboxes: tuple[str, ...] = ()
    channel: str | None = None
    labels: tuple[str, ...] = ()
    without_labels: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: datetime | None = None
    before: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """It names nothing to be found."""
        return replace(self, unwanted=(), unwanted_phrases=(), without_labels=()) == Query()


@dataclass
class _Parsing:
    """The query while its parts are read."""

    zone: tzinfo
    query: Query = field(default_factory=Query)

    def add(self, **more: object) -> None:
        """Adds to the tuples, and sets the rest."""
        changes: dict[str, object] = {}
        for name, value in more.items():
            before = getattr(self.query, name)
            changes[name] = (*before, value) if isinstance(before, tuple) else value
        self.query = replace(self.query, **changes)  # type: ignore[arg-type]


def parse(text: str, *, operators: bool = True, zone: tzinfo = UTC) -> Query:
    """The query that a person wrote, whose days are those of the zone; without `operators` they are words. Raises
    TooManyWords."""
    parsing = _Parsing(zone)
    for minus, operator, value in _PART.findall(text[:LONGEST_QUERY].replace("\0", " ")):
        if not (operator and operators and _operator(parsing, operator.lower(), value, bool(minus))):
            _words(parsing, f"{operator}:{value}" if operator else value, bool(minus))
    query = parsing.query
    asked = sum(1 for clause in (*query.wanted, *query.unwanted) for _ in terms(clause))
    asked += sum(len(phrase.words) for phrase in query.unwanted_phrases)
    if max(asked, len(query.labels), len(query.without_labels)) > MOST_TERMS:
        raise TooManyWords(f"at most {MOST_TERMS} words are looked for at once")
    return query


def _operator(parsing: _Parsing, name: str, value: str, minus: bool) -> bool:
    """Whether it is an operator with a value that it takes; then it is in the query."""
    said = value.strip('"').strip()
    if not said:
        return False
    if name == "from":
        found = _terms(said)
        if found:
            clause = Sender(found)
            parsing.add(**{"unwanted" if minus else "wanted": clause})
        return bool(found)
    if name in ("to", "subject"):
        _words(parsing, value, minus, RECIPIENT if name == "to" else SUBJECT)
        return True
    if name == "has":
        if said.lower() in _FILES:
            parsing.add(**{"unwanted" if minus else "wanted": Term(WITH_FILE)})
        return said.lower() in _FILES
    if name == "label":
        parsing.add(**{"without_labels" if minus else "labels": said})
        return True
    return not minus and _filter(parsing, name, said)


def _filter(parsing: _Parsing, name: str, said: str) -> bool:
    low = said.lower()
    if name in ("before", "after"):
        day = _first_day(low, parsing.zone)
        if day is not None:
            parsing.add(**{"before" if name == "before" else "since": day})
        return day is not None
    if name == "is" and low in _STATUSES:
        parsing.add(statuses=_STATUSES[low])
    elif name == "is" and low == "unassigned":
        parsing.add(assignee="none")
    elif name == "assignee":
        parsing.add(assignee=low if low in ("me", "none") else said)
    elif name == "inbox":
        parsing.add(inboxes=said)
    elif name == "channel" and low in _CHANNELS:
        parsing.add(channel=low)
    else:
        return False
    return True


def _words(parsing: _Parsing, value: str, minus: bool, scope: str = "") -> None:
    number = _NUMBER.match(value)
    if number and not minus and not scope:
        parsing.add(number=int(number[1]))
        return
    quoted = value.startswith('"')
    found = words(value)
    if not found:
        return
    prefix = not quoted and len(found[-1]) >= (SHORTEST_STARRED if value.endswith("*") else SHORTEST_BEGINNING)
    last = len(found) - 1
    clause = AllOf(tuple(Term(scope + word, prefix and place == last) for place, word in enumerate(found)))
    if not last:
        parsing.add(**{"unwanted" if minus else "wanted": clause.clauses[0]})
        return
    phrase = Phrase(tuple(found), prefix, scope)
    if minus:
        parsing.add(unwanted_phrases=phrase)
    else:
        parsing.add(wanted=clause, phrases=phrase)


def _terms(said: str) -> tuple[Term, ...]:
    """The words of a name or an address, each as a beginning, unless it is very short."""
    return tuple(Term(word, len(word) >= SHORTEST_BEGINNING) for word in words(said))


def _first_day(said: str, zone: tzinfo) -> datetime | None:
    """The begin of a day, month or year."""
    parts = _DATE.match(said)
    if parts is None:
        return None
    try:
        day = datetime(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1), tzinfo=zone)
        return day.astimezone(UTC)
    except (ValueError, OverflowError):  # the first of all days begins earlier than any clock, east of Greenwich
        return None
