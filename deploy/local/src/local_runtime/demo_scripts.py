"""Reads demo_conversations.txt: what the customers and agents of the demo say, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal, cast

Kind = Literal["mail", "reply", "comment", "status", "priority"]
_KINDS: Final[dict[str, Kind]] = {"<": "mail", ">": "reply", "#": "comment", "=": "status", "!": "priority"}
_STEP: Final = re.compile(r"([\d.]+) ([<>#=!]) (?:(\w+): )?(.*)")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is said or done, `hours` after the first message, by an agent or (None) the customer."""

    hours: float
    kind: Kind
    agent: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """A conversation of the demo; `days_ago` is when it began."""

    days_ago: float
    inbox: str
    name: str
    address: str
    subject: str
    labels: tuple[str, ...]
    steps: tuple[Step, ...]


def scripts() -> list[Script]:
    """All of them, oldest first. Raises ValueError naming the line that can't be read."""
    text = files("local_runtime").joinpath("demo_conversations.txt").read_text("utf-8")
    blocks: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("@ "):
            blocks.append((line[2:], []))
        elif line and not line.startswith("#"):
            blocks[-1][1].append(line)
    return [_script(head, steps) for head, steps in blocks]


def _script(head: str, lines: list[str]) -> Script:
    days, inbox, customer, subject, labels = (part.strip() for part in head.split("|"))
    name, _, address = customer.partition("<")
    return Script(
        float(days),
        inbox,
        name.strip(),
        address.rstrip(">"),
        subject,
        tuple(label.strip() for label in labels.split(",") if label.strip()),
        tuple(_step(line) for line in lines),
    )


def _step(line: str) -> Step:
    match = _STEP.fullmatch(line)
    if match is None:
        raise ValueError(f"demo_conversations.txt: can't read {line!r}")
    hours, sign, agent, text = match.groups()
    speaks = sign in ">#"
    if speaks and agent is None:
        raise ValueError(f"demo_conversations.txt: nobody says {line!r}")
    said = text if speaks or agent is None else f"{agent}: {text}"
    return Step(float(hours), _KINDS[sign], cast(str, agent) if speaks else None, said.replace("\\n", "\n"))
