"""The first journey: an agent logs in, a mail arrives before their eyes, is opened, read and answered."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from local_runtime.journey import Customer

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]


async def test_the_first_log_in_leads_to_a_mail_that_just_came_and_is_answered(
    new_page: NewPage, workspace: Any, no_violations: Check
) -> None:
    page = await new_page(None, path="/")
    await page.get_by_label("E-mail").fill(workspace.agent["email"])
    await page.get_by_label("Password").fill(workspace.agent["password"])
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name=re.compile("^All open")).click()
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()

    subject = f"Is the lamp {uuid4().hex[:6]} in stock?"
    customer = Customer(workspace.live, "Zofia Nowak")
    customer.writes(workspace.desk.address(), subject, "I would like two of them.")
    row = page.get_by_role("link").filter(has_text=subject)
    await expect(row).to_be_visible()
    await no_violations(page)

    await row.click()
    await expect(page.get_by_role("article")).to_contain_text("I would like two of them.")
    await page.keyboard.press("r")
    field = page.get_by_role("textbox", name="Text")
    await expect(field).to_be_focused()
    await field.press_sequentially("Yes, two are here.")
    await page.keyboard.press("ControlOrMeta+Enter")
    await expect(page.get_by_role("article", name="Message by Ada Lovelace")).to_contain_text("Yes, two are here.")
    body = customer.received().get_body(("plain",))
    assert body is not None and "Yes, two are here." in body.get_content()
