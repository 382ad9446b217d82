"""The name that stands in From: as it is set, or made of who writes, like "{agent} at {company}"; pure."""

from __future__ import annotations

import re
from typing import Final

from service_kit.templates import first_name

VARIABLES: Final = ("agent", "agent_first_name", "inbox", "company")
MAX_NAME: Final = 200
"""Characters of a filled name; what is longer is cut."""
_OF_AGENTS: Final = frozenset({"agent", "agent_first_name"})
_JOINERS: Final = "\u200c\u200d"
"""They make one sign of several, as in Persian words and pictures of families."""
_BRACED: Final = re.compile(r"\{([^{}]*)\}")


def mistake(pattern: str, *, company: str) -> str | None:
    """What is wrong with a pattern, as a sentence; None for one that can be filled."""
    for name in _BRACED.findall(pattern):
        if name not in VARIABLES:
            return f"There is no such variable in a From name; there are {', '.join(VARIABLES)}."
        if name == "company" and not company:
            return "The company has no name: set POSTROOM_COMPANY_NAME, or write the name itself."
    if set(_BRACED.sub("", pattern)) & {"{", "}"}:
        return "A brace in a From name has no partner."
    return None


def fill(pattern: str, *, agent: str, inbox: str, company: str) -> str:
    """The name, on one line. Where nobody writes (`agent` empty) a pattern that names the agent gives the inbox's name,
    and so does an empty one."""
    names = set(_BRACED.findall(pattern))
    if not pattern.strip() or (not agent.strip() and names & _OF_AGENTS):
        return inbox
    values = {"agent": agent, "agent_first_name": first_name(agent), "inbox": inbox, "company": company}
    filled = _BRACED.sub(lambda found: values.get(found[1], found[0]), pattern)
    shown = "".join(char if char.isprintable() or char in _JOINERS else " " for char in filled)
    return " ".join(shown.split())[:MAX_NAME] or inbox
