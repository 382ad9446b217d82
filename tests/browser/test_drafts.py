"""One agent in two windows: what is written, sent or thrown away in one shows in the other, and no text is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from local_runtime.journey import text_of
from local_runtime.live import eventually

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Text")


async def answered(page: Page, text: str) -> None:
    await expect(page.get_by_role("article", name="Message by Ada Lovelace").filter(has_text=text)).to_be_visible()


@pytest.fixture
def drafted(write: Any) -> Callable[[Page, str], Awaitable[None]]:
    """A reply, typed and kept by the server."""

    async def type_it(page: Page, text: str) -> None:
        await write(page, text)
        await expect(page.get_by_text("Draft saved")).to_be_visible()

    return type_it


@pytest.fixture
def at_once(workspace: Any) -> None:
    workspace.set_undo(0)


async def test_a_draft_follows_its_agent_from_window_to_window_and_is_gone_from_both_once_it_was_sent(
    new_page: NewPage, workspace: Any, begun: Any, opened: Any, drafted: Any, at_once: None
) -> None:
    customer, _, conversation = begun("Two windows")
    one, other = await new_page("agent"), await new_page("agent")
    for page in (one, other):
        await opened(page, conversation)
    await drafted(one, "It left")
    await expect(other.get_by_text("Draft", exact=True)).to_be_visible()
    await other.keyboard.press("r")
    await expect(field(other)).to_have_text("It left")
    await field(other).press_sequentially(" today.")
    await expect(field(one)).to_have_text("It left today.")
    await one.get_by_role("button", name="Send", exact=True).click()
    await answered(other, "It left today.")
    await expect(field(other)).to_be_hidden()
    await expect(other.get_by_text("Draft", exact=True)).to_be_hidden()
    assert text_of(customer.received()) == "It left today."


async def test_who_wrote_in_both_windows_is_shown_both_texts_and_says_which_stays(
    new_page: NewPage, workspace: Any, begun: Any, opened: Any, drafted: Any, at_once: None, no_violations: Check
) -> None:
    customer, _, conversation = begun("Both texts")
    one, other = await new_page("agent"), await new_page("agent")
    for page in (one, other):
        await opened(page, conversation)
    await other.keyboard.press("r")
    await expect(field(other)).to_be_focused()
    await other.context.set_offline(True)
    await field(other).press_sequentially("It is lost.")
    await drafted(one, "It left today.")
    await other.context.set_offline(False)
    asked = other.get_by_role("alert").filter(has_text="in another window, too")
    await expect(asked).to_contain_text("It left today.")
    await no_violations(other)
    await expect(field(other)).to_have_text("It is lost.")
    await other.get_by_role("button", name="Send", exact=True).click()
    await expect(other.get_by_text("Say first which text stays.")).to_be_visible()
    await expect(field(one)).to_have_text("It left today.")
    await asked.get_by_role("button", name="Keep both").click()
    await expect(asked).to_be_hidden()
    await expect(field(one)).to_contain_text("It is lost.")
    await expect(field(one)).to_contain_text("It left today.")
    await one.get_by_role("button", name="Send", exact=True).click()
    await answered(other, "It is lost.")
    said = text_of(customer.received())
    assert "It is lost." in said and "It left today." in said


async def test_a_draft_knows_after_a_reload_what_its_writer_had_not_seen_and_goes_anyway_only_by_his_word(
    page: Page, workspace: Any, begun: Any, opened: Any, drafted: Any, at_once: None
) -> None:
    customer, question, conversation = begun("Reloaded")
    await opened(page, conversation)
    await drafted(page, "It left today.")
    await page.goto("/contacts")
    subject, asked_again = f"Re: {question['Subject']}", "I have found it."
    customer.writes(workspace.desk.address(), subject, asked_again, In_Reply_To=str(question["Message-ID"]))
    eventually(lambda: len(workspace.desk.lines(conversation["id"])) == 2, "the customer's second mail")
    await page.reload()
    await opened(page, conversation)
    await expect(field(page)).to_have_text("It left today.")
    await expect(page.get_by_text("A message came while you were writing.")).to_be_visible()
    await page.get_by_role("button", name="More ways to send").click()
    await page.get_by_role("menuitem", name="Send and close").click()
    asked = page.get_by_role("alert").filter(has_text="Not sent")
    await expect(asked).to_contain_text(asked_again)
    await asked.get_by_role("button", name="Send anyway").click()
    await answered(page, "It left today.")
    assert text_of(customer.received()) == "It left today."
    closed = lambda: workspace.desk.get(f"/conversations/{conversation['id']}")["status"] == "resolved"  # noqa: E731
    eventually(closed, "the conversation closed with it, as it was asked")


async def test_what_one_answered_from_another_window_is_shown_before_a_second_answer_goes(
    new_page: NewPage, workspace: Any, begun: Any, opened: Any, drafted: Any, at_once: None
) -> None:
    _, _, conversation = begun("Answered twice")
    page = await new_page("agent")
    await opened(page, conversation)
    await drafted(page, "It left today.")
    with workspace.logged_in(workspace.agent) as client:
        reply = {"text": "It left yesterday."}
        client.post(f"/conversations/{conversation['id']}/replies", json=reply).raise_for_status()
    await expect(field(page)).to_be_hidden()
    await drafted(page, "It left today.")
    await page.context.set_offline(True)
    with workspace.logged_in(workspace.agent) as client:
        reply = {"text": "No, it is lost."}
        client.post(f"/conversations/{conversation['id']}/replies", json=reply).raise_for_status()
    await field(page).press_sequentially(" By ship.")
    await page.context.set_offline(False)
    asked = page.get_by_role("alert").filter(has_text="You sent this draft from another window.")
    discarded = page.get_by_role("alert").filter(has_text="In another window you sent this draft")
    await expect(asked.or_(discarded)).to_be_visible()
    await page.get_by_role("button", name="Keep what is here").click()
    await page.get_by_role("button", name="Send", exact=True).click()
    told = page.get_by_role("alert").filter(has_text="meanwhile you wrote here from another window")
    await expect(told).to_contain_text("No, it is lost.")
