"""Two agents on one conversation: each sees that the other looks, writes, and has written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, expect

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]


async def test_two_agents_see_each_other_and_the_slower_one_is_told_before_he_sends(
    new_page: NewPage, workspace: Any, begun: Any, opened: Any, write: Any, no_violations: Check
) -> None:
    for who in (workspace.agent, workspace.admin):
        with workspace.logged_in(who) as client:
            client.patch("/me/preferences", json={"undo_seconds": 0}).raise_for_status()
    customer, _, conversation = begun("Two of us", "When do you open?")
    other = workspace.desk.get("/me")["name"]
    ada, admin = await new_page("agent"), await new_page("admin")
    for page in (ada, admin):
        await opened(page, conversation)
    await expect(ada.get_by_role("status").get_by_text(f"{other} also here")).to_be_visible()
    await expect(admin.get_by_role("status").get_by_text("Ada Lovelace also here")).to_be_visible()
    await write(ada, "At nine.")
    await expect(admin.get_by_role("status").get_by_text("Ada Lovelace writing…")).to_be_visible()

    await write(admin, "At ten.")
    await admin.get_by_role("button", name="Send", exact=True).click()
    newer = ada.get_by_text("A message came while you were writing.")
    await expect(newer).to_be_visible()
    await no_violations(ada)
    await ada.get_by_role("button", name="Send", exact=True).click()
    asked = ada.get_by_role("alert").filter(has_text="Not sent")
    await expect(asked).to_contain_text("At ten.")
    await asked.get_by_role("button", name="Keep editing").click()
    await expect(asked).to_be_hidden()
    await expect(ada.get_by_role("textbox", name="Text")).to_have_text("At nine.")
    first = customer.received()
    await ada.get_by_role("button", name="Send", exact=True).click()
    await expect(ada.get_by_role("article", name="Message by Ada Lovelace")).to_contain_text("At nine.")
    assert [one["text"] for one in workspace.desk.lines(conversation["id"])][1:] == ["At ten.", "At nine."]
    body = customer.received(besides=first).get_body(("plain",))
    assert body is not None and body.get_content().strip() == "At nine."

    await admin.get_by_role("link", name="Unassigned").click()
    await expect(ada.get_by_text("also here")).to_have_count(0)
