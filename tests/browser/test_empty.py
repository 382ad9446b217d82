"""Whoever has nothing yet is told at each place what goes there, and offered what can be done."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]


async def test_every_empty_place_of_the_inbox_says_what_goes_there_and_offers_one_thing_to_do(
    new_page: NewPage, workspace: Any, no_violations: Check
) -> None:
    password = workspace.agent["password"]
    for view in workspace.desk.get("/views")["items"]:
        if view["shared"]:
            workspace.desk.do("DELETE", f"/views/{view['id']}")
    new = {"name": "Nora New", "email": f"nora-{uuid4().hex[:6]}@postroom.localhost", "role": "agent"}
    made = workspace.desk.do("POST", "/agents", {**new, "password": password})
    page = await new_page(None, path="/inbox/all_open")
    await page.get_by_label("E-mail").fill(new["email"])
    await page.get_by_label("Password").fill(password)
    await page.keyboard.press("Enter")
    conversations = page.get_by_role("region", name="Conversations")
    await expect(conversations).to_contain_text("No open conversations.")
    await expect(page.get_by_text("Choose a conversation, or press J and K")).to_be_visible()
    await no_violations(page)
    await conversations.get_by_role("button", name="New conversation").last.click()
    dialog = page.get_by_role("dialog", name="New conversation")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    views = page.get_by_role("navigation", name="Views")
    await expect(views).to_contain_text("Filter a list and save it as a view.")
    await views.get_by_role("button", name="Save this list as a view").last.click()
    await expect(page.get_by_role("dialog", name="Save as view")).to_be_visible()
    await page.keyboard.press("Escape")
    await views.get_by_role("link", name="Mine").click()
    await conversations.get_by_role("link", name="Show all open").click()
    await expect(page).to_have_url(re.compile("/inbox/all_open"))

    await page.get_by_role("button", name="Notifications: nothing unread").click()
    bell = page.get_by_role("dialog", name="Notifications")
    await expect(bell).to_contain_text("What concerns you is told here")
    await no_violations(page)
    await bell.get_by_role("link", name="Choose what you are told of").click()
    await expect(page.get_by_role("heading", name="Notifications", exact=True)).to_be_visible()
    workspace.desk.do("PATCH", f"/agents/{made['id']}", {"deactivated": True})
