"""A conversation on paper: all of it, nothing around it, and comments only where they are wanted."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from local_runtime.journey import Customer

NewPage = Callable[..., Awaitable[Page]]
PRINTED = "to the printer"
SAYS_PRINTED = f"window.print = () => console.info('{PRINTED}')"
COLOUR = """(one, of) => getComputedStyle(one)[of ?? 'color'].match(/\\d+/g).slice(0, 3).map(Number)"""
COMMENTS = 52
"""With the messages more lines than the API gives at once."""


async def test_a_conversation_is_printed_whole_and_its_comments_only_when_they_are_wanted(
    page: Page, workspace: Any
) -> None:
    customer, desk = Customer(workspace.live), workspace.desk
    customer.writes(desk.address(), f"On paper <{uuid4().hex[:6]}>", "Please confirm in writing.")
    conversation = desk.conversation_of(customer)
    path = f"/conversations/{conversation['id']}/comments"
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda number: desk.do("POST", path, {"text": f"Note {number}."}), range(COMMENTS)))
    desk.reply(conversation["id"], "Herewith confirmed.")
    await page.add_init_script(SAYS_PRINTED)

    async with page.expect_console_message(lambda said: said.text == PRINTED):
        await page.goto(f"/print/{conversation['id']}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(conversation["subject"])
    articles = page.get_by_role("article")
    await expect(articles).to_have_count(2)
    await expect(articles.nth(0)).to_contain_text("Please confirm in writing.")
    await expect(articles.nth(1)).to_contain_text("Herewith confirmed.")
    for around in ("navigation", "textbox", "complementary"):
        await expect(page.get_by_role(around)).to_have_count(0)
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="Print")).to_have_count(0)
    assert pages(await page.pdf()) == 1

    await page.emulate_media(media="screen")
    async with page.expect_console_message(lambda said: said.text == PRINTED):
        await page.goto(f"/print/{conversation['id']}?comments")
    await expect(articles).to_have_count(2 + COMMENTS)
    await expect(articles.filter(has_text="Note 0.")).to_be_visible()
    assert pages(await page.pdf()) > 2


async def test_who_works_in_the_dark_prints_dark_on_white(new_page: NewPage, workspace: Any) -> None:
    customer = Customer(workspace.live)
    mail = customer.mail(workspace.desk.address(), f"At night {uuid4().hex[:6]}", "Is it dark?")
    mail.add_alternative("<p>Is it <a href='https://client.test'>dark</a>?</p>", subtype="html")
    workspace.live.send(mail, customer.address, workspace.desk.address())
    conversation = workspace.desk.conversation_of(customer)
    page = await new_page(dark=True)
    await page.add_init_script(SAYS_PRINTED)
    async with page.expect_console_message(lambda said: said.text == PRINTED):
        await page.goto(f"/print/{conversation['id']}")
    text = page.locator("iframe").content_frame.get_by_text("Is it")
    await page.emulate_media(media="print", color_scheme="dark")
    for one in (text, page.get_by_role("heading", level=1)):
        assert max(await one.evaluate(COLOUR)) < 100, "dark words"
    assert await page.locator("main").evaluate(COLOUR, "backgroundColor") == [255, 255, 255]


def pages(pdf: bytes) -> int:
    assert pdf.startswith(b"%PDF-") and len(pdf) > 5_000
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
