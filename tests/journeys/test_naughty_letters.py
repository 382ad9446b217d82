"""Every naughty string in what agents send: HTML, subjects, files. It comes back as it was, and so it goes out."""

import re
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from uuid import uuid4

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from local_runtime.naughty import LINES, STRINGS, packed

pytestmark = [pytest.mark.real, pytest.mark.skipif(not STRINGS, reason="the corpora are not beside the checkout")]
INVISIBLE = re.compile(
    "[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\ue000-\uf8ff\U000e0001]"
)


@pytest.fixture
def desk(postroom: LivePostroom) -> Iterator[Desk]:
    with Desk(postroom) as open_desk:
        yield open_desk


class Paragraphs(HTMLParser):
    """The texts of the paragraphs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "p":
            self.found.append("")
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = self.open and tag != "p"

    def handle_data(self, data: str) -> None:
        if self.open:
            self.found[-1] += data


def test_what_is_written_as_html_keeps_every_text(desk: Desk, postroom: LivePostroom) -> None:
    customer = Customer(postroom)
    customer.writes(desk.address(), "A question", "Can you help?")
    conversation = desk.conversation_of(customer)["id"]
    html = "".join(f"<p>{escape(one)}</p>" for one in LINES)
    reply = desk.do("POST", f"/conversations/{conversation}/replies", {"html": html})
    assert Paragraphs(reply["html"]).found == LINES
    assert Paragraphs(desk.lines(conversation)[-1]["html"]).found == LINES
    sent = customer.received().get_body(("html",))
    assert sent is not None and Paragraphs(str(sent.get_content())).found[: len(LINES)] == LINES


def test_the_subject_of_a_first_message(desk: Desk, postroom: LivePostroom) -> None:
    customer = Customer(postroom)
    subjects = [one for one in packed(LINES, 500, " ") if one.strip()]
    inbox = desk.inbox()["id"]
    for subject in subjects:
        body = {"inbox_id": inbox, "to": [customer.address], "subject": subject, "text": "Dear all,"}
        assert desk.do("POST", "/conversations", body)["subject"] == subject

    def all_out() -> list[str] | None:
        mine = [str(out["Subject"]) for out in postroom.outbox() if customer.address in str(out["To"])]
        return mine if len(mine) == len(subjects) else None

    assert sorted(eventually(all_out, "the mails", 60)) == sorted(subjects)


def test_the_names_of_files(desk: Desk, postroom: LivePostroom) -> None:
    """A name has no folders, and nothing that no two programs show alike. In the mail it is one on every system: what
    some do not take is a low line there."""
    fit = [one for one in LINES if not re.search(r"[/\\]", one) and not INVISIBLE.search(one)]
    given = [name for one in packed(fit, 100, " ") if (name := " ".join(one.split()).lstrip("."))]
    ids = []
    for name in given:
        answer = desk.api.post("/uploads", files={"file": (name, b"content", "text/plain")})
        assert answer.status_code == 201, answer.text
        assert answer.json()["name"] == name
        ids.append(answer.json()["id"])
    assert len(given) > 25
    customer = Customer(postroom)
    customer.writes(desk.address(), f"Files {uuid4().hex[:6]}", "Please send them.")
    conversation = desk.conversation_of(customer)["id"]
    reply = desk.do("POST", f"/conversations/{conversation}/replies", {"text": "Here.", "attachment_ids": ids[:50]})
    assert [one["name"] for one in reply["attachments"]] == given[:50]
    everywhere = [re.sub(r'["<>:*?|]', "_", one).strip(". ") for one in given[:50]]
    assert [part.get_filename() for part in customer.received().iter_attachments()] == everywhere
