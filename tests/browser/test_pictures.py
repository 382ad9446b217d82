"""Pictures and files in a reply: pasted where the cursor is, dropped beside the text, refused before they go up."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from playwright.async_api import Locator, Page, Request, expect

from local_runtime.journey import Customer

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # one pixel
)
PASTED = """(field, base64) => {
  const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], 'plan.png', { type: 'image/png' }));
  field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}"""
DROPPED = """(place, [name, content, size]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([content || new Uint8Array(size)], name, { type: 'text/plain' }));
  for (const kind of ['dragover', 'drop']) {
    place.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


async def dropped(composer: Locator, name: str, content: str = "", size: int = 0) -> None:
    await composer.evaluate(DROPPED, [name, content, size])


async def test_a_picture_is_pasted_a_file_is_dropped_and_the_customer_gets_both(page: Page, workspace: Any) -> None:
    workspace.set_undo(0)
    customer = Customer(workspace.live)
    customer.writes(workspace.desk.address(), f"The way {uuid4().hex[:6]}", "How do I find you?")
    conversation = workspace.desk.conversation_of(customer)
    most = conversation["capabilities"]["max_bytes"]
    uploads: list[Request] = []
    page.on("request", lambda one: uploads.append(one) if one.url.endswith("/api/v1/uploads") else None)
    await page.goto(f"/inbox/all_open/{conversation['id']}")
    await expect(page.get_by_role("article")).to_be_visible()
    await page.keyboard.press("r")
    text = page.get_by_role("textbox", name="Text")
    await expect(text).to_be_focused()
    await text.press_sequentially("This way: ")

    composer = page.get_by_role("region", name="Mail to the customer")
    await dropped(composer, "whole-film.txt", size=most + 1)
    await expect(composer.get_by_role("alert")).to_contain_text("Not attached: whole-film.txt.")
    assert uploads == []
    await text.evaluate(PASTED, PICTURE)
    await expect(text.locator('img[src^="/api/v1/uploads/"]')).to_be_visible()
    await dropped(composer, "the way.txt", "First left, then right.")
    files = composer.get_by_role("list", name="Attached files")
    await expect(files.get_by_text("the way.txt")).to_be_visible()
    await expect(files.get_by_role("progressbar")).to_have_count(0)
    await expect(composer.get_by_role("alert")).to_have_count(0)
    await composer.get_by_role("button", name="Send", exact=True).click()

    sent = page.get_by_role("article", name="Message by Ada Lovelace")
    shown = sent.frame_locator("iframe").locator("img")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == 1
    await expect(sent.get_by_role("list", name="1 attachment").get_by_text("the way.txt")).to_be_visible()
    mail = customer.received()
    picture, note = parts(mail, "image/png")[0], parts(mail, "text/plain")[-1]
    html = parts(mail, "text/html")[0].get_content()
    assert f'src="cid:{str(picture["Content-ID"]).strip("<>")}"' in html
    assert note.get_filename() == "the way.txt" and note.get_content().strip() == "First left, then right."
    assert len(uploads) == 2


def parts(mail: EmailMessage, kind: str) -> list[Any]:
    return [part for part in mail.walk() if part.get_content_type() == kind]
