"""The frame of the web UI: logging in and out, an ended session, a lost network, keys, language, any width."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Page, Route, expect

from local_runtime.live import eventually

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
Done = Callable[[Page, str, Callable[[], Awaitable[object]]], Awaitable[None]]
APPEARANCE = "/settings/appearance"
AVAILABLE = '[role="switch"][aria-label="Available for new conversations"]'
"""Also beneath a dialog."""
AVAILABILITY = "/me/availability"


async def log_in(page: Page, email: str, password: str) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in").click()


async def test_who_is_not_logged_in_logs_in_and_comes_where_they_wanted_to_go(
    new_page: NewPage, workspace: Any, no_violations: Check
) -> None:
    page = await new_page(None, path=APPEARANCE)
    await expect(page).to_have_url(re.compile("/login"))
    await no_violations(page)
    await log_in(page, workspace.agent["email"], "not this one")
    await expect(page.get_by_role("alert")).to_contain_text("E-mail or password is wrong.")
    await log_in(page, workspace.agent["email"], workspace.agent["password"])
    await expect(page.get_by_role("heading", name="Appearance")).to_be_visible()
    await no_violations(page)


async def test_a_foreign_place_is_never_led_to_after_a_log_in(new_page: NewPage, workspace: Any) -> None:
    page = await new_page(None, path="/login?after=//evil.test/")
    await log_in(page, workspace.agent["email"], workspace.agent["password"])
    await expect(page.get_by_role("navigation", name="Main menu")).to_be_visible()
    assert page.url.startswith(workspace.url)


async def test_an_ended_session_is_renewed_over_the_page_and_what_was_asked_for_is_done(
    page: Page, workspace: Any, no_violations: Check, done: Done
) -> None:
    await page.goto(APPEARANCE)
    available = page.locator(AVAILABLE)
    await expect(available).to_be_visible()
    before = await available.get_attribute("aria-checked")
    await page.context.clear_cookies()
    await available.dispatch_event("click")  # another call may have opened the dialog already
    dialog = page.get_by_role("dialog", name="Your session has ended")
    await expect(dialog).to_be_visible()
    await no_violations(page)
    await page.keyboard.press("Escape")
    await dialog.get_by_label("Password").fill("wrong")
    await dialog.get_by_role("button", name="Log in", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await dialog.get_by_label("Password").fill(workspace.agent["password"])
    await dialog.get_by_role("button", name="Log in", exact=True).click()
    await expect(dialog).to_be_hidden()
    await expect(available).to_have_attribute("aria-checked", "false" if before == "true" else "true")
    await done(page, AVAILABILITY, available.click)
    await expect(available).to_have_attribute("aria-checked", str(before))


async def test_who_heard_late_of_an_ended_session_does_not_ask_for_another_log_in(
    page: Page, workspace: Any, done: Done
) -> None:
    await page.goto("/inbox/unassigned")
    await expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    late = asyncio.Event()

    async def held(route: Route) -> None:
        answer = await route.fetch()
        await late.wait()
        await route.fulfill(response=answer)

    await page.context.clear_cookies()
    await page.route("**/api/v1/conversations?*", held)
    async with page.expect_request("**/api/v1/conversations?*"):
        await page.locator('a[href="/inbox/all_open"]').first.dispatch_event("click")
    available = page.locator(AVAILABLE)
    before = str(await available.get_attribute("aria-checked"))
    await available.dispatch_event("click")
    dialog = page.get_by_role("dialog", name="Your session has ended")
    await dialog.get_by_label("Password").fill(workspace.agent["password"])
    await dialog.get_by_role("button", name="Log in", exact=True).click()
    await expect(dialog).to_be_hidden()
    await page.unroute("**/api/v1/conversations?*")
    async with page.expect_response(lambda one: "/api/v1/conversations?" in one.url and one.ok):
        late.set()
    await expect(available).not_to_have_attribute("aria-checked", before)
    await done(page, AVAILABILITY, available.click)
    await expect(available).to_have_attribute("aria-checked", before)
    await expect(dialog).to_be_hidden()


async def test_a_lost_network_is_said_and_a_change_waits_for_it(page: Page, done: Done) -> None:
    await page.goto(APPEARANCE)
    available = page.get_by_role("switch", name="Available for new conversations")
    before = str(await available.get_attribute("aria-checked"))
    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await available.click()
    await expect(page.get_by_text("One change waits to be sent.")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_text("No connection.")).to_be_hidden()
    await expect(available).not_to_have_attribute("aria-checked", before)
    await done(page, AVAILABILITY, available.click)
    await expect(available).to_have_attribute("aria-checked", before)


async def test_a_refused_change_says_so_in_place_and_can_be_tried_again(page: Page, done: Done) -> None:
    await page.goto(APPEARANCE)

    async def refuse(route: Route) -> None:
        await route.fulfill(
            status=409, content_type="application/problem+json", body='{"code":"odd","detail":"Not now."}'
        )

    await page.route("**/me/availability", refuse)
    await page.get_by_role("switch", name="Available for new conversations").click()
    note = page.get_by_role("alert")
    await expect(note).to_contain_text("Your availability could not be changed.")
    await expect(note).to_contain_text("Not now.")
    await page.unroute("**/me/availability")
    await note.get_by_role("button", name="Try again").click()
    await expect(note).to_be_hidden()
    await done(page, AVAILABILITY, page.get_by_role("switch", name="Available for new conversations").click)


async def test_keys_open_the_sheet_and_the_commands_but_not_while_writing(page: Page, no_violations: Check) -> None:
    await page.goto(APPEARANCE)
    await expect(page.get_by_role("heading", name="Appearance")).to_be_visible()
    await page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(sheet).to_contain_text("Settings")
    await no_violations(page)
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.keyboard.press("Control+k")
    bar = page.get_by_role("dialog", name="Commands")
    await bar.get_by_placeholder("What do you want to do?").type("settings")
    await no_violations(page)
    await page.keyboard.press("?")
    await expect(sheet).to_be_hidden()
    await expect(bar).to_be_visible()


async def test_the_language_is_the_agents_own_on_every_device(
    new_page: NewPage, workspace: Any, no_violations: Check
) -> None:
    page = await new_page("agent", path=APPEARANCE, dark=True)

    async def speak(menu: str, language: str) -> None:
        await page.get_by_role("button", name=re.compile(menu)).click()
        await page.get_by_role("menuitemradio", name=language).click()

    try:
        await speak("profile and settings", "Polski")
        await expect(page.get_by_role("heading", name="Wygląd")).to_be_visible()
        await no_violations(page)
        other = await new_page("agent", path=APPEARANCE)
        await expect(other.get_by_role("heading", name="Wygląd")).to_be_visible()
        await speak("profil i ustawienia", "English")
        await expect(page.get_by_role("heading", name="Appearance")).to_be_visible()
    finally:
        workspace.speak("en")


async def test_on_a_phone_the_menu_is_a_page_and_back_leads_to_it(new_page: NewPage, no_violations: Check) -> None:
    page = await new_page("agent", width=360, path="/settings")
    await page.get_by_role("link", name="Appearance").click()
    await expect(page.get_by_role("heading", name="Appearance")).to_be_visible()
    await no_violations(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.go_back()
    await expect(page.get_by_role("navigation", name="Settings")).to_be_visible()


async def test_an_unknown_address_says_so(page: Page, no_violations: Check) -> None:
    await page.goto("/nowhere")
    await expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    await no_violations(page)


async def test_an_invited_agent_chooses_a_password_and_is_in_and_may_forget_it(
    new_page: NewPage, workspace: Any, no_violations: Check
) -> None:
    email = "grace@postroom.localhost"
    workspace.desk.do("POST", "/agents", {"name": "Grace Hopper", "email": email, "role": "agent"})
    page = await new_page(None, path=_link(workspace, email, "/invitations/"))
    await no_violations(page)
    await _choose(page, "first password", "Accept the invitation")
    await expect(page.get_by_role("button", name=re.compile("Grace Hopper"))).to_be_visible()

    other = await new_page(None, path="/forgotten-password")
    await other.get_by_label("E-mail").fill(email)
    await other.get_by_role("button", name="Send the link").click()
    await expect(other.get_by_text("a mail with a link is on its way")).to_be_visible()
    link = _link(workspace, email, "/password-resets/")
    await other.goto(link)
    await _choose(other, "second password", "Save the password")
    await expect(other.get_by_text("Your password is changed.")).to_be_visible()
    await log_in(other, email, "second password")
    await expect(other.get_by_role("button", name=re.compile("Grace Hopper"))).to_be_visible()
    await other.goto(link)
    await _choose(other, "third password", "Save the password")
    await expect(other.get_by_role("alert")).to_contain_text("This link is no longer good.")


async def _choose(page: Page, password: str, button: str) -> None:
    await page.get_by_label("New password", exact=True).fill(password)
    await page.get_by_label("The same password again").fill(password)
    await page.get_by_role("button", name=button).click()


def _link(workspace: Any, email: str, path: str) -> str:
    """The link in the newest mail to this address."""

    def found() -> str | None:
        for mail in reversed(workspace.live.outbox()):
            link = re.search(rf"https?://\S+{path}\S+", mail.get_content()) if email in str(mail["To"]) else None
            if link:
                return link[0].rstrip(".,)")
        return None

    return str(eventually(found, f"a mail to {email}"))
