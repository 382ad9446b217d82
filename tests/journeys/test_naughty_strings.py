"""The Big List of Naughty Strings through a whole Postroom, in every text that agents write: it comes back as it was.

Long texts take all strings at once, lines and names so many as they hold. By design names lose the white space around
them, and no line takes control characters or line separators: the strings that have some are in the long texts only.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from local_runtime.naughty import LINES, STRINGS, long, names, packed

pytestmark = [pytest.mark.real, pytest.mark.skipif(not STRINGS, reason="the corpora are not beside the checkout")]


@pytest.fixture
def desk(postroom: LivePostroom) -> Iterator[Desk]:
    with Desk(postroom) as open_desk:
        yield open_desk


def test_there_is_something_to_try() -> None:
    assert len(STRINGS) > 400 and len(LINES) > 350


def test_what_is_said_in_a_conversation_comes_back(desk: Desk, postroom: LivePostroom) -> None:
    customer = Customer(postroom)
    customer.writes(desk.address(), "A question", "Can you help?")
    path = f"/conversations/{desk.conversation_of(customer)['id']}"
    (everything,) = long(50_000)
    reply = desk.do("POST", f"{path}/replies", {"text": everything})
    comment = desk.do("POST", f"{path}/comments", {"text": everything})
    assert (reply["text"], comment["text"]) == (everything, everything)
    conversation_id = path.rpartition("/")[2]
    assert [one["text"] for one in desk.lines(conversation_id, "comment")] == [everything]
    assert desk.lines(conversation_id)[-1]["text"] == everything


def test_names_and_titles_of_all_that_agents_name_come_back(desk: Desk) -> None:
    """Every string in one of them: each kind takes its turn, for all of them hold a line."""
    word = uuid4().hex[:8]
    view = desk.do("POST", "/views", {"name": word})
    team = desk.do("POST", "/teams", {"name": word})
    inbox = desk.do("POST", "/inboxes", {"name": word})
    company = desk.do("POST", "/companies", {"name": word})
    ticket = desk.do("POST", "/tickets", {"title": word})
    kinds: list[tuple[str, str]] = [
        (f"/views/{view['id']}", "name"),
        (f"/teams/{team['id']}", "name"),
        (f"/inboxes/{inbox['id']}", "name"),
        (f"/companies/{company['id']}", "name"),
        (f"/tickets/{ticket['id']}", "title"),
    ]
    for turn, name in enumerate(names(60)):
        path, field = kinds[turn % len(kinds)]
        assert desk.do("PATCH", path, {field: name})[field] == name, path
    for path, field in kinds[3:]:
        assert desk.get(path)[field] in names(60)
    desk.do("DELETE", f"/views/{view['id']}")
    desk.do("DELETE", f"/teams/{team['id']}")
    desk.do("PATCH", f"/inboxes/{inbox['id']}", {"name": word, "archived": True})


def test_long_texts_of_the_workspace_come_back(desk: Desk) -> None:
    word = uuid4().hex[:8]
    inbox = desk.do("POST", "/inboxes", {"name": word})
    company = desk.do("POST", "/companies", {"name": word})
    ticket = desk.do("POST", "/tickets", {"title": word})
    me = desk.get("/me")
    for text in long(10_000):
        path = f"/inboxes/{inbox['id']}"
        assert desk.do("PATCH", path, {"signature": text})["signature"] == text == desk.get(path)["signature"]
        assert desk.do("PATCH", f"/companies/{company['id']}", {"note": text})["note"] == text
        assert desk.do("PATCH", "/me", {"signature": text})["signature"] == text
    for text in long(500)[::4]:
        assert desk.do("PATCH", f"/tickets/{ticket['id']}", {"title": text})["title"] == text
    desk.do("PATCH", "/me", {"signature": me["signature"]})
    desk.do("PATCH", f"/inboxes/{inbox['id']}", {"signature": "", "archived": True})


def test_values_of_filters_and_rules_come_back(desk: Desk) -> None:
    """Filters of an inbox that nobody writes to; rules are drafted and not published."""
    word = uuid4().hex[:8]
    inbox = desk.do("POST", "/inboxes", {"name": word})
    before, values = desk.get("/email-filters"), [one for one in packed(LINES, 200, " ") if one.strip()]
    ours = [
        {"kind": "block", "field": "body", "operator": "contains", "value": one, "inbox_id": inbox["id"], "note": one}
        for one in values
    ]
    kept = [{name: one[name] for name in (*ours[0], "id", "header", "enabled")} for one in before["filters"]]
    try:
        desk.do("PUT", "/email-filters", {"filters": [*kept, *ours]})
        shown = [one for one in desk.get("/email-filters")["filters"] if one["inbox_id"] == inbox["id"]]
        assert [(one["value"], one["note"]) for one in shown] == [(one, one) for one in values]
    finally:
        desk.do("PUT", "/email-filters", {"filters": kept})
    conditions = [{"kind": "test", "fact": "message.subject", "operator": "contains", "value": one} for one in values]
    rule = {
        "id": str(uuid4()),
        "name": "Naughty",
        "when": {"kind": "any", "of": conditions[:50]},
        "then": [{"kind": "set_priority", "priority": "high"}],
    }
    desk.do("PUT", "/rules", {"rules": [rule]})
    (drafted,) = eventually(lambda: desk.get("/rules")["rules"], "the draft", 30)
    assert [one["value"] for one in drafted["when"]["of"]] == values[:50]
    desk.do("PUT", "/rules", {"rules": []})
    desk.do("PATCH", f"/inboxes/{inbox['id']}", {"archived": True})
