"""What an administrator sets up: the checklist ticks itself off, a mailbox that cannot be reached says so in words."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, Route, expect

from local_runtime.journey import Customer
from local_runtime.ports import LOCALHOST, free_ports

Check = Callable[[Page], Awaitable[None]]
SET_UP = "**/api/v1/set-up"


async def test_the_checklist_is_ticked_by_what_happens(admin_page: Page, workspace: Any, no_violations: Check) -> None:
    """Other tests have done its steps already: the first answer forgets that."""
    page = admin_page

    async def undone(route: Route) -> None:
        answer = await route.fetch()
        steps = [{**step, "done": False} for step in (await answer.json())["steps"]]
        await route.fulfill(response=answer, json={"steps": steps})

    await page.route(SET_UP, undone)
    await page.goto("/inbox/all_open")
    checklist = page.get_by_role("region", name="Set up your inbox")
    await expect(checklist).to_contain_text("0 of 5 done")
    first = next(one for one in workspace.desk.get("/inboxes")["items"] if not one["archived"])
    address = checklist.get_by_role("textbox", name="Address of this inbox")
    await expect(address).to_have_value(first["fallback_address"])
    await no_violations(page)
    await page.unroute(SET_UP)
    test_mail = page.get_by_role("link", name="Send a test mail")
    await expect(test_mail).to_be_visible()
    Customer(workspace.live).writes(workspace.desk.address(), f"A test {uuid4().hex[:6]}", "Does it arrive?")
    await expect(test_mail).to_have_count(0)
    naming = page.get_by_role("link", name="Name the inbox")
    if await naming.count():
        support = workspace.desk.inbox()
        workspace.desk.do("PATCH", f"/inboxes/{support['id']}", {"name": "Support at last"})
        await expect(naming).to_have_count(0)
        workspace.desk.do("PATCH", f"/inboxes/{support['id']}", {"name": "Support"})


@pytest.fixture
def closed_port(workspace: Any) -> Iterator[int]:
    """Nobody listens there; channels that were made for it are disconnected."""
    (port,) = free_ports(1)
    yield port
    for channel in workspace.desk.get("/channels")["items"]:
        if (channel["settings"].get("imap") or {}).get("port") == port:
            workspace.desk.do("DELETE", f"/channels/{channel['id']}")


async def test_a_mailbox_that_cannot_be_reached_is_tested_hop_by_hop_and_told_of_in_the_bell(
    admin_page: Page, workspace: Any, no_violations: Check, closed_port: int
) -> None:
    page, address = admin_page, f"info-{uuid4().hex[:6]}@shop.test"
    newest = workspace.desk.get("/notifications")["items"]
    if newest:
        workspace.desk.do("PUT", "/notifications/read", {"up_to": newest[0]["id"]})
    await page.goto(f"/settings/inboxes/{workspace.desk.inbox()['id']}/connect")
    await page.get_by_label("Another mailbox, with its password").check()
    await page.get_by_label("E-mail address").fill(address)
    for part in ("Receiving", "Sending"):
        server = page.locator("section").filter(has=page.get_by_role("heading", name=part))
        await server.get_by_role("textbox", name="Server").fill(LOCALHOST)
        await server.get_by_label("Security").select_option("none")
        await server.get_by_label("Port").fill(str(closed_port))
    await page.get_by_role("textbox", name="User name").fill(address)
    await page.get_by_role("textbox", name="Password").fill("secret")
    await no_violations(page)
    await page.get_by_role("button", name="Connect and test").click()
    await expect(page.get_by_role("heading", name=f"{address} is connected")).to_be_visible()
    hops = page.get_by_role("list", name="Test")
    await expect(hops).to_contain_text("There is no connection to the server.")
    await expect(hops).to_contain_text("Check its name and port; a firewall may be in between.")
    await expect(page.get_by_role("status").filter(has_text="The mail did not make it through.")).to_be_visible()
    await no_violations(page)
    await expect(page.get_by_role("link", name="Mend the settings")).to_be_visible()

    bell = page.get_by_role("button", name=re.compile("^Notifications:"))
    await expect(bell).to_have_accessible_name("Notifications: 1 unread")
    await bell.click()
    await page.get_by_role("link", name=re.compile("A channel has trouble")).first.click()
    await expect(page).to_have_url(re.compile("/settings/inboxes/"))
    await expect(bell).to_have_accessible_name("Notifications: nothing unread")
