"""The settings in a browser: a new inbox until its first mail, a rule until "Why here?", filters, tokens, the guard."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from local_runtime.journey import Customer
from local_runtime.live import eventually

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]


async def test_a_new_inbox_is_set_up_until_the_first_mail_to_its_address_is_there(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    page, name = admin_page, f"Returns {uuid4().hex[:6]}"
    await page.goto("/settings/inboxes")
    await page.get_by_role("button", name="New inbox").first.click()
    dialog = page.get_by_role("dialog", name="New inbox")
    await no_violations(page)
    await dialog.get_by_label("Name").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    address = await page.get_by_role("textbox", name="Address of this inbox").input_value()
    assert re.fullmatch(r"returns-[a-z0-9-]+@.+", address)

    await page.get_by_role("checkbox", name="Ada Lovelace").check()
    await page.get_by_label("Signature", exact=True).fill("{{agent.nix}}")
    await expect(page.get_by_text('There is no variable "agent.nix".')).to_be_visible()
    await page.get_by_label("Signature", exact=True).fill("Yours, {{agent.first_name}}")
    await expect(page.get_by_text("Yours, Administrator")).to_be_visible()
    await page.get_by_label("At these hours").check()
    monday = page.get_by_role("group", name="Monday")
    await monday.get_by_label("Closes").fill("08:00")
    await expect(monday.get_by_role("alert")).to_have_text("It closes before it opens.")
    await monday.get_by_label("Closes").fill("16:30")
    await no_violations(page)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("All changes are saved.")).to_be_visible()
    inbox = workspace.desk.inbox(name)
    assert workspace.agent["id"] in inbox["member_ids"]
    assert inbox["business_hours"]["weekdays"]["monday"] == [{"opens": "09:00", "closes": "16:30"}]

    customer, subject = Customer(workspace.live), f"It does not fit {uuid4().hex[:6]}"
    customer.writes(address, subject, "May I send it back?")
    conversation = workspace.desk.conversation_of(customer)
    assert conversation["inbox_id"] == inbox["id"]
    await page.goto("/inbox/all_open")
    await expect(page.locator(f'[data-conversation="{conversation["id"]}"]')).to_contain_text(subject)


async def test_a_rule_made_in_the_form_and_published_says_why_here(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    page, word = admin_page, f"order{uuid4().hex[:6]}"
    await page.goto("/settings/rules/new")
    await page.get_by_role("button", name="Save in the draft").click()
    await expect(page.get_by_text("Add what is to happen.")).to_be_visible()
    await page.get_by_label("Name").fill(f"Orders {word}")
    await page.get_by_role("textbox", name="Value").fill(word)
    await page.get_by_role("button", name="Add an action").click()
    await page.get_by_role("menuitem", name="Set the priority").click()
    await page.get_by_label("Priority", exact=True).select_option("urgent")
    await no_violations(page)
    await page.get_by_role("button", name="Save in the draft").click()

    await page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog", name="Publish these rules?")
    await expect(dialog.get_by_text(f"New: Orders {word}")).to_be_visible()
    await no_violations(page)
    await dialog.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("this is what routes")).to_be_visible()

    customer = Customer(workspace.live)
    customer.writes(workspace.desk.address(), f"About {word}", "Where is it?")
    conversation = workspace.desk.conversation_of(customer)
    assert conversation["priority"] == "urgent"
    await page.goto(f"/conversations/{conversation['id']}")
    await page.get_by_role("button", name="Why here?").first.click()
    await expect(page.get_by_text(f"Orders {word}").first).to_be_visible()


async def test_a_filter_with_a_broken_pattern_is_refused_in_place(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    page, pattern = admin_page, f"win {uuid4().hex[:6]}"
    await page.goto("/settings/filters")
    await page.get_by_role("button", name="New filter").first.click()
    dialog = page.get_by_role("dialog", name="New filter")
    await dialog.get_by_label("What is looked at").select_option("subject")
    await dialog.get_by_label("How").select_option("matches")
    await dialog.get_by_label("Value").fill(f"({pattern}")
    await dialog.get_by_role("button", name="Make the filter").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("This is no valid pattern: missing )")
    await expect(dialog.get_by_label("Value")).to_have_value(f"({pattern}")
    await no_violations(page)
    await dialog.get_by_label("Value").fill(pattern)
    await dialog.get_by_role("button", name="Make the filter").click()
    await expect(page.get_by_text(pattern)).to_be_visible()
    kept = workspace.desk.get("/email-filters")["filters"]
    assert [one["kind"] for one in kept if one["value"] == pattern] == ["block"]


async def test_what_was_typed_is_not_lost_by_a_click_elsewhere(page: Page, no_violations: Check) -> None:
    await page.goto("/settings/profile")
    await page.get_by_label("Meeting link").fill("https://meet.example/ada")
    await page.get_by_role("link", name="API tokens").click()
    asked = page.get_by_role("dialog", name="Leave without saving?")
    await expect(asked).to_be_visible()
    await no_violations(page)
    await asked.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_label("Meeting link")).to_have_value("https://meet.example/ada")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("All changes are saved.")).to_be_visible()
    await page.get_by_role("link", name="API tokens").click()
    await expect(page.get_by_role("heading", name="API tokens")).to_be_visible()


async def test_an_agent_sees_only_the_settings_that_are_an_agents(page: Page) -> None:
    await page.goto("/settings")
    menu = page.get_by_role("navigation", name="Settings")
    await expect(menu.get_by_role("link", name="Profile")).to_be_visible()
    await expect(menu.get_by_role("link", name="Labels")).to_be_visible()
    for forbidden in ("Inboxes", "Teams", "Agents", "Rules", "E-mail filters"):
        await expect(menu.get_by_role("link", name=forbidden)).to_have_count(0)


async def test_a_token_is_shown_once_and_works(admin_page: Page, workspace: Any, no_violations: Check) -> None:
    page, name = admin_page, f"Export {uuid4().hex[:6]}"
    await page.goto("/settings/tokens")
    await page.get_by_role("button", name="New token").first.click()
    await page.get_by_role("dialog").get_by_label("Name").fill(name)
    await page.get_by_role("button", name="Make the token").click()
    made = page.get_by_role("dialog", name="Your new token")
    token = await made.get_by_role("textbox", name=name).input_value()
    await no_violations(page)
    await made.get_by_role("button", name="I have copied it").click()
    bearer = {"Authorization": f"Bearer {token}"}
    answer = await page.context.request.get(f"{workspace.url}/api/v1/me", headers=bearer)
    assert answer.ok
    await page.get_by_role("listitem").filter(has_text=name).get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text(name)).to_have_count(0)
    kept = eventually(lambda: workspace.desk.get("/me/tokens"), "the tokens", 10)
    assert name not in [one["name"] for one in kept["items"]]
