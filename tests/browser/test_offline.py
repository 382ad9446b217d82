"""A desk that loses the network, or the API: what is done meanwhile waits, and all that happened is there then."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Dialog, Locator, Page, expect

from local_runtime.journey import Customer
from local_runtime.live import eventually

API = "inbox-projection"
LAST_AHEAD = "/Sheet."
"""Of what a desk fetches ahead, while nothing else is to do, the last file."""
UNREAD = re.compile("could not be (read|loaded)")
STAYS = "window.stays = true"
"""Set in the page: a reload would lose it."""


def row(page: Page, conversation: dict[str, Any]) -> Locator:
    return page.locator(f'[data-conversation="{conversation["id"]}"]')


def by(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=f"Message by {name}")


def mails_to(workspace: Any, customer: Customer) -> list[EmailMessage]:
    return [mail for mail in workspace.live.outbox() if customer.address in str(mail["To"])]


def sent_once(workspace: Any, customer: Customer, conversation: dict[str, Any]) -> None:
    customer.received()
    out = [one for one in workspace.desk.lines(conversation["id"]) if one["direction"] == "out"]
    assert (len(out), len(mails_to(workspace, customer))) == (1, 1)


async def test_offline_the_work_waits_and_back_online_all_that_happened_is_there_once(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    desk, label = workspace.desk, f"away-{uuid4().hex[:6]}"
    desk.do("POST", "/labels", {"name": label})
    answered, _, reply_to = begun("Answered offline")
    drafted, first_mail, draft_in = begun("Drafted offline")
    _, _, closed = begun("Closed by another")
    async with page.expect_event("requestfinished", lambda request: LAST_AHEAD in request.url):
        await opened(page, draft_in, "?sort=newest")
    await page.evaluate(STAYS)
    await write(page, "Begun")
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    async with (
        page.expect_response(f"**/{reply_to['id']}/answering"),
        page.expect_response(f"**/{reply_to['id']}/draft"),
    ):
        await row(page, reply_to).click()
    await expect(page.get_by_role("heading", name=reply_to["subject"])).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(1)

    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await write(page, "Written without a network.")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("waits to be sent.")).to_be_visible()
    await row(page, draft_in).click()
    text = page.get_by_role("textbox", name="Text")
    await expect(text).to_have_text("Begun")
    await page.keyboard.press("l")
    await expect(page.get_by_role("dialog", name="Labels").get_by_role("combobox")).to_be_focused()
    await page.keyboard.type(label)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(row(page, draft_in).locator(".labels")).to_have_attribute("title", label)
    await text.press("End")
    await text.press_sequentially(" and gone on")
    await expect(page.get_by_text("changes wait to be sent.")).to_be_visible()

    drafted.writes(
        desk.address(), f"Re: {first_mail['Subject']}", "Are you there?", In_Reply_To=first_mail["Message-ID"]
    )
    eventually(lambda: len(desk.lines(draft_in["id"])) == 2, "the customer's second mail")
    desk.do("POST", f"/conversations/{draft_in['id']}/comments", {"text": "She called, too."})
    desk.reply(closed["id"], "Done already.")
    desk.do("PUT", f"/conversations/{closed['id']}/labels/done-{label}")
    desk.do("PUT", f"/conversations/{closed['id']}/status", {"status": "resolved"})
    _, _, came = begun("Came meanwhile")
    assert mails_to(workspace, answered) == []
    await expect(row(page, closed)).to_be_visible()

    await page.context.set_offline(False)
    await expect(page.get_by_text("No connection.")).to_be_hidden()
    await expect(row(page, came)).to_be_visible()
    await expect(row(page, closed)).to_have_count(0)
    await expect(by(page, drafted.name)).to_have_count(2)
    await expect(page.get_by_role("article", name="Internal comment")).to_contain_text("She called, too.")
    await expect(text).to_have_text("Begun and gone on")
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    await expect(page.get_by_text(UNREAD)).to_have_count(0)
    with workspace.logged_in(workspace.agent) as agent:
        kept = agent.get(f"/conversations/{draft_in['id']}/draft").json()
    assert kept["text"] == "Begun and gone on"
    eventually(lambda: desk.conversation(draft_in["id"])["labels"] == [label], "the label", 20)
    await expect(row(page, draft_in).locator(".labels")).to_have_attribute("title", label)
    await row(page, reply_to).click()
    await expect(by(page, "Ada Lovelace")).to_have_count(1)
    await expect(by(page, "Ada Lovelace")).to_contain_text("Written without a network.")
    sent_once(workspace, answered, reply_to)
    for one in (came, draft_in, reply_to):
        await expect(row(page, one)).to_have_count(1)
    assert await page.evaluate("window.stays")


async def test_what_is_done_before_the_loss_is_noticed_waits_and_the_page_asks_before_it_is_closed(
    page: Page, workspace: Any, begun: Any, opened: Any
) -> None:
    desk = workspace.desk
    _, _, conversation = begun("Closed unheard")
    async with page.expect_event("requestfinished", lambda request: LAST_AHEAD in request.url):
        await opened(page, conversation, "?sort=newest")
    # The feed's stream stays, and all that is asked fails: a connection that died and nobody heard of it.
    await page.route("**/api/v1/**", lambda route: route.abort("connectionfailed"))
    await page.keyboard.press("e")
    banner = page.locator(".banners")
    await expect(banner).to_contain_text("No connection.")
    await expect(banner).to_contain_text("a status")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    async with page.expect_event("dialog"):
        await page.close(run_before_unload=True)
    await expect(banner).to_contain_text("Keep this page open")
    assert asked == ["beforeunload"]
    assert desk.conversation(conversation["id"])["status"] == "open"
    await page.unroute_all()
    eventually(lambda: desk.conversation(conversation["id"])["status"] == "resolved", "the close", 30)
    await expect(banner).not_to_contain_text("No connection.")
    await expect(page.get_by_text("could not be closed")).to_have_count(0)


async def test_a_new_label_shows_at_once_without_a_connection_and_is_made_with_it(
    page: Page, workspace: Any, begun: Any, opened: Any
) -> None:
    desk, label = workspace.desk, f"new-{uuid4().hex[:6]}"
    _, _, conversation = begun("Labelled offline")
    async with page.expect_event("requestfinished", lambda request: LAST_AHEAD in request.url):
        await opened(page, conversation, "?sort=newest")
    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await page.keyboard.press("l")
    await expect(page.get_by_role("dialog", name="Labels").get_by_role("combobox")).to_be_focused()
    await page.keyboard.type(label)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(row(page, conversation).locator(".labels")).to_have_attribute("title", label)
    await expect(page.get_by_text("changes wait to be sent.")).to_be_visible()
    await page.context.set_offline(False)
    eventually(lambda: desk.conversation(conversation["id"])["labels"] == [label], "the label", 20)
    names = lambda: [one["name"] for one in desk.get("/labels?limit=200")["items"]]  # noqa: E731
    eventually(lambda: label in names(), "the label among those that the team has agreed on", 20)
    await expect(row(page, conversation).locator(".labels")).to_have_attribute("title", label)


async def test_a_desk_outlives_the_death_of_the_api_and_sends_what_it_was_given_once(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    customer, _, conversation = begun("Asked before the crash")
    _, _, other = begun("Opened in the crash", "Could you help me, please?")
    address = workspace.desk.address()
    await opened(page, conversation, "?sort=newest")
    await page.evaluate(STAYS)
    await write(page, "Sent into the crash.")
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    before = workspace.live.kill(API)
    await page.get_by_role("button", name="Send", exact=True).click()
    await row(page, other).click()
    late = Customer(workspace.live)
    late.writes(address, f"Written into the crash {uuid4().hex[:6]}", "Hello?")
    eventually(lambda: workspace.live.processes()[API]["pid"] not in (None, before), "another API", 60)
    eventually(answers(workspace), "an answer of the API", 60)
    came = workspace.desk.conversation_of(late)
    await expect(row(page, came)).to_have_count(1)
    await expect(page.get_by_text("No connection.")).to_be_hidden()
    await expect(page.get_by_role("heading", name=other["subject"])).to_be_visible()
    await expect(page.get_by_role("article")).to_contain_text("Could you help me, please?")
    await expect(page.get_by_text(UNREAD)).to_have_count(0)
    await row(page, conversation).click()
    await expect(by(page, "Ada Lovelace")).to_have_count(1)
    await expect(page.get_by_role("textbox", name="Text")).to_be_hidden()
    sent_once(workspace, customer, conversation)
    assert await page.evaluate("window.stays")


def answers(workspace: Any) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            return httpx.get(f"{workspace.url}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    return ask
