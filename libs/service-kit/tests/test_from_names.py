"""From names: what may stand in a pattern, and what it gives for who writes."""

from __future__ import annotations

import pytest

from service_kit.from_names import MAX_NAME, fill, mistake


def name(pattern: str, agent: str = "Zofia Nowak") -> str:
    return fill(pattern, agent=agent, inbox="Support", company="Acme, Inc.")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{agent} at {company}", "Zofia Nowak at Acme, Inc."),
        ("{agent_first_name} ({inbox})", "Zofia (Support)"),
        ("The shop", "The shop"),
        ("", "Support"),
        ("\N{WOMAN}\u200d\N{PERSONAL COMPUTER} {agent}", "\N{WOMAN}\u200d\N{PERSONAL COMPUTER} Zofia Nowak"),
    ],
)
def test_variables_are_filled_and_a_plain_name_stays(pattern: str, expected: str) -> None:
    assert name(pattern) == expected and mistake(pattern, company="Acme, Inc.") is None


def test_where_nobody_writes_a_pattern_that_names_the_agent_gives_the_inbox() -> None:
    assert name("{agent} at {company}", agent="") == name("{agent_first_name}", agent=" ") == "Support"
    assert name("{company}", agent="") == "Acme, Inc."


def test_nothing_that_a_name_holds_is_a_variable_or_breaks_the_line() -> None:
    assert name("{agent}", agent="{company} {inbox}") == "{company} {inbox}"
    assert name("{agent} at {company}", agent="Eve\r\nBcc: all@acme.test\0") == "Eve Bcc: all@acme.test at Acme, Inc."
    assert len(name("{agent}", agent="x" * 500)) == MAX_NAME
    assert name("{agent}", agent="\u2028") == "Support"


@pytest.mark.parametrize("pattern", ["{customer}", "{}", "{agent", "agent}", "{{agent}}", "{agent.name}"])
def test_what_could_not_be_filled_is_a_mistake(pattern: str) -> None:
    assert mistake(pattern, company="Acme") is not None


def test_without_a_company_s_name_there_is_no_such_variable() -> None:
    assert mistake("{agent} at {company}", company="") is not None and mistake("{agent}", company="") is None
