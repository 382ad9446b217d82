"""Many conversations at once in a browser: muted and heard again, and kept out with their senders."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from local_runtime.journey import Customer
from local_runtime.live import eventually

Check = Callable[[Page], Awaitable[None]]


def labelled(workspace: Any, count: int) -> tuple[str, list[Customer], list[str]]:
    """So many conversations under a label of their own: the label, who wrote, and their ids."""
    label, customers = f"many-{uuid4().hex[:6]}", [Customer(workspace.live) for _ in range(count)]
    for customer in customers:
        customer.writes(workspace.desk.address(), f"Buy now {label}", "Cheap watches!")
    ids = [workspace.desk.conversation_of(customer)["id"] for customer in customers]
    for each in ids:
        workspace.desk.do("PUT", f"/conversations/{each}/labels/{label}")
    return label, customers, ids


async def select_all(page: Page, label: str, count: int) -> None:
    await page.goto(f"/inbox/all_open?label={label}")
    rows = page.locator("[data-conversation]")
    await expect(rows).to_have_count(count)
    await rows.nth(0).locator("xpath=preceding-sibling::label").click()
    await rows.nth(count - 1).click(modifiers=["Shift"])


async def test_many_are_muted_and_heard_again(page: Page, workspace: Any, no_violations: Check) -> None:
    label, _, ids = labelled(workspace, 3)

    def muted(*wanted: bool) -> Callable[[], bool]:
        return lambda: [workspace.desk.conversation(each)["muted"] for each in ids] == list(wanted)

    for deed, so in (("Mute", True), ("Unmute", False)):
        await select_all(page, label, 3)
        bar = page.get_by_role("toolbar", name="What is selected")
        await bar.get_by_role("button", name="More").click()
        item = page.get_by_role("menuitem", name=re.compile(f"^{deed}"))
        await no_violations(page)
        await item.click()
        eventually(muted(so, so, so), deed, 20)


async def test_spam_blocks_the_sender_of_each_and_undoing_lets_them_in(page: Page, workspace: Any) -> None:
    label, customers, ids = labelled(workspace, 2)

    def blocked() -> set[str]:
        return {one["value"] for one in workspace.desk.get("/email-filters")["filters"]}

    await select_all(page, label, 2)
    await page.get_by_role("toolbar", name="What is selected").get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Spam").click()
    await page.get_by_role("option", name="Spam, and block the sender of each").click()
    await expect(page.get_by_text("2 conversations marked as spam; the senders are blocked").first).to_be_visible()
    those = {customer.address for customer in customers}
    eventually(lambda: those <= blocked(), "both blocked", 20)
    assert {workspace.desk.conversation(each)["status"] for each in ids} == {"spam"}
    await page.get_by_role("button", name="Undo").click()
    eventually(lambda: not those & blocked(), "nobody blocked", 20)
