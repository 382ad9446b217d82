"""Snippets by "/": found, filled, refused where nothing is known; and a "/" that is a "/"."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from local_runtime.journey import Customer, text_of

FILLED = "Dear {{contact.first_name}}, it left."
UNKNOWN = "See you at {{agent.meeting_url}}"


@pytest.fixture
def kept(workspace: Any) -> Iterator[None]:
    """Two snippets; what the second needs nobody has said."""
    made = [
        workspace.desk.do("POST", "/snippets", {"name": name, "text": text, "shared": True})
        for name, text in (("Shipped", FILLED), ("Meeting", UNKNOWN))
    ]
    yield
    for one in made:
        workspace.desk.do("DELETE", f"/snippets/{one['id']}")


@pytest.fixture
def begin(workspace: Any, begun: Any, opened: Any, write: Any) -> Callable[..., Awaitable[tuple[Customer, Locator]]]:
    """A reply that is begun, with the focus in its text."""

    async def start(page: Page) -> tuple[Customer, Locator]:
        workspace.set_undo(0)
        customer, _, conversation = begun("Snippets")
        await opened(page, conversation)
        await write(page, "")
        return customer, page.get_by_role("textbox", name="Text")

    return start


async def test_a_snippet_is_found_by_a_slash_filled_and_sent(page: Page, begin: Any, kept: None) -> None:
    customer, field = await begin(page)
    await field.press_sequentially("Hello! /")
    find = page.get_by_role("combobox", name="Find a snippet")
    await expect(find).to_be_focused()
    await find.press_sequentially("ship")
    await expect(page.get_by_role("option")).to_have_count(1)
    await find.press("Enter")
    await expect(find).to_be_hidden()
    filled = f"Hello! Dear {customer.name.split()[0]}, it left."
    await expect(field).to_have_text(filled)
    await page.get_by_role("button", name="Send", exact=True).click()
    assert " ".join(text_of(customer.received()).split()) == filled


async def test_what_nothing_is_known_for_is_named_and_nothing_is_put_in(
    page: Page, workspace: Any, begin: Any, kept: None, no_violations: Any
) -> None:
    with workspace.logged_in(workspace.agent) as client:
        client.patch("/me", json={"meeting_url": ""}).raise_for_status()
    _, field = await begin(page)
    await field.press_sequentially("/")
    find = page.get_by_role("combobox", name="Find a snippet")
    await find.press_sequentially("meet")
    await find.press("Enter")
    await expect(page.get_by_text("Nothing is known for: agent.meeting_url.")).to_be_visible()
    await no_violations(page)
    await find.press("Escape")
    await expect(find).to_be_hidden()
    await expect(field).to_have_text("/meet")
    await field.press("ControlOrMeta+a")
    await field.press_sequentially("See you at {{agent.meeting_url}}")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Fill in or delete: agent.meeting_url.")


@pytest.mark.parametrize("text", ["1 / 2", "in /home/zofia", "either/or", "and/"])
async def test_a_slash_that_asks_for_no_snippet_is_typed_like_any_other_character(
    page: Page, begin: Any, kept: None, text: str
) -> None:
    _, field = await begin(page)
    for character in text:
        await page.keyboard.type(character)
        await page.wait_for_timeout(80)  # as fast as people type: windows come and go between two characters
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(field).to_have_text(text)
    await expect(field).to_be_focused()


async def test_escape_leaves_the_slash(page: Page, begin: Any, kept: None) -> None:
    _, field = await begin(page)
    await field.press_sequentially("a /")
    await expect(page.get_by_role("combobox", name="Find a snippet")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(field).to_be_focused()
    await page.keyboard.type("b")
    await expect(field).to_have_text("a /b")


async def test_a_first_message_takes_snippets_too_even_from_who_is_faster_than_they_come(
    page: Page, workspace: Any, kept: None
) -> None:
    async def late(route: Route) -> None:
        await asyncio.sleep(1)
        await route.continue_()

    await page.route("**/snippets?*", late)
    customer = Customer(workspace.live)
    await page.goto("/inbox/all_open")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New conversation")
    to = dialog.get_by_role("combobox", name="To", exact=True)
    await expect(to).to_be_focused()
    await to.fill(f"{customer.name} <{customer.address}>")
    await to.press("Enter")
    await dialog.get_by_label("Subject").fill("Your parcel")
    field = dialog.get_by_role("textbox", name="Text")
    await field.click()
    await field.press_sequentially("/")
    find = page.get_by_role("combobox", name="Find a snippet")
    await expect(find).to_be_focused()
    await find.press_sequentially("shipped")
    await find.press("Enter")  # perhaps before the snippets were read
    await expect(field).to_have_text(f"Dear {customer.name.split()[0]}, it left.")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog).to_be_hidden()
    assert "it left." in text_of(customer.received())
