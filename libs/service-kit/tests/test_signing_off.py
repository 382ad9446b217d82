"""What stands below a reply."""

from __future__ import annotations

import pytest

from service_kit.signing_off import filled, signed, signed_html


def test_a_signature_is_its_template_filled_and_what_is_missing_leaves_nothing() -> None:
    values = {"agent.name": "Ada", "agent.meeting_url": ""}
    assert filled("{{agent.name}}\n{{agent.meeting_url}}\n", values) == "Ada"


@pytest.mark.parametrize(
    ("text", "signature", "sent"),
    [
        ("Hello.\n", "Ada\nAcme", "Hello.\n\n-- \nAda\nAcme"),
        ("  exactly\n this  \n", "", "  exactly\n this  \n"),
        ("Hello.\n\n-- \nAda\n", "Ada", "Hello.\n\n-- \nAda\n"),
        ("  ", "Ada", "  "),
    ],
)
def test_it_stands_once_below_the_text_and_nothing_else_is_touched(text: str, signature: str, sent: str) -> None:
    assert signed(text, signature) == sent


def test_in_html_it_is_text() -> None:
    assert signed_html("<p>Hello</p>", "<b>Ada</b>\nAcme") == (
        "<p>Hello</p><p>--&nbsp;<br>&lt;b&gt;Ada&lt;/b&gt;<br>Acme</p>"
    )
    assert signed_html("<p>Hello</p>", "") == "<p>Hello</p>"
