"""One agent at two pages, and an agent beside others: what is changed elsewhere is seen without a reload."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from local_runtime.journey import Customer

NewPage = Callable[..., Awaitable[Page]]
Done = Callable[[Page, str, Callable[[], Awaitable[object]]], Awaitable[None]]
AS_CHOSEN = {"theme": "system", "density": "comfortable", "sidebar_folded": []}


@pytest.fixture
def agents_api(workspace: Any) -> Iterator[Any]:
    """The API as the agent uses it from another device; how things look is afterwards as it was."""
    with workspace.logged_in(workspace.agent) as api:
        yield api
        api.patch("/me/preferences", json=AS_CHOSEN).raise_for_status()


async def test_availability_and_looks_follow_the_agent_from_page_to_page(
    new_page: NewPage, agents_api: Any, done: Done
) -> None:
    one, other = await new_page(path="/inbox/mine"), await new_page(path="/inbox/mine")
    switches = [page.get_by_role("switch", name="Available for new conversations") for page in (one, other)]
    await expect(switches[1]).to_be_visible()
    before = str(await switches[1].get_attribute("aria-checked"))
    await done(one, "/me/availability", switches[0].click)
    await expect(switches[1]).not_to_have_attribute("aria-checked", before)
    await done(other, "/me/availability", switches[1].click)
    await expect(switches[0]).to_have_attribute("aria-checked", before)

    await one.get_by_role("button", name=re.compile("profile and settings")).click()
    await done(one, "/me/preferences", one.get_by_role("menuitemradio", name="Dark").click)
    await expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    await one.get_by_role("button", name="Newest").click()
    await done(one, "/me/preferences", one.get_by_role("menuitemradio", name="Compact").click)
    await other.get_by_role("button", name="Newest").click()
    await expect(other.get_by_role("menuitemradio", name="Compact")).to_have_attribute("aria-checked", "true")


async def test_what_is_folded_beside_a_conversation_is_folded_on_every_device(
    page: Page, new_page: NewPage, begun: Any, opened: Any, agents_api: Any, done: Done
) -> None:
    conversation, other = begun("Fold").conversation, await new_page()
    for one in (page, other):
        await opened(one, conversation)
    company = [
        one.get_by_role("complementary").get_by_role("button", name="Company", exact=True) for one in (page, other)
    ]
    await expect(company[1]).to_have_attribute("aria-expanded", "true")
    await done(page, "/me/preferences", company[0].click)
    await expect(company[1]).to_have_attribute("aria-expanded", "false")
    assert agents_api.get("/me/preferences").json()["sidebar_folded"] == ["company"]


async def test_saved_views_labels_and_inboxes_come_and_go_where_they_are_shown(
    page: Page, new_page: NewPage, workspace: Any, agents_api: Any
) -> None:
    tag = uuid4().hex[:6]
    await page.goto("/inbox/all_open")
    views = page.get_by_role("navigation", name="Views")
    await expect(views.get_by_role("link", name="All open")).to_be_visible()
    made = agents_api.post("/views", json={"name": f"Late {tag}", "filter": {"label": ["late"]}}).json()
    await expect(views.get_by_role("link", name=f"Late {tag}")).to_be_visible()
    ours = workspace.desk.do("POST", "/views", {"name": f"Ours {tag}", "shared": True})
    await expect(views.get_by_role("link", name=f"Ours {tag}")).to_be_visible()
    workspace.desk.do("DELETE", f"/views/{ours['id']}")
    await expect(views.get_by_role("link", name=f"Ours {tag}")).to_have_count(0)
    agents_api.patch(f"/views/{made['id']}", json={"name": f"Later {tag}"}).raise_for_status()
    await expect(views.get_by_role("link", name=f"Later {tag}")).to_be_visible()
    agents_api.delete(f"/views/{made['id']}").raise_for_status()
    await expect(views.get_by_role("link", name=f"Later {tag}")).to_have_count(0)

    inbox = workspace.desk.do("POST", "/inboxes", {"name": f"Repairs {tag}"})
    members = [*inbox["member_ids"], workspace.agent["id"]]
    workspace.desk.do("PATCH", f"/inboxes/{inbox['id']}", {"member_ids": members})
    await page.get_by_role("button", name="Inbox All inboxes").click()
    await expect(page.get_by_role("menuitemradio", name=f"Repairs {tag}")).to_be_visible()
    workspace.desk.do("PATCH", f"/inboxes/{inbox['id']}", {"archived": True})
    await expect(page.get_by_role("menuitemradio", name=f"Repairs {tag}")).to_have_count(0)

    labels = await new_page(path="/settings/labels")
    await expect(labels.get_by_role("heading", name="Labels")).to_be_visible()
    label = workspace.desk.do("POST", "/labels", {"name": f"Fragile {tag}"})
    await expect(labels.get_by_text(f"Fragile {tag}", exact=True)).to_be_visible()
    workspace.desk.do("DELETE", f"/labels/{label['id']}")
    await expect(labels.get_by_text(f"Fragile {tag}", exact=True)).to_have_count(0)


async def test_a_mail_that_is_kept_out_appears_among_the_filtered_and_says_when_it_was_let_in(
    admin_page: Page, workspace: Any
) -> None:
    customer, subject = Customer(workspace.live, "Barbara Blocked"), f"Let me in {uuid4().hex[:6]}"
    contact = workspace.desk.do("POST", "/contacts", {"name": customer.name, "addresses": [customer.address]})
    workspace.desk.do("PUT", f"/contacts/{contact['id']}/block")
    await admin_page.goto("/inbox/filtered")
    await expect(admin_page.get_by_role("heading", name="Filtered", exact=True)).to_be_visible()
    customer.writes(workspace.desk.address(), subject, "Please.")
    row = admin_page.get_by_role("listitem").filter(has_text=subject)
    await expect(row).to_contain_text("Kept out: the contact is blocked")
    [kept] = [one for one in workspace.desk.get("/filtered-messages")["items"] if one["subject"] == subject]
    workspace.desk.do("POST", f"/filtered-messages/{kept['id']}/admit")
    await expect(row).to_contain_text("Let in")


async def test_a_card_is_kept_true_on_its_page_in_the_list_and_beside_a_conversation(
    page: Page, new_page: NewPage, begun: Any, opened: Any, workspace: Any
) -> None:
    tag = uuid4().hex[:6]
    conversation = begun("My card", name=f"Cora {tag}").conversation
    path = f"/contacts/{conversation['contact']['id']}"
    beside, people = await new_page(), await new_page(path="/contacts")
    await page.goto(path)
    await expect(page.get_by_role("heading", name=f"Cora {tag}")).to_be_visible()
    await opened(beside, conversation)
    side = beside.get_by_role("complementary", name="About the customer")
    await expect(side.get_by_role("link", name=f"Cora {tag}")).to_be_visible()
    row = people.get_by_role("list", name="Contacts").get_by_role("link", name=re.compile(tag))
    await expect(row).to_contain_text(f"Cora {tag}")
    workspace.desk.do("PATCH", path, {"name": f"Cornelia {tag}", "phone": "+48 600 700 800"})
    await expect(page.get_by_role("heading", name=f"Cornelia {tag}")).to_be_visible()
    await expect(page.get_by_role("link", name="+48 600 700 800")).to_be_visible()
    await expect(side.get_by_role("link", name=f"Cornelia {tag}")).to_be_visible()
    shown = beside.locator(f'[data-conversation="{conversation["id"]}"]')
    await expect(shown).to_contain_text(f"Cornelia {tag}")
    await expect(row).to_contain_text(f"Cornelia {tag}")
    made = workspace.desk.do("POST", "/contacts", {"name": f"New {tag}", "addresses": [f"new-{tag}@client.test"]})
    await expect(people.get_by_role("link", name=re.compile(f"New {tag}"))).to_have_attribute(
        "href", f"/contacts/{made['id']}"
    )
