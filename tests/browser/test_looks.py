"""How pages look: rows of either height, and on a phone."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, expect

from local_runtime.journey import text_of
from local_runtime.live import eventually

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
Done = Callable[[Page, str, Callable[[], Awaitable[object]]], Awaitable[None]]
TALL = "([id, px]) => document.querySelector(`[data-conversation='${id}']`).parentElement.offsetHeight === px"
OVERFLOWS = "() => document.documentElement.scrollWidth > innerWidth"


async def test_rows_are_compact_or_have_a_preview(page: Page, begun: Any, done: Done) -> None:
    conversation = begun("Of which height").conversation
    await page.goto("/inbox/all_open")
    row = page.locator(f'[data-conversation="{conversation["id"]}"]')
    for density, height in (("Compact", 40), ("With preview", 64)):
        await page.get_by_role("button", name="Newest").click()
        await done(page, "/me/preferences", page.get_by_role("menuitemradio", name=density).click)
        await expect(row).to_be_visible()
        await page.wait_for_function(TALL, arg=[conversation["id"], height])


async def test_on_a_phone_one_takes_a_conversation_and_answers_it(
    new_page: NewPage, workspace: Any, begun: Any, opened: Any, no_violations: Check
) -> None:
    workspace.set_undo(0)
    customer, _, conversation = begun("From the train", "Are you there?")
    phone = await new_page("agent", width=390)
    await opened(phone, conversation)
    bar = phone.get_by_role("group", name="Actions")
    await bar.get_by_role("button", name=re.compile("assign", re.IGNORECASE)).first.click()
    dialog = phone.get_by_role("dialog", name="Assign")
    await no_violations(phone)
    await dialog.get_by_role("option", name=re.compile("Ada Lovelace")).click()
    await expect(bar.get_by_role("button", name=re.compile("Ada Lovelace"))).to_be_visible()
    await phone.get_by_role("button", name="Reply", exact=True).click()
    await phone.get_by_role("textbox", name="Text").press_sequentially("We are.")
    assert not await phone.evaluate(OVERFLOWS)
    await phone.get_by_role("button", name="Send", exact=True).click()
    await expect(phone.get_by_role("article", name="Message by Ada Lovelace")).to_contain_text("We are.")
    assert text_of(customer.received()) == "We are."
    now = eventually(lambda: workspace.desk.conversation(conversation["id"]), "the conversation", 10)
    assert now["assignee_id"] == workspace.agent["id"]
    assert not await phone.evaluate(OVERFLOWS)
