"""Reports, checks and notifications in the web UI: numbers as the API gives them, and each of them can be opened."""

from __future__ import annotations

import csv
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
from playwright.async_api import Page, expect

from events.topics import INBOUND_EMAIL
from local_runtime.journey import Customer
from local_runtime.live import eventually
from service_kit.testing.log import letters, put

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
Done = Callable[[Page, str, Callable[[], Awaitable[object]]], Awaitable[None]]


def answered(workspace: Any, subject: str) -> dict[str, Any]:
    """A conversation with an answer that the reports have counted."""
    customer = Customer(workspace.live, "Rita Report")
    customer.writes(workspace.desk.address(), subject, "How long will it take?")
    conversation: dict[str, Any] = workspace.desk.conversation_of(customer)
    before = report(workspace, "first-response-time")["total"]["n"]
    workspace.desk.reply(conversation["id"], "Not long.")
    eventually(lambda: report(workspace, "first-response-time")["total"]["n"] > before, "the answer is counted", 60)
    return conversation


def report(workspace: Any, name: str, **asked: str) -> Any:
    headers = {"Authorization": f"Bearer {workspace.live.credentials['api_token']}"}
    url = f"{workspace.live.reports_url}/api/v1/reports/{name}"
    return httpx.get(url, params=asked, headers=headers, timeout=30).raise_for_status().json()


async def test_who_answers_has_the_numbers_of_the_api_and_each_opens_its_conversations(
    admin_page: Page, workspace: Any, no_violations: Check, tmp_path: Path
) -> None:
    subject = f"Counted {uuid4().hex[:6]}"
    conversation = answered(workspace, subject)
    await admin_page.goto("/reports/who-answers?period=last_7")
    table = admin_page.get_by_role("region", name="Replies by agent")
    total = table.get_by_role("row", name=re.compile("^Total"))
    counted = report(workspace, "replies-by-agent")["total"]
    await expect(total).to_contain_text(str(counted["n"]))
    numbers = [await cell.inner_text() for cell in await total.get_by_role("cell").all()]
    assert [text.strip() for text in numbers] == [str(counted["n"]), str(counted["conversations"])]
    await no_violations(admin_page)

    section = admin_page.locator("section", has=table)
    async with admin_page.expect_download() as downloading:
        await section.get_by_role("button", name="Download CSV").click()
    file = tmp_path / "who.csv"
    await (await downloading.value).save_as(file)
    head, *lines = csv.reader(file.read_text("utf-8-sig").splitlines())
    assert head == ["Agent", "agent_id", "n", "conversations"]
    by_agent = {row["group"]["agent_id"]: row["n"] for row in report(workspace, "replies-by-agent")["items"]}
    assert {line[1]: int(line[2]) for line in lines} == by_agent

    await total.get_by_role("link").first.click()
    dialog = admin_page.get_by_role("dialog", name="Replies")
    await expect(dialog.get_by_role("link", name=re.compile(subject))).to_be_visible()
    assert len(await dialog.get_by_role("row").all()) == counted["n"] + 1
    await no_violations(admin_page)
    assert "behind=" in admin_page.url
    await admin_page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await admin_page.go_back()
    await admin_page.goto("/reports/who-answers?period=last_7&team=none&by=inbox")
    await expect(admin_page.get_by_label("Team")).to_have_value("none")
    await admin_page.get_by_role("region", name="Replies by inbox").get_by_role("link").first.click()
    await dialog.get_by_role("link", name=re.compile(subject)).click()
    await expect(admin_page).to_have_url(re.compile(conversation["id"]))


async def test_how_fast_measures_as_the_api_does_and_the_histogram_opens_what_it_counted(
    new_page: NewPage, workspace: Any, no_violations: Check
) -> None:
    subject = f"Fast {uuid4().hex[:6]}"
    answered(workspace, subject)
    page = await new_page("admin", dark=True, path="/reports/how-fast")
    total = report(workspace, "first-response-time")["total"]
    card = page.get_by_role("radio", name=re.compile("First response"))
    await expect(card).to_be_checked()
    await expect(page.get_by_text(f"median of {total['n']} value").first).to_be_visible()
    await no_violations(page)
    bucket = next(name for name, count in total["histogram"].items() if count)
    row = page.get_by_role("row", name=re.compile("^Under 1 h")).first
    assert bucket == "0-1h"
    await row.get_by_role("link").click()
    dialog = page.get_by_role("dialog", name="First responses")
    await expect(dialog.get_by_role("link", name=re.compile(subject))).to_be_visible()
    assert len(await dialog.get_by_role("row").all()) == total["histogram"][bucket] + 1
    await page.keyboard.press("Escape")

    await page.get_by_text("Resolution", exact=True).click()
    await expect(page).to_have_url(re.compile("measure=resolution-time"))
    await page.get_by_role("button", name="What does this mean?").click()
    meaning = page.get_by_role("dialog", name="Around the clock")
    await expect(meaning).to_contain_text("Definition v1, version 1")
    await no_violations(page)
    await page.keyboard.press("Escape")
    await page.get_by_label("Counted").select_option(label="Until the last closing")
    await expect(page).to_have_url(re.compile("definition=v1-whole-resolution"))
    await page.get_by_role("button", name="What does this mean?").click()
    meaning = page.get_by_role("dialog", name="Until the last closing")
    await expect(meaning).to_contain_text("also where it was reopened since: each closing counts from there")
    await no_violations(page)


async def test_reports_and_checks_fit_a_phone(new_page: NewPage, no_violations: Check) -> None:
    page = await new_page("admin", width=360)
    for path, title in (
        ("/reports/who-answers", "Who answers"),
        ("/reports/how-fast?compare=1", "How fast"),
        ("/checks/messages", "Message check"),
        ("/checks/unread", "Could not be read"),
        ("/checks/audit", "Audit"),
        ("/settings/notifications", "Notifications"),
    ):
        await page.goto(path)
        await expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        await no_violations(page)


async def test_the_bell_counts_up_when_a_mail_arrives_and_leads_to_it(
    page: Page, workspace: Any, no_violations: Check
) -> None:
    with workspace.logged_in(workspace.agent) as agent:
        before = agent.get("/notifications").json()["items"]
        if before:
            agent.put("/notifications/read", json={"up_to": before[0]["id"]}).raise_for_status()
    await page.goto("/settings/notifications")
    await expect(page.get_by_role("button", name="Notifications: nothing unread")).to_be_visible()
    subject = f"Ring {uuid4().hex[:6]}"
    customer = Customer(workspace.live, "Bella Bell")
    customer.writes(workspace.desk.address(), subject, "Hello?")
    ringing = page.get_by_role("button", name="Notifications: 1 unread")
    await expect(ringing).to_be_visible()
    await expect(page).to_have_title(re.compile(r"^\(1\) "))
    await ringing.click()
    entry = page.get_by_role("link", name=re.compile(subject))
    await expect(entry).to_contain_text("New, and nobody has it yet")
    await no_violations(page)
    await entry.click()
    await expect(page).to_have_url(re.compile("/inbox/all_open/"))
    await expect(page.get_by_role("article")).to_contain_text("Hello?")
    await expect(page.get_by_role("button", name="Notifications: nothing unread")).to_be_visible()
    # While a conversation is open nothing of it is told: only afterwards the bell says whether it was read.
    await page.get_by_role("link", name="Settings").click()
    with workspace.logged_in(workspace.agent) as agent:
        conversation = workspace.desk.conversation_of(customer)
        [told] = eventually(lambda: told_of(agent, conversation), "the notification, told again", 30)
    assert told["read"]
    await expect(page.get_by_role("button", name="Notifications: nothing unread")).to_be_visible()
    await expect(page).not_to_have_title(re.compile(r"^\("))


def told_of(agent: httpx.Client, conversation: dict[str, Any]) -> list[dict[str, Any]]:
    items = agent.get("/notifications").json()["items"]
    return [one for one in items if one["conversation_id"] == conversation["id"]]


async def test_what_one_is_told_of_is_chosen_and_tried(
    page: Page, workspace: Any, no_violations: Check, done: Done
) -> None:
    await page.goto("/settings/notifications")
    box = page.get_by_role("checkbox", name="Somebody mentions you in a comment: By mail")
    await expect(box).not_to_be_checked()
    await no_violations(page)
    await box.check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("All changes are saved.")).to_be_visible()
    await page.reload()
    await expect(box).to_be_checked()
    await box.uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("All changes are saved.")).to_be_visible()

    sound = page.get_by_role("switch", name="Sound")
    await expect(sound).to_be_checked()
    await done(page, "/me/preferences", sound.click)
    await page.reload()
    await expect(sound).not_to_be_checked()
    await done(page, "/me/preferences", sound.click)
    await expect(sound).to_be_checked()

    await page.get_by_role("button", name="Send me a test mail").click()
    await expect(page.get_by_text(f"A test is on its way to {workspace.agent['email']}.")).to_be_visible()
    outbox = Path(workspace.live.settings()["POSTROOM_VAR"]) / "outbox"
    eventually(
        lambda: any(b"a test, and it arrived" in one.read_bytes() for one in outbox.glob("*.eml")), "the test", 60
    )


async def test_what_could_not_be_read_is_told_in_words_and_read_again(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    await read_wrongly(workspace)
    await admin_page.goto("/checks/unread")
    row = admin_page.get_by_role("listitem").filter(has_text="An e-mail").last
    await expect(row).to_contain_text("could not be understood")
    await expect(row).to_contain_text("MalformedEvent")
    await no_violations(admin_page)
    link = await row.get_by_role("link", name=re.compile("Raw bytes")).get_attribute("href")
    assert (await admin_page.request.get(str(link))).ok
    await row.get_by_role("button", name=re.compile("^Read again")).click()
    await expect(row).to_contain_text(re.compile("Read; it is where it belongs now|Still not:"), timeout=60_000)
    await no_violations(admin_page)

    await admin_page.goto("/checks/messages")
    await expect(admin_page.get_by_role("region", name="Message check")).to_contain_text("E-mail")
    await no_violations(admin_page)
    await admin_page.get_by_role("button", name=re.compile("^Look into it")).first.click()
    await expect(admin_page.get_by_role("dialog")).to_contain_text(
        re.compile("Copy|Filtered|Could not be read|No message of this hour is missing")
    )


async def read_wrongly(workspace: Any) -> None:
    """A copy of a record that the router cannot handle."""
    customer = Customer(workspace.live)
    customer.writes(workspace.desk.address(), "A good one", "As records should be.")
    workspace.desk.conversation_of(customer)
    records = await letters(workspace.live.kafka, INBOUND_EMAIL.name)
    good = next(one for one in records if customer.address.encode() in one.value)
    body = msgspec.json.decode(good.value)
    body["data"]["content"] = {"subject": ["not", "a", "text"]}
    headers = [(name, str(uuid4()).encode() if name == "ce_id" else value) for name, value in good.headers]
    known = len(workspace.desk.get("/quarantine", limit=200)["items"])
    await put(workspace.live.kafka, INBOUND_EMAIL.name, (headers, msgspec.json.encode(body)), partition=good.partition)
    eventually(lambda: len(workspace.desk.get("/quarantine", limit=200)["items"]) > known, "it is in quarantine")


async def test_the_audit_tells_who_did_what_and_is_filtered_by_its_address(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    await admin_page.goto("/checks/audit?kind=LoggedIn")
    table = admin_page.get_by_role("region", name="Audit")
    await expect(table.get_by_role("row").nth(1)).to_contain_text("Logged in")
    await expect(table.get_by_role("row").nth(1)).to_contain_text("127.0.0.1")
    await no_violations(admin_page)
    await admin_page.get_by_label("Who").select_option(label="Ada Lovelace")
    await expect(admin_page).to_have_url(re.compile(f"agent={workspace.agent['id']}"))
    await expect(table.get_by_role("cell", name="Ada Lovelace").first).to_be_visible()
    await admin_page.get_by_label("First day").fill("2000-01-01")
    await admin_page.get_by_label("Last day").fill("2000-01-02")
    await admin_page.get_by_label("Last day").press("Tab")
    await expect(admin_page.get_by_text("Nothing like this was done in this time.")).to_be_visible()
    await admin_page.get_by_role("button", name="Show everything").click()
    await expect(table).to_be_visible()


async def test_agents_have_no_checks(page: Page) -> None:
    await page.goto("/checks/audit")
    await expect(page.get_by_text("This page is for administrators.")).to_be_visible()
    await expect(page.get_by_role("link", name="Checks")).to_have_count(0)
