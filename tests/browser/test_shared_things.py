"""What a desk shares: teams, labels and snippets are made, changed and deleted in the settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

Check = Callable[[Page], Awaitable[None]]


async def deleted(page: Page, name: str) -> None:
    await page.get_by_role("button", name=f"Delete: {name}").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text(name, exact=True)).to_have_count(0)


async def test_a_team_is_made_renamed_and_deleted(admin_page: Page, workspace: Any, no_violations: Check) -> None:
    page, name = admin_page, f"Night {uuid4().hex[:6]}"
    await page.goto("/settings/teams")
    await page.get_by_role("button", name="New team").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_role("checkbox", name="Ada Lovelace").check()
    await no_violations(page)
    await dialog.get_by_role("button", name="Make the team").click()
    row = page.get_by_role("listitem").filter(has_text=name)
    await expect(row).to_contain_text("Ada Lovelace")
    await no_violations(page)
    await row.get_by_role("button", name=f"Edit: {name}").click()
    await dialog.get_by_label("Name").fill(f"{name} shift")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text(f"{name} shift", exact=True)).to_be_visible()
    assert f"{name} shift" in [one["name"] for one in workspace.desk.get("/teams")["items"]]
    await deleted(page, f"{name} shift")


async def test_a_label_is_made_with_a_colour_renamed_and_deleted(
    page: Page, workspace: Any, no_violations: Check
) -> None:
    name = f"urgent-{uuid4().hex[:6]}"
    await page.goto("/settings/labels")
    await page.get_by_role("button", name="New label").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_role("radio", name="Green").check()
    await no_violations(page)
    await dialog.get_by_role("button", name="Make the label").click()
    await page.get_by_role("button", name=f"Edit: {name}").click()
    await dialog.get_by_label("Name").fill(f"{name}-now")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text(f"{name}-now", exact=True)).to_be_visible()
    [made] = [one for one in workspace.desk.get("/labels", limit=200)["items"] if one["name"] == f"{name}-now"]
    assert made["color"] == "green"
    await no_violations(page)
    await deleted(page, f"{name}-now")


async def test_a_snippet_is_made_with_a_variable_and_deleted(page: Page, workspace: Any, no_violations: Check) -> None:
    name = f"Thanks {uuid4().hex[:6]}"
    await page.goto("/settings/snippets")
    await page.get_by_role("link", name="New snippet").or_(page.get_by_role("button", name="New snippet")).first.click()
    await page.get_by_label("Name").fill(name)
    text = page.get_by_role("textbox", name="Text")
    await text.fill("Thank you, {{contact.nix}}!")
    await expect(page.get_by_role("alert")).to_contain_text('There is no variable "contact.nix".')
    await no_violations(page)
    await text.fill("Thank you, {{contact.first_name|friend}}!")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("button", name=f"Delete: {name}")).to_be_visible()
    await no_violations(page)
    with workspace.logged_in(workspace.agent) as api:
        [made] = [one for one in api.get("/snippets", params={"limit": 200}).json()["items"] if one["name"] == name]
    assert "{{contact.first_name|friend}}" in made["text"]
    await deleted(page, name)
