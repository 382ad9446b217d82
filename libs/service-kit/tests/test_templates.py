"""Variables are filled, fall back, or are named."""

import html

from hypothesis import given
from hypothesis import strategies as st

from service_kit import templates
from service_kit.templates import Filled

VALUES = {"contact.first_name": "Zofia", "contact.name": "", "agent.name": "<b>"}


def test_a_value_or_a_fallback_takes_the_variables_place_and_what_has_neither_is_named() -> None:
    text = "Hi {{contact.first_name|there}}, {{ contact.name | friend}}: {{conversation.number}} {{contact.name}}"
    assert templates.fill(text, VALUES) == Filled(
        "Hi Zofia,  friend: {{conversation.number}} {{contact.name}}", ("conversation.number", "contact.name")
    )


def test_an_empty_fallback_is_one() -> None:
    assert templates.fill("Hi {{contact.name|}}!", VALUES) == Filled("Hi !", ())


def test_values_are_escaped_once_and_never_filled_again() -> None:
    assert templates.fill("{{agent.name}}", VALUES, html.escape).text == "&lt;b&gt;"
    assert templates.fill("{{contact.name}}", {"contact.name": "{{agent.name}}"}).text == "{{agent.name}}"


def test_what_is_no_variable_is_text() -> None:
    for text in ("{{7*7}}", "{contact.name}", "{{ user.name }}", "{{contact.name", '{{ "".__class__ }}', "{{contact}}"):
        assert templates.fill(text, VALUES) == Filled(text, ())
        assert templates.variables(text) == ()


def test_unknown_variables_are_named() -> None:
    assert templates.unknown("{{contact.shoe_size}} {{contact.name}}") == ("contact.shoe_size",)


def test_first_names() -> None:
    assert [templates.first_name(name) for name in ("Zofia Nowak", "Nowak, Zofia", "  ", "Madonna")] == [
        "Zofia", "Zofia", "", "Madonna"
    ]  # fmt: skip


@given(st.text(alphabet="{}|. acgnot_me", max_size=60))
def test_any_text_is_filled_without_a_fault(text: str) -> None:
    templates.fill(text, VALUES)
