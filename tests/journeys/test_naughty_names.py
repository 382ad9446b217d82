"""Every naughty string in each of the names and texts with which a workspace is set up: it comes back as it was."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import pytest

from local_runtime.journey import Desk
from local_runtime.live import LivePostroom, eventually
from local_runtime.naughty import LINES, STRINGS, long, names, packed

pytestmark = [pytest.mark.real, pytest.mark.skipif(not STRINGS, reason="the corpora are not beside the checkout")]
AT_ONCE = 6
S = TypeVar("S")
T = TypeVar("T")


@pytest.fixture
def desk(postroom: LivePostroom) -> Iterator[Desk]:
    with Desk(postroom) as open_desk:
        yield open_desk


def together(work: Callable[[S], T], given: Iterable[S]) -> list[T]:
    """A few at a time: each waits for the view, and not for the others."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, given))


def test_labels(desk: Desk) -> None:
    """No two at once that are the same but for their case: a label is found whatever it is."""
    given = list({name.casefold(): name for name in names(60)}.values())

    def made(name: str) -> str:
        label = desk.do("POST", "/labels", {"name": name})
        desk.do("DELETE", f"/labels/{label['id']}")
        return str(label["name"])

    assert together(made, given) == given and len(given) > 250


def test_snippets(desk: Desk) -> None:
    """Name and folder take other strings at the same time; text and HTML take all of them."""
    given, (text, *_) = names(120), long(90_000)
    html = "".join(f"<p>{quote(one, safe=' ')}</p>" for one in STRINGS)

    def made(number: int) -> None:
        body = {"name": given[number], "folder": given[-1 - number], "text": given[number]}
        snippet = desk.do("POST", "/snippets", body)
        assert {name: snippet[name] for name in body} == body
        desk.do("DELETE", f"/snippets/{snippet['id']}")

    together(made, range(len(given)))
    snippet = desk.do("POST", "/snippets", {"name": "All of them", "text": text, "html": html})
    assert (snippet["text"], snippet["html"]) == (text, html)
    assert [one["text"] for one in desk.get("/snippets")["items"] if one["id"] == snippet["id"]] == [text]
    desk.do("DELETE", f"/snippets/{snippet['id']}")


def test_the_name_of_an_agent(desk: Desk) -> None:
    before = desk.get("/me")
    try:
        for name in names(120):
            assert desk.do("PATCH", "/me", {"name": name})["name"] == name
    finally:
        desk.do("PATCH", "/me", {"name": before["name"]})


def test_channels(desk: Desk) -> None:
    """By whose name mails leave, and how first mails are acknowledged. Braces name variables there, and a name with any
    others is refused."""
    inbox = desk.do("POST", "/inboxes", {"name": uuid4().hex[:8]})
    address = f"naughty-{uuid4().hex[:8]}@our.test"
    body = {"inbox_id": inbox["id"], "kind": "email", "settings": {"address": address}}
    path = f"/channels/{desk.do('POST', '/channels', body)['id']}"
    texts = long(19_000)
    given = [one.strip() for one in packed((one for one in LINES if not set(one) & set("{}")), 120, " ") if one.strip()]
    for turn, name in enumerate(given):
        settings: dict[str, Any] = {"from_name": name}
        if turn < len(texts):
            settings["acknowledgement"] = {"text": texts[turn], "when": "never"}
        shown = desk.do("PATCH", path, {"settings": settings})["settings"]
        assert shown["from_name"] == name
        assert turn >= len(texts) or shown["acknowledgement"]["text"] == texts[turn]
    for name in (one for one in LINES if set(one) & set("{}")):
        refused = desk.ask("PATCH", path, {"settings": {"from_name": name[:120]}})
        assert (refused.status_code, refused.json()["code"]) == (422, "from-name-invalid"), name
    (kept,) = [one for one in desk.get("/channels")["items"] if path.endswith(one["id"])]
    assert kept["settings"]["from_name"] == given[-1]
    desk.do("DELETE", path)
    desk.do("PATCH", f"/inboxes/{inbox['id']}", {"archived": True})


def test_pipelines_and_their_stages(desk: Desk) -> None:
    given = names(100)
    unlike = list({name.casefold(): name for name in given}.values())
    pipeline = desk.do("POST", "/pipelines", {"name": uuid4().hex[:8], "stages": _stages(["One", "Two"])})
    for place in range(0, len(unlike), 48):
        some = unlike[place : place + 48]
        shown = desk.do("PATCH", f"/pipelines/{pipeline['id']}", {"name": some[0], "stages": _stages(some)})
        assert [one["name"] for one in shown["stages"]] == [*some, "Done"]
    for name in given:
        assert desk.do("PATCH", f"/pipelines/{pipeline['id']}", {"name": name})["name"] == name
    desk.do("DELETE", f"/pipelines/{pipeline['id']}")


def _stages(some: list[str]) -> list[dict[str, str]]:
    return [*({"name": one, "kind": "open"} for one in some), {"name": "Done", "kind": "closed"}]


def test_the_names_of_rules(desk: Desk) -> None:
    given = names(120)
    when = {"kind": "test", "fact": "message.subject", "operator": "contains", "value": "never there"}
    then = [{"kind": "set_priority", "priority": "high"}]
    rules = [{"id": str(uuid4()), "name": one, "when": when, "then": then, "enabled": False} for one in given]
    for some in (rules[:200], rules[200:]):
        desk.do("PUT", "/rules", {"rules": some})
        wanted = [one["name"] for one in some]
        eventually(lambda: [one["name"] for one in desk.get("/rules")["rules"]] == wanted, "the draft", 30)  # noqa: B023
    desk.do("PUT", "/rules", {"rules": []})


def test_properties_of_contacts_and_what_they_choose_between(desk: Desk) -> None:
    given = names(100)
    unlike = list(dict.fromkeys(given))
    made = desk.do("POST", "/contact-properties", {"name": uuid4().hex[:8], "kind": "choice", "choices": unlike[:200]})
    path = f"/contact-properties/{made['id']}"
    assert made["choices"] == unlike[:200]
    assert desk.do("PATCH", path, {"choices": unlike[200:]})["choices"] == unlike[200:]
    for name in given:
        assert desk.do("PATCH", path, {"name": name})["name"] == name
    desk.do("DELETE", path)


def test_the_names_of_tokens(desk: Desk) -> None:
    def made(name: str) -> str:
        token = desk.do("POST", "/me/tokens", {"name": name})
        desk.do("DELETE", f"/me/tokens/{token['id']}")
        return str(token["name"])

    given = names(120)
    assert together(made, given) == given


@pytest.mark.parametrize(
    "broken", ["two\nlines", "two\r\nBcc: victim@client.test", "next\x85line", "a\u2028b", "nul\0"]
)
def test_a_line_that_is_broken_is_refused_with_its_reason_and_what_was_there_stays(desk: Desk, broken: str) -> None:
    inbox = desk.do("POST", "/inboxes", {"name": uuid4().hex[:8]})
    settings = {"address": f"broken-{uuid4().hex[:8]}@our.test", "from_name": "Before"}
    channel = desk.do("POST", "/channels", {"inbox_id": inbox["id"], "kind": "email", "settings": settings})
    stages = _stages(["One", "Two"])
    wrong: list[tuple[str, str, Any, str]] = [
        ("PATCH", f"/inboxes/{inbox['id']}", {"name": broken}, "name"),
        ("PATCH", f"/channels/{channel['id']}", {"settings": {"from_name": broken}}, "from_name"),
        ("PATCH", "/me", {"name": broken}, "name"),
        ("POST", "/me/tokens", {"name": broken}, "name"),
        ("POST", "/labels", {"name": broken}, "name"),
        ("POST", "/snippets", {"name": broken, "text": "x"}, "name"),
        ("POST", "/snippets", {"name": "x", "folder": broken, "text": "x"}, "folder"),
        ("POST", "/pipelines", {"name": broken, "stages": stages}, "name"),
        ("POST", "/pipelines", {"name": "x", "stages": [{"name": broken}, *stages]}, "name"),
        ("POST", "/contact-properties", {"name": broken, "kind": "text"}, "name"),
        (
            "POST",
            "/conversations",
            {"inbox_id": inbox["id"], "to": ["a@client.test"], "subject": broken, "text": "x"},
            "subject",
        ),
    ]
    me = desk.get("/me")["name"]
    for method, path, body, field in wrong:
        answer = desk.ask(method, path, body)
        assert answer.status_code == 422, (path, answer.text)
        (error,) = answer.json()["errors"]
        assert (error["where"][-1], error["code"]) == (field, "not_one_line"), path
    assert desk.get(f"/inboxes/{inbox['id']}")["name"] == inbox["name"] and desk.get("/me")["name"] == me
    (kept,) = [one for one in desk.get("/channels")["items"] if one["id"] == channel["id"]]
    assert kept["settings"]["from_name"] == "Before"
    desk.do("DELETE", f"/channels/{channel['id']}")
    desk.do("PATCH", f"/inboxes/{inbox['id']}", {"archived": True})


def test_there_is_something_in_every_size() -> None:
    assert min(map(len, (names(60), names(100), names(120)))) > 150 and len(LINES) > 350
