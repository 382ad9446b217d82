"""Reads the demo's texts: what customers and agents say, and when.

A block is `@ inbox | subject | labels`, then one line for each customer with whom it happened,
`~ days before the start, time | Name <address> | key=value; …` (`steps=2`: only the first two have happened yet), then
lines "hours after the first message, what": `<` the customer writes, `>` an agent replies, `#` an agent comments, `=` a
status, `!` a priority, `+` and `-` a label, `^` whom it is assigned to. Words in square brackets before a text are
directives; `{key}` stands for a customer's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal

from events.values import Address

Kind = Literal["mail", "reply", "comment", "status", "priority", "label", "unlabel", "assign"]
Language = Literal["en", "pl"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "pl")
_KINDS: Final[dict[str, Kind]] = {
    "<": "mail",
    ">": "reply",
    "#": "comment",
    "=": "status",
    "!": "priority",
    "+": "label",
    "-": "unlabel",
    "^": "assign",
}
_SPOKEN: Final = (">", "#")
_STEP: Final = re.compile(r"([\d.]+) ([<>#=!+^-]) (?:(\w+): )?(.*)")
_DIRECTIVE: Final = re.compile(r"\[(\w+)(?: ([^\]]*))?\] ?")
_CUSTOMER: Final = re.compile(r"~ (\d+) (\d\d):(\d\d) \| (.+?) <([^<>]+)>(?: \| (.*))?")
_NAMED: Final = re.compile(r"(.+?) <([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is said or done, `hours` after the first message, by an agent (or None: the customer, or
    whoever has the conversation)."""

    hours: float
    kind: Kind
    agent: str | None
    text: str
    directives: tuple[tuple[str, str], ...] = ()

    def all(self, directive: str) -> list[str]:
        return [value for name, value in self.directives if name == directive]

    def one(self, directive: str) -> str | None:
        return next(iter(self.all(directive)), None)

    def has(self, directive: str) -> bool:
        return bool(self.all(directive))


@dataclass(frozen=True, slots=True)
class Script:
    """A conversation of the demo, which began `days_ago` days before the start, `minute` of that day."""

    language: Language
    days_ago: int
    minute: int
    inbox: str
    customer: Address
    subject: str
    labels: tuple[str, ...]
    steps: tuple[Step, ...]


def scripts() -> list[Script]:
    """All of them, oldest first. Raises ValueError naming the line that can't be read."""
    found = [
        script for language in LANGUAGES for name in _files(language) for script in read_scripts(language, _text(name))
    ]
    return sorted(found, key=lambda script: (-script.days_ago, script.minute, script.customer.address))


def addresses(text: str) -> tuple[Address, ...]:
    """`Name <address>, …`. Raises ValueError."""
    found = []
    for part in text.split(", "):
        match = _NAMED.fullmatch(part)
        if match is None:
            raise ValueError(f"the demo's texts: {part!r} is no name and address")
        found.append(Address(match[2], match[1]))
    return tuple(found)


def _files(language: Language) -> list[str]:
    folder = files("local_runtime.demo").joinpath("texts")
    return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith(f"{language}_"))


def read_scripts(language: Language, text: str) -> Iterator[Script]:
    """The scripts of one file. Raises ValueError naming the line that can't be read."""
    blocks: list[tuple[str, list[str], list[str]]] = []
    for line in text.splitlines():
        if line.startswith("@ "):
            blocks.append((line[2:], [], []))
        elif line.startswith("~ "):
            blocks[-1][1].append(line)
        elif line and not line.startswith("//"):
            blocks[-1][2].append(line)
    for head, customers, steps in blocks:
        for customer in customers:
            yield _script(language, head, customer, steps)


def _text(name: str) -> str:
    return files("local_runtime.demo").joinpath("texts", name).read_text("utf-8")


def _script(language: Language, head: str, customer: str, lines: list[str]) -> Script:
    match = _CUSTOMER.fullmatch(customer)
    if match is None:
        raise ValueError(f"the demo's texts: can't read {customer!r}")
    days, hour, minute, name, address, given = match.groups()
    values = dict(pair.split("=", 1) for pair in (given or "").split("; ") if pair)
    values["name"], values["first"] = name, name.partition(" ")[0]
    wanted = int(values.pop("steps", len(lines)))
    inbox, subject, labels = (part.strip() for part in head.split("|"))
    return Script(
        language=language,
        days_ago=int(days),
        minute=int(hour) * 60 + int(minute),
        inbox=inbox,
        customer=Address(address, name),
        subject=subject.format_map(values),
        labels=tuple(label.strip() for label in labels.split(",") if label.strip()),
        steps=tuple(_step(line, values) for line in lines[:wanted]),
    )


def _step(line: str, values: dict[str, str]) -> Step:
    match = _STEP.fullmatch(line)
    if match is None:
        raise ValueError(f"the demo's texts: can't read {line!r}")
    hours, sign, agent, rest = match.groups()
    if sign in _SPOKEN and agent is None:
        raise ValueError(f"the demo's texts: nobody says {line!r}")
    if sign == "<" and agent is not None:
        agent, rest = None, f"{agent}: {rest}"
    directives = []
    while found := _DIRECTIVE.match(rest):
        directives.append((found[1], (found[2] or "").format_map(values)))
        rest = rest[found.end() :]
    text = rest.format_map(values).replace("\\n", "\n")
    return Step(float(hours), _KINDS[sign], agent, text, tuple(directives))
