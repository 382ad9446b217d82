"""What was found is worked on like any list: it is as it is now, it is walked, selected and acted on by keys."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from local_runtime.live import eventually


async def test_what_was_found_is_as_it_is_now_and_is_walked_selected_and_acted_on(
    page: Page, workspace: Any, begun: Any
) -> None:
    desk, word = workspace.desk, f"medlar{uuid4().hex[:8]}"
    those = [begun(f"Found {number}", f"Do you sell {word}?").conversation for number in range(3)]
    eventually(lambda: len(desk.get("/search", q=word)["items"]) == 3, "the words in the search", 30)
    order = [one["id"] for one in desk.get("/search", q=word, type="conversation")["items"]]
    assert set(order) == {one["id"] for one in those}
    await page.goto(f"/inbox/search?q={word}")
    hits = [page.locator(f'[data-hit="{each}"]') for each in order]
    for hit in hits:
        await expect(hit.locator("mark")).to_have_text(word)

    desk.do("PUT", f"/conversations/{order[2]}/status", {"status": "resolved"})
    await expect(hits[2]).to_contain_text("Closed")

    await page.locator("body").focus()
    await page.get_by_role("searchbox", name="Search").blur()
    press = page.keyboard.press
    await press("j")
    await expect(hits[0]).to_be_focused()
    await press("e")
    await expect(hits[0]).to_contain_text("Closed")
    eventually(lambda: desk.conversation(order[0])["status"] == "resolved", "the close of the marked one", 20)
    assert desk.conversation(order[1])["status"] == "open"

    await press("Enter")
    await expect(page).to_have_url(re.compile(f"/inbox/search/{order[0]}"))
    await press("j")
    await expect(page).to_have_url(re.compile(f"/inbox/search/{order[1]}\\?q={word}"))
    await press("u")
    await expect(hits[1]).to_be_focused()

    await press("x")
    await press("j")
    await press("x")
    bar = page.get_by_role("toolbar", name="What is selected")
    await expect(bar).to_contain_text("2 selected")
    await expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    await bar.get_by_role("button", name="Mark as read").click()
    await expect(bar).to_be_hidden()
