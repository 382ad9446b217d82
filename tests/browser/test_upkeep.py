"""What is kept in order by hand: addresses, properties, pipelines, invitations; and what others do shows."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from local_runtime.journey import Customer

Check = Callable[[Page], Awaitable[None]]


async def test_an_address_of_another_contact_leads_to_merging_the_two(
    page: Page, workspace: Any, no_violations: Check
) -> None:
    tag = uuid4().hex[:6]
    customer = Customer(workspace.live, f"Iga {tag}")
    customer.writes(workspace.desk.address(), f"Two of me {tag}", "Hello.")
    contact = workspace.desk.conversation_of(customer)["contact"]
    other = workspace.desk.do("POST", "/contacts", {"name": f"Iga Work {tag}", "addresses": [f"iga-{tag}@work.test"]})
    await page.goto(f"/contacts/{contact['id']}")
    addresses = page.get_by_role("list", name="Addresses")
    opener = page.get_by_role("button", name="Add an address")
    field = page.get_by_role("textbox", name="E-mail address")

    await opener.click()
    await field.fill(f"iga-{tag}@home.test")
    await field.press("Enter")
    await expect(addresses.get_by_role("listitem")).to_have_count(2)
    await opener.click()
    await field.fill(f"iga-{tag}@work.test")
    await field.press("Enter")
    await expect(page.get_by_role("link", name=f"Iga Work {tag} has this address.")).to_be_visible()
    await no_violations(page)
    await page.get_by_role("button", name="Merge the two").click()
    dialog = page.get_by_role("dialog", name="Merge with another contact")
    await expect(dialog.get_by_role("region", name="How it will look")).to_contain_text(f"iga-{tag}@work.test")
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await expect(addresses.get_by_role("listitem")).to_have_count(3)
    await expect(dialog).to_be_hidden()

    await addresses.get_by_role("button", name=f"Remove {customer.address}").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove the address").click()
    await expect(addresses.get_by_role("listitem")).to_have_count(2)
    card = workspace.desk.get(f"/contacts/{contact['id']}")
    assert (card["handle"], card["merged_ids"]) == (f"iga-{tag}@home.test", [other["id"]])
    await page.get_by_role("tab", name="Timeline").click()
    await expect(page.get_by_text(f"Address removed: {customer.address}")).to_be_visible()


async def test_a_property_is_renamed_and_deleted_and_a_pipeline_with_tickets_stays(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    page, tag = admin_page, uuid4().hex[:6]
    workspace.desk.do("POST", "/contact-properties", {"name": f"Plan {tag}", "kind": "choice", "choices": ["Pro"]})
    await page.goto("/settings/properties")
    await page.get_by_role("button", name=f"Edit: Plan {tag}").click()
    dialog = page.get_by_role("dialog")
    await no_violations(page)
    await dialog.get_by_label("Name").fill(f"Tier {tag}")
    await dialog.get_by_label("Choices").fill("Free\nPro")
    await dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("listitem").filter(has_text=f"Tier {tag}")
    await expect(row).to_contain_text("Free and Pro")
    await row.get_by_role("button", name=f"Delete: Tier {tag}").click()
    await no_violations(page)
    await dialog.get_by_role("button", name="Delete").click()
    await expect(row).to_be_hidden()

    stages = [{"name": "Asked"}, {"name": "Paid", "kind": "closed"}]
    made = workspace.desk.do("POST", "/pipelines", {"name": f"Returns {tag}", "stages": stages})
    workspace.desk.do("POST", "/tickets", {"title": f"T {tag}", "pipeline_id": made["id"]})
    workspace.desk.do("POST", "/pipelines", {"name": f"Empty {tag}", "stages": stages})
    await page.goto("/settings/pipelines")
    await page.get_by_role("button", name=f"Delete: Returns {tag}").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("There are tickets in this pipeline, so it stays.")
    await no_violations(page)
    await dialog.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name=f"Delete: Empty {tag}").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text(f"Empty {tag}", exact=True)).to_be_hidden()
    await expect(page.get_by_text(f"Returns {tag}", exact=True)).to_be_visible()


async def test_an_invitation_that_waits_is_shown_and_sent_again(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    name, email = f"Nina {uuid4().hex[:6]}", f"{uuid4().hex[:8]}@agents.test"
    made = workspace.desk.do("POST", "/agents", {"name": name, "email": email, "role": "agent"})
    await admin_page.goto("/settings/agents")
    row = admin_page.get_by_role("listitem").filter(has_text=name)
    await expect(row).to_contain_text("invitation good until")
    await expect(admin_page.get_by_role("listitem").filter(has_text="Ada Lovelace")).to_contain_text(
        "open conversation"
    )
    await no_violations(admin_page)
    await row.get_by_role("button", name=f"Send again: {name}").click()
    await admin_page.get_by_role("dialog").get_by_role("button", name="Send the invitation").click()
    await expect(admin_page.get_by_text(f"The invitation to {email} is on its way.")).to_be_visible()
    workspace.desk.do("PATCH", f"/agents/{made['id']}", {"deactivated": True})


async def test_companies_and_tickets_without_conversations_change_where_they_are_shown(
    admin_page: Page, workspace: Any
) -> None:
    page, tag = admin_page, uuid4().hex[:6]
    await page.goto("/companies")
    await expect(page.get_by_role("heading", name="Companies")).to_be_visible()
    made = workspace.desk.do("POST", "/companies", {"name": f"Aalto {tag}"})
    await page.get_by_role("link", name=re.compile(f"Aalto {tag}")).click()
    await expect(page.get_by_role("heading", name=f"Aalto {tag}")).to_be_visible()
    workspace.desk.do("PATCH", f"/companies/{made['id']}", {"name": f"Alvar {tag}"})
    await expect(page.get_by_role("heading", name=f"Alvar {tag}")).to_be_visible()

    await page.goto("/tickets")
    await expect(page.get_by_role("heading", name="Tickets")).to_be_visible()
    ticket = workspace.desk.do("POST", "/tickets", {"title": f"Alone {tag}"})
    row = page.get_by_role("list", name="Tickets").get_by_role("link", name=re.compile(f"Alone {tag}"))
    await expect(row).to_contain_text("New")
    workspace.desk.do("PATCH", f"/tickets/{ticket['id']}", {"priority": "urgent"})
    await expect(row).to_contain_text("Urgent")
