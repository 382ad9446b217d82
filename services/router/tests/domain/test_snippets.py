"""Who may save and delete which snippet, and that a reply with a variable in it goes nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from events.commands import SendReply
from events.snippets import DeleteSnippet, SaveSnippet, SnippetDeleted, SnippetSaved
from events.values import Attachment
from router.domain import conversation, errors, workspace
from router.domain.testing import (
    ADA,
    BOB,
    HOUSE,
    REPLY,
    SUPPORT_MAIL,
    WORKSPACE,
    a_workspace,
    an_id,
    command,
    opened,
    reply_content,
)
from service_kit.spec import given as given_decider

SNIPPET = an_id("snippet")
SAVED = SnippetSaved(snippet_id=SNIPPET, owner_id=ADA, name="Greeting", text="Hello {{contact.first_name|there}}")
FILE = Attachment(id=an_id("file"), name="a\r\nX: y", content_type="text/plain", size=1, blob="x/1")


def given(*history: Any) -> Any:
    state = a_workspace(*history)
    return lambda wish, by=ADA: workspace.decide(command(wish, by=by, on=WORKSPACE), state, house=HOUSE)


def saving(**fields: Any) -> SaveSnippet:
    return replace(SaveSnippet(snippet_id=SNIPPET, name="Greeting", text=SAVED.text), **fields)


def test_a_snippet_is_its_agents_own_or_everybodys() -> None:
    assert given()(saving()) == (SAVED,)
    assert given()(saving(shared=True)) == (replace(SAVED, owner_id=None),)


def test_saved_as_it_is_nothing_happens() -> None:
    assert given(SAVED)(saving()) == ()
    assert given(SAVED)(saving(text="Hi")) == (replace(SAVED, text="Hi"),)


def test_anothers_own_is_not_there_and_a_shared_one_is_everybodys() -> None:
    for wish in (saving(text="Mine"), DeleteSnippet(snippet_id=SNIPPET)):
        with pytest.raises(errors.SnippetNotFound):
            given(SAVED)(wish, BOB)
    assert given(replace(SAVED, owner_id=None))(DeleteSnippet(snippet_id=SNIPPET), BOB) == (
        SnippetDeleted(snippet_id=SNIPPET),
    )


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (saving(text="{{contact.shoe_size}}"), errors.VariableUnknown),
        (saving(html="<p>{{agent.secret|x}}</p>"), errors.VariableUnknown),
        (saving(text=" "), errors.SnippetInvalid),
        (saving(text="x" * 400_000), errors.SnippetInvalid),
        (saving(name="a\nb"), errors.NameInvalid),
        (saving(folder="a\0b"), errors.NameInvalid),
        (saving(attachments=(FILE,)), errors.HeaderUnsafe),
        (DeleteSnippet(snippet_id=an_id("none")), errors.SnippetNotFound),
    ],
)
def test_what_makes_no_sense_is_refused(wish: Any, refusal: type) -> None:
    with pytest.raises(refusal):
        given()(wish)


def test_only_agents_save() -> None:
    with pytest.raises(errors.OnlyForAgents):
        given()(saving(), None)


@pytest.mark.parametrize("field", ["text", "html"])
def test_a_reply_with_an_unfilled_variable_is_refused_and_names_it(field: str) -> None:
    content = reply_content(**{field: "Hello {{ contact.first_name }}"})
    wish = SendReply(reply_id=REPLY, channel_id=SUPPORT_MAIL, content=content)
    decider = conversation.decider(a_workspace(), HOUSE)
    given_decider(decider, opened()).when(command(wish)).then_refused(errors.VariableNotFilled)
    with pytest.raises(errors.VariableNotFilled, match=r"contact\.first_name"):
        decider.decide(command(wish), decider.replay((opened(),)))


def test_a_reply_goes_on_under_the_customers_subject_whatever_stands_in_it() -> None:
    wish = SendReply(reply_id=REPLY, channel_id=SUPPORT_MAIL, content=reply_content(subject="Re: {{contact.name}}"))
    decider = conversation.decider(a_workspace(), HOUSE)
    assert given_decider(decider, opened()).when(command(wish)).refusal is None
