"""How pages look: rows of either height, on a phone, and in Polish, where words are longer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
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


@pytest.fixture
def polish(workspace: Any) -> Iterator[None]:
    workspace.speak("pl")
    yield
    workspace.speak("en")


@pytest.mark.parametrize("width", [360, 1440])
async def test_in_polish_every_page_fits_and_is_accessible(
    new_page: NewPage, begun: Any, no_violations: Check, polish: None, width: int
) -> None:
    conversation = begun("Po polsku").conversation
    page = await new_page(width=width)
    for path in (
        "/inbox/all_open",
        f"/inbox/all_open/{conversation['id']}",
        f"/contacts/{conversation['contact']['id']}",
        "/tickets?view=board",
        "/settings/profile",
        "/settings/notifications",
        "/settings/security",
        "/settings/snippets/new",
    ):
        await page.goto(path)
        await expect(page.locator("html")).to_have_attribute("lang", "pl")
        await expect(page.locator("main h1, main h2").first).to_be_visible()
        assert not await page.evaluate(OVERFLOWS), path
        await no_violations(page)
