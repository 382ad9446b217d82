"""What strangers send, before a real Chromium: nothing of it runs, asks anybody, or is taken for more than text.

That no request left Postroom, that the policy refused nothing and that no page had a fault is checked by `new_page`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from inbox_projection.html import sanitise
from local_runtime.journey import Customer, Desk
from local_runtime.live import eventually

NewPage = Callable[..., Awaitable[Page]]
CORPORA: Final = Path(__file__).parents[3] / "shared/corpora"
IN_A_MAIL: Final = 50
FILES: Final = 16
"""Files of a mail."""
LABEL: Final = 60
WALKED: Final = """async (count) => {
  const seen = {};
  const list = [...document.querySelectorAll('.rows *')].find((one) => one.scrollHeight > one.clientHeight + 1000);
  const end = performance.now() + 30_000;
  while (Object.keys(seen).length < count && performance.now() < end) {
    for (const row of document.querySelectorAll('[data-conversation]')) {
      const texts = (what) => [...row.querySelectorAll(what)].map((one) => one.textContent);
      seen[row.dataset.conversation] = [texts('.name'), texts('.subject'), texts('.preview'), texts('.label .cut')];
    }
    list.scrollTop += 400;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }
  return seen;
}"""
"""Scrolls to the end of a list of so many rows: what each row showed."""
PASTED: Final = """(field, html) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/html', html);
  field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}"""
pytestmark = pytest.mark.skipif(not CORPORA.exists(), reason="the corpora are not beside the checkout")


def payloads() -> list[str]:
    """DOMPurify's own cases."""
    return [one["payload"] for one in json.loads((CORPORA / "dompurify/expect.json").read_text("utf-8"))]


def naughty() -> list[str]:
    """The naughty strings that a mail can carry at all."""
    found = json.loads((CORPORA / "blns/blns.json").read_text("utf-8"))
    return [one for one in found if one.strip() and "\0" not in one]


def lines() -> list[str]:
    """Those that fit a line."""
    return [one for one in naughty() if one.splitlines() == [one]]


def in_mails(pieces: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The HTML of mails, and the marks that stand after pieces: all that can be seen. One that swallows what follows
    it is the last of its mail."""
    mails: list[tuple[str, list[str]]] = []
    html, marks = "", list[str]()
    for number, piece in enumerate(pieces):
        mark = f"after-{number}-"
        html += f"<div>{piece}</div><p>{mark}</p>"
        swallowed = mark not in sanitise(html)
        if not swallowed:
            marks.append(mark)
        if swallowed or len(marks) == IN_A_MAIL:
            mails.append((html, marks))
            html, marks = "", []
    return [*mails, (html, marks)] if html else mails


def as_read(text: str) -> str:
    """How two texts are compared: browsers fold white space."""
    return " ".join(text.split())


async def unharmed(page: Page) -> None:
    assert await page.evaluate("() => typeof window.xssed") == "undefined"
    foreign = "main script, main img[src=x], main object, main embed, main base, main form[action*=evil]"
    assert await page.locator(foreign).count() == 0


@pytest.fixture
def asked(new_page: NewPage) -> Callable[[], Awaitable[tuple[Page, list[str]]]]:
    """A page of the agent, and what scripts asked in dialogs on it."""

    async def make() -> tuple[Page, list[str]]:
        page, ran = await new_page("agent"), list[str]()
        page.on("dialog", lambda dialog: ran.append(dialog.message))
        return page, ran

    return make


async def test_no_payload_of_a_mail_runs_and_names_of_files_are_text(asked: Any, workspace: Any) -> None:
    page, ran = await asked()
    mails = in_mails([*payloads(), *naughty()])
    assert sum(len(marks) for _, marks in mails) > 650
    customer, before, files = Customer(workspace.live), "", lines()
    assert 480 < len(files) <= len(mails) * FILES
    for number, (html, _) in enumerate(mails):
        mail = customer.mail(workspace.desk.address(), "Hostile mails", f"mail {number}")
        mail.add_alternative(html, subtype="html")
        for name in files[number * FILES :][:FILES]:
            mail.add_attachment("a file", filename=name)
        if before:
            mail["In-Reply-To"] = before
        before = str(mail["Message-ID"])
        workspace.live.send(mail, customer.address, workspace.desk.address())
    conversation = workspace.desk.conversation_of(customer)
    eventually(lambda: len(workspace.desk.lines(conversation["id"])) == len(mails), "all mails in the thread", 60)
    await page.goto(f"/inbox/all_open/{conversation['id']}")
    for line, (_, marks) in zip(workspace.desk.lines(conversation["id"]), mails, strict=True):
        frame = page.locator(f'iframe[src*="{line["id"]}"]')
        await frame.scroll_into_view_if_needed()
        assert "allow-scripts" not in str(await frame.get_attribute("sandbox"))
        body = frame.content_frame.locator("body")
        if marks:
            await expect(body).to_contain_text(marks[-1])
        text = str(await body.text_content())
        assert [mark for mark in marks if mark not in text] == []
        card = page.get_by_role("article").filter(has=frame)
        names = await card.locator(".file .cut").all_text_contents()
        assert [as_read(name) for name in names] == [as_read(file["name"]) for file in line["attachments"]]
    await unharmed(page)
    assert ran == []


async def test_naughty_subjects_names_previews_and_labels_are_text_in_the_list(asked: Any, workspace: Any) -> None:
    page, ran = await asked()
    desk = workspace.desk
    inbox = desk.do("POST", "/inboxes", {"name": f"<img src=x onerror=alert(1)> {uuid4().hex[:6]}"})
    desk.do("PATCH", f"/inboxes/{inbox['id']}", {"member_ids": [workspace.agent["id"], *inbox["member_ids"]]})
    strings = lines()
    assert len(strings) > 480
    for string in strings:
        customer = Customer(workspace.live, address=f"{uuid4().hex}@client.test")
        mail = EmailMessage()
        mail["From"] = Address(string, addr_spec=customer.address)
        mail["To"] = inbox["fallback_address"]
        mail["Subject"] = string
        mail["Message-ID"] = f"<{uuid4().hex}@client.test>"
        mail.set_content(string)
        workspace.live.send(mail, customer.address, inbox["fallback_address"])
    rows = eventually(lambda: all_of(desk, inbox["id"], len(strings)), "a conversation for each", 90)
    tags = [string.strip() for string in strings if "<" in string and len(string) < LABEL][::8]
    assert len(tags) > 15
    for row, tag in zip(rows, tags, strict=False):
        desk.do("POST", "/conversations/bulk", {"ids": [row["id"]], "command": {"type": "add_label", "label": tag}})
    expected = {row["id"]: row for row in all_of(desk, inbox["id"], len(strings))}
    await page.goto(f"/inbox/all_open?inbox={inbox['id']}")
    await expect(page.locator("[data-conversation]").first).to_be_visible()
    seen: dict[str, list[str]] = await page.evaluate(WALKED, len(strings))
    for id, row in expected.items():
        name, subject, preview, labels = ([as_read(text) for text in texts] for texts in seen[id])
        assert name[0].removeprefix("Unread: ") == as_read(row["contact"]["name"] or row["contact"]["handle"])
        assert (subject, preview) == ([as_read(row["subject"])], [as_read(row["preview"])])
        assert labels == [as_read(label) for label in row["labels"]]
    subjects = {as_read(row["subject"]) for row in expected.values()}
    assert len({as_read(one) for one in strings} - subjects) < 10  # but for control characters, which subjects lose
    await page.goto(f"/inbox/all_open/{rows[0]['id']}?inbox={inbox['id']}")
    await expect(page.get_by_role("article").first).to_be_visible()
    await unharmed(page)
    assert ran == []


async def test_pictures_from_elsewhere_and_what_is_pasted_ask_nobody(asked: Any, workspace: Any) -> None:
    page, ran = await asked()
    customer = Customer(workspace.live, name='"<script>alert(2)</script>"')
    mail = customer.mail(
        workspace.desk.address(), "<svg onload=alert(3)>", "<script>alert(4)</script> javascript:alert(5)"
    )
    mail.add_alternative("<p>Hi<img src=https://tracker.test/pixel.gif onerror=alert(6)></p>", subtype="html")
    mail.add_attachment(b"<script>alert(7)</script>", "text", "html", filename="<b onclick=alert(8)>.html")
    workspace.live.send(mail, customer.address, workspace.desk.address())
    await page.goto(f"/inbox/all_open/{workspace.desk.conversation_of(customer)['id']}")
    await expect(page.get_by_role("heading", name="<svg onload=alert(3)>")).to_be_visible()
    await expect(page.locator("iframe").first.content_frame.locator("body")).to_contain_text("Hi")
    await expect(page.get_by_text("from elsewhere")).to_be_visible()
    await page.keyboard.press("r")
    field = page.get_by_role("textbox", name="Text")
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    await field.evaluate(PASTED, "<b>pasted</b><img src=https://tracker.test/pasted.gif><svg onload=alert(9)>")
    await expect(field).to_contain_text("pasted")
    await unharmed(page)
    assert ran == []


def all_of(desk: Desk, inbox: str, count: int) -> list[dict[str, Any]]:
    """All conversations of an inbox, when there are so many; else none."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        answer = desk.get("/conversations", inbox_id=inbox, limit=100, **more)
        found, cursor = found + answer["items"], answer["next_cursor"]
    return found if len(found) == count else []
