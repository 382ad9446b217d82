"""Two administrators in the settings at once: each sees what the other does, and neither undoes it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Page, Response, Route, expect

from local_runtime.live import eventually

Check = Callable[[Page], Awaitable[None]]
PASSWORD: Final = "correct horse battery"


def a_rule(name: str) -> dict[str, Any]:
    test = {"kind": "test", "fact": "message.subject", "operator": "contains", "value": uuid4().hex}
    then = [{"kind": "add_labels", "labels": ["orders"]}]
    return {"id": str(uuid4()), "name": name, "when": {"kind": "all", "of": [test]}, "then": then}


@pytest.fixture
def rules(workspace: Any) -> Iterator[Callable[..., list[str]]]:
    """`rules(a, b)` drafts these; without any it gives the names of those that are drafted. As before afterwards."""
    before = workspace.desk.get("/rules")["rules"]

    def names() -> list[str]:
        return [one["name"] for one in workspace.desk.get("/rules")["rules"]]

    def draft(*those: dict[str, Any]) -> list[str]:
        if those:
            wanted = [one["name"] for one in (*before, *those)]
            workspace.desk.do("PUT", "/rules", {"rules": [*before, *those]})
            eventually(lambda: names() == wanted, "the drafted rules")
        return names()

    yield draft
    workspace.desk.do("PUT", "/rules", {"rules": before})


@pytest.fixture
def grace(workspace: Any) -> dict[str, str]:
    """Another administrator."""
    who = {"name": "Grace Hopper", "email": f"grace-{uuid4().hex[:8]}@postroom.localhost", "password": PASSWORD}
    workspace.desk.do("POST", "/agents", {**who, "role": "administrator"})
    return who


@pytest_asyncio.fixture(loop_scope="session")
async def other_page(new_page: Any, grace: dict[str, str]) -> Page:
    """Of the other administrator."""
    page: Page = await new_page(None, path="/login")
    await page.get_by_label("E-mail").fill(grace["email"])
    await page.get_by_label("Password").fill(grace["password"])
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("navigation").first).to_be_visible()
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def stale() -> AsyncIterator[Callable[[Page], Awaitable[None]]]:
    """`await stale(page)`: the page reads no rules any more until one of its writes was answered."""
    written = asyncio.Event()

    async def hold(route: Route) -> None:
        if route.request.method == "GET":
            await written.wait()
        await route.continue_()

    def answered(response: Response) -> None:
        if response.request.method == "PUT" and response.url.endswith("/rules"):
            written.set()

    async def make(page: Page) -> None:
        page.on("response", answered)
        await page.route("**/api/v1/rules", hold)

    yield make
    written.set()


async def test_rules_of_another_administrator_come_by_themselves(
    admin_page: Page, other_page: Page, rules: Any, no_violations: Check
) -> None:
    mine, theirs = a_rule(f"Mine {uuid4().hex[:6]}"), a_rule(f"Theirs {uuid4().hex[:6]}")
    rules(mine)
    for page in (admin_page, other_page):
        await page.goto("/settings/rules")
        await expect(page.get_by_role("link", name=mine["name"])).to_be_visible()
    rules(mine, theirs)
    for page in (admin_page, other_page):
        await expect(page.get_by_role("link", name=theirs["name"])).to_be_visible()
    await other_page.get_by_role("button", name=f"Delete: {mine['name']}").click()
    await other_page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(admin_page.get_by_role("link", name=mine["name"])).to_have_count(0)
    await expect(admin_page.get_by_role("link", name=theirs["name"])).to_be_visible()
    await no_violations(admin_page)


async def test_a_stale_list_of_rules_undoes_nothing_and_says_so(
    admin_page: Page, other_page: Page, rules: Any, stale: Any, no_violations: Check
) -> None:
    mine, theirs = a_rule(f"Mine {uuid4().hex[:6]}"), a_rule(f"Theirs {uuid4().hex[:6]}")
    rules(mine)
    await admin_page.goto("/settings/rules")
    await expect(admin_page.get_by_role("link", name=mine["name"])).to_be_visible()
    await stale(admin_page)
    rules(mine, theirs)
    await other_page.goto("/settings/rules")
    await expect(other_page.get_by_role("link", name=theirs["name"])).to_be_visible()
    await expect(admin_page.get_by_role("link", name=theirs["name"])).to_have_count(0)
    await admin_page.get_by_role("button", name=f"Delete: {mine['name']}").click()
    dialog = admin_page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Somebody changed the rules meanwhile.")
    assert rules()[-2:] == [mine["name"], theirs["name"]], "nothing was undone"
    await no_violations(admin_page)
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(admin_page.get_by_role("link", name=theirs["name"])).to_be_visible()
    await admin_page.get_by_role("button", name=f"Delete: {mine['name']}").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(other_page.get_by_role("link", name=mine["name"])).to_have_count(0)
    assert rules()[-1] == theirs["name"] and mine["name"] not in rules()


async def test_a_rule_that_two_change_is_what_both_made_of_it_and_one_that_is_gone_is_made_anew(
    admin_page: Page, rules: Any, workspace: Any, no_violations: Check
) -> None:
    page, rule = admin_page, a_rule(f"Orders {uuid4().hex[:6]}")

    def drafted() -> list[tuple[str, Any]]:
        found = workspace.desk.get("/rules")["rules"]
        return [(one["name"], one.get("stop", False)) for one in found if one["id"] == rule["id"]]

    rules(rule)
    await page.goto(f"/settings/rules/{rule['id']}")
    await page.get_by_label("Name", exact=True).fill("All orders")
    rules({**rule, "stop": True})
    await expect(page.get_by_role("switch", name="Stop here")).to_be_checked()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("All orders")
    await page.get_by_role("button", name="Save in the draft").click()
    await expect(page).to_have_url(re.compile("/settings/rules$"))
    assert drafted() == [("All orders", True)]
    await page.goto(f"/settings/rules/{rule['id']}")
    await page.get_by_label("Name", exact=True).fill("Every order")
    rules(a_rule("Another one"))
    assert drafted() == []
    save = page.get_by_role("button", name="Save in the draft")
    await save.click()
    await expect(page.get_by_role("alert").filter(has_text="Somebody deleted this rule meanwhile.")).to_be_visible()
    assert drafted() == []
    await no_violations(page)
    await save.click()
    await expect(page).to_have_url(re.compile("/settings/rules$"))
    assert drafted() == [("Every order", True)]


async def test_a_filter_that_somebody_changed_meanwhile_is_not_changed_back_unseen(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    page, value = admin_page, f"{uuid4().hex[:8]}.test"
    before = workspace.desk.get("/email-filters")["filters"]

    def noted(note: str) -> None:
        kept = [
            {**one, "note": note} for one in workspace.desk.get("/email-filters")["filters"] if one["value"] == value
        ]
        made = kept or [{"kind": "block", "field": "domain", "value": value, "note": note}]
        workspace.desk.do("PUT", "/email-filters", {"filters": [*before, *made]})

    noted("Since May")
    await page.goto("/settings/filters")
    await page.get_by_role("listitem").filter(has_text=value).get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit the filter")
    await dialog.get_by_label("Note").fill("Mine")
    noted("Theirs")
    await expect(page.get_by_text("Theirs")).to_be_attached()
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Somebody changed this filter meanwhile.")
    await no_violations(page)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    assert "Mine" in [one["note"] for one in workspace.desk.get("/email-filters")["filters"]]
    workspace.desk.do("PUT", "/email-filters", {"filters": before})


async def test_an_inbox_that_two_change_is_what_both_made_of_it(
    admin_page: Page, other_page: Page, workspace: Any, no_violations: Check
) -> None:
    made = workspace.desk.do("POST", "/inboxes", {"name": f"Office {uuid4().hex[:6]}"})
    address = f"/settings/inboxes/{made['id']}"
    for page in (admin_page, other_page):
        await page.goto(address)
    name, days = admin_page.get_by_label("Name", exact=True), admin_page.get_by_label("Days in which")
    await name.fill("Back office")
    await other_page.get_by_label("Days in which").fill("21")
    await other_page.get_by_role("button", name="Save", exact=True).click()
    await expect(days).to_have_value("21")
    await expect(name).to_have_value("Back office")
    await other_page.get_by_label("Name", exact=True).fill("Front office")
    await other_page.get_by_role("button", name="Save", exact=True).click()
    said = admin_page.get_by_role("alert").filter(has_text="Somebody else changed the same meanwhile.")
    await expect(said).to_be_visible()
    await expect(name).to_have_value("Back office")
    await no_violations(admin_page)
    await admin_page.get_by_role("button", name="Discard").click()
    await expect(name).to_have_value("Front office")
    await expect(said).to_be_hidden()
    now = next(one for one in workspace.desk.get("/inboxes")["items"] if one["id"] == made["id"])
    assert (now["name"], now["reopen_days"]) == ("Front office", 21)
    workspace.desk.do("PATCH", f"/inboxes/{made['id']}", {"archived": True})


async def test_what_is_wrong_is_said_in_the_language_of_the_page(
    other_page: Page, workspace: Any, grace: dict[str, str], no_violations: Check
) -> None:
    page = other_page
    workspace.speak("pl", grace)
    await page.goto("/settings/agents")
    await page.get_by_role("button", name="Zaproś agenta").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Imię i nazwisko").fill("Jan")
    await dialog.get_by_label("Adres e-mail").fill("jan..kowalski@acme.test")
    await dialog.get_by_role("button", name="Wyślij zaproszenie").click()
    await expect(dialog.get_by_text("To nie jest adres e-mail. Napisz go tak: ada@acme.example.")).to_have_count(1)
    await expect(dialog.get_by_role("alert").filter(has_text="Coś w formularzu się nie zgadza.")).to_be_visible()
    await no_violations(page)
