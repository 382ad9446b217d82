"""The thread and the composer: reading and answering, comments, undoing, failures, drafts, hostile mails."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from local_runtime.journey import Customer, text_of
from local_runtime.live import eventually

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
CORPORA = next((found for parent in Path(__file__).parents if (found := parent / "../shared/corpora").exists()), None)


async def test_a_mail_is_read_answered_and_shown_as_sent(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any, no_violations: Check
) -> None:
    workspace.set_undo(0)
    customer, _, conversation = begun()
    await opened(page, conversation)
    await expect(page.get_by_role("article")).to_contain_text("It should be here.")
    await page.get_by_role("button", name="Why here?").click()
    why = page.get_by_role("dialog", name="Why here?")
    decision = workspace.desk.get(f"/conversations/{conversation['id']}/decisions")["items"][-1]
    told = [rule["name"] for rule in decision["rules"]] or ["There were no rules then."]
    for text in told:  # other tests of this workspace may have made some
        await expect(why.get_by_text(text, exact=True).first).to_be_visible()
    await no_violations(page)
    await page.keyboard.press("Escape")
    await write(page, "It comes tomorrow.")
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    await no_violations(page)
    await page.keyboard.press("ControlOrMeta+Enter")
    sent = page.get_by_role("article", name="Message by Ada Lovelace")
    await expect(sent).to_contain_text("It comes tomorrow.")
    assert "It comes tomorrow." in text_of(customer.received())
    await expect(sent.get_by_text("Sent", exact=True)).to_be_visible()

    def read() -> bool | None:
        with workspace.logged_in(workspace.agent) as client:
            return None if client.get(f"/conversations/{conversation['id']}").json()["unread"] else True

    assert eventually(read, "the read mark", 20)


async def test_a_comment_with_a_mention_is_the_teams_only(
    page: Page, workspace: Any, begun: Any, opened: Any, no_violations: Check
) -> None:
    _, _, conversation = begun()
    await opened(page, conversation)
    await page.keyboard.press("n")
    await expect(page.get_by_text("Only your team sees this")).to_be_visible()
    await expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    field = page.get_by_role("textbox", name="Comment, seen by your team only")
    administrator = workspace.desk.get("/me")
    await field.press_sequentially(f"@{administrator['name'][:3]}")
    await expect(page.get_by_role("option", name=administrator["name"])).to_be_visible()
    await field.press("Enter")
    await field.press_sequentially("can you look?")
    await no_violations(page)
    await page.get_by_role("button", name="Add comment").click()
    comment = page.get_by_role("article", name="Internal comment by Ada Lovelace")
    await expect(comment).to_contain_text("can you look?")
    (line,) = workspace.desk.lines(conversation["id"], "comment")
    assert line["mentions"] == [administrator["id"]]


async def test_undoing_puts_the_text_back(page: Page, workspace: Any, begun: Any, opened: Any, write: Any) -> None:
    workspace.set_undo(30)
    customer, _, conversation = begun()
    await opened(page, conversation)
    await write(page, "Too early")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text(re.compile(r"Goes out in \d+ second"))).to_be_visible()
    await page.get_by_role("article").get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("textbox", name="Text")).to_have_text("Too early")
    await expect(page.get_by_text("Taken back before it was sent.")).to_be_visible()
    assert not [one for one in workspace.live.outbox() if customer.address in str(one["To"])]
    workspace.set_undo(0)


async def test_a_failed_reply_says_why_and_is_tried_again(page: Page, workspace: Any, begun: Any, opened: Any) -> None:
    """The mail server's refusal is the ledger's; the page shows it as the API gives it."""
    workspace.set_undo(0)
    _, _, conversation = begun()
    sent = workspace.desk.reply(conversation["id"], "Hello")
    tried: list[str] = []

    async def refused(route: Any) -> None:
        answer = await route.fetch()
        thread = await answer.json()
        for line in thread["items"]:
            if line["id"] == sent["id"] and not tried:
                line["delivery"] |= {"state": "failed", "reason": "550 no such user here", "can_retry": True}
        await route.fulfill(response=answer, json=thread)

    async def again(route: Any) -> None:
        tried.append(route.request.headers["idempotency-key"])
        await route.fulfill(json={**sent, "delivery": {**sent["delivery"], "state": "queued"}})

    await page.route("**/messages?*", refused)
    await page.route("**/retry", again)
    await opened(page, conversation)
    await expect(page.get_by_role("alert")).to_contain_text("This was not delivered.")
    await expect(page.get_by_role("alert")).to_contain_text("550 no such user here")
    await page.get_by_role("button", name="Retry").click()
    await expect(page.get_by_text("550 no such user here")).to_be_hidden()
    assert len(tried) == 1
    await page.unroute_all(behavior="wait")


async def test_a_draft_survives_an_ended_session_and_is_there_on_another_device(
    page: Page, new_page: NewPage, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    _, _, conversation = begun()
    await opened(page, conversation)
    await write(page, "Nothing of this")
    await page.context.clear_cookies()
    await page.keyboard.insert_text(" is lost")
    dialog = page.get_by_role("dialog", name="Your session has ended")
    await dialog.get_by_label("Password").fill(workspace.agent["password"])
    await dialog.get_by_role("button", name="Log in", exact=True).click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    other = await new_page("agent")
    await opened(other, conversation)
    await expect(other.get_by_role("textbox", name="Text")).to_have_text("Nothing of this is lost")


async def test_a_reply_over_a_newer_message_is_asked_about_and_never_sent_twice(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any, lose_answers: Any
) -> None:
    workspace.set_undo(0)
    _, _, conversation = begun()
    await opened(page, conversation)
    await write(page, "It comes tomorrow.")
    with workspace.logged_in(workspace.admin) as client:
        client.post(f"/conversations/{conversation['id']}/comments", json={"text": "wait!"}).raise_for_status()
    await page.get_by_role("button", name="Send", exact=True).click()
    newer = page.get_by_role("alert").filter(has_text="Not sent")
    await expect(newer).to_contain_text("wait!")
    await newer.get_by_role("button", name="Keep editing").click()
    await expect(page.get_by_role("textbox", name="Text")).to_have_text("It comes tomorrow.")
    keys = await lose_answers(page)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Your text is kept.")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("article", name="Message by Ada Lovelace")).to_have_count(1)
    await expect(page.get_by_role("textbox", name="Text")).to_be_hidden()
    assert len(set(keys)) == 1
    assert len([one for one in workspace.desk.lines(conversation["id"]) if one["direction"] == "out"]) == 1


async def test_a_conversation_is_begun_by_a_key_and_its_text_is_kept(
    page: Page, workspace: Any, no_violations: Check
) -> None:
    customer = Customer(workspace.live)
    await page.goto("/inbox/all_open")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New conversation")
    await dialog.get_by_role("combobox", name="To", exact=True).fill(customer.address)
    await dialog.get_by_label("Subject").fill("Your offer")
    await dialog.get_by_role("textbox", name="Text").press_sequentially("Dear Zofia")
    await expect(dialog.get_by_text("Draft saved")).to_be_visible()
    await no_violations(page)
    await dialog.get_by_label("Subject").fill("Your new offer")
    await page.reload()  # before it could be saved: it is saved on the way
    with workspace.logged_in(workspace.agent) as agent:
        eventually(lambda: agent.get("/me/draft").json()["subject"] == "Your new offer", "the last words", 30)
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    await page.keyboard.press("c")
    await expect(dialog.get_by_label("Subject")).to_have_value("Your new offer")
    await expect(dialog.get_by_role("textbox", name="Text")).to_have_text("Dear Zofia")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog).to_be_hidden()
    assert "Dear Zofia" in text_of(customer.received())


@pytest.mark.parametrize("dark", [False, True])
async def test_a_thread_is_usable_at_360_pixels(
    new_page: NewPage, workspace: Any, begun: Any, opened: Any, no_violations: Check, dark: bool
) -> None:
    _, _, conversation = begun()
    page = await new_page("agent", width=360, dark=dark)
    await opened(page, conversation)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= 360")
    await page.get_by_role("button", name="Reply", exact=True).click()
    await expect(page.get_by_role("textbox", name="Text")).to_be_visible()
    assert await page.evaluate("() => document.documentElement.scrollWidth <= 360")
    await no_violations(page)


async def test_from_to_and_cc_of_a_message_are_told_apart_also_where_it_was_a_blind_copy(
    page: Page, workspace: Any, opened: Any, no_violations: Check
) -> None:
    customer, address = Customer(workspace.live), workspace.desk.address()
    mail = customer.mail(f"Shop <{address}>", "To two of you", "Hello.", Cc="Carla <carla@client.test>")
    workspace.live.send(mail, customer.address, address)
    conversation = workspace.desk.conversation_of(customer)
    again = customer.mail(
        "undisclosed-recipients:;", "Re: To two of you", "Aside.", In_Reply_To=str(mail["Message-ID"])
    )
    workspace.live.send(again, customer.address, address)
    eventually(lambda: len(workspace.desk.lines(conversation["id"])) == 2, "the blind copy")
    await opened(page, conversation)
    first, second = (page.get_by_role("article").nth(number) for number in (0, 1))
    await expect(first).to_contain_text(customer.address)
    button = first.get_by_role("button", name="Addresses and date")
    await expect(button).to_contain_text("to Shop · Cc Carla")
    await button.click()
    await expect(first.get_by_role("definition").filter(has_text="Carla <carla@client.test>")).to_be_visible()
    await second.get_by_role("button", name="Addresses and date").click()
    await expect(second.get_by_role("definition").filter(has_text=customer.address)).to_be_visible()
    await no_violations(page)
