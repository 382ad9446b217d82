"""What an agent settles alone: a picture, a password, where one is logged in, how one notices what comes."""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from local_runtime.journey import Customer

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
HEARD_AND_SEEN = """
window.heard = 0;
window.seen = [];
window.AudioContext = class { state = 'running'; currentTime = 0; destination = {}; };
window.OscillatorNode = class { connect(to) { return to; } start() { window.heard += 1; } stop() {} };
window.GainNode = class {
  gain = { linearRampToValueAtTime() {}, setValueAtTime() {}, exponentialRampToValueAtTime() {} };
  connect(to) { return to; }
};
window.Notification = class {
  static permission = 'granted';
  constructor(title, { body }) { window.seen.push(`${title}: ${body}`); }
  close() {}
};
document.hasFocus = () => false;
"""
"""What would be heard of the page, and seen beside the browser; somebody looks at something else."""
AS_BEFORE = {"sound": True, "desktop": False, "title_badge": True}


def picture() -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (600, 300), "blue")
    image.paste("red", (0, 0, 300, 300))
    found = io.BytesIO()
    image.save(found, "PNG")
    return found.getvalue()


async def test_a_picture_is_cut_to_the_part_that_was_chosen(page: Page, workspace: Any, no_violations: Check) -> None:
    await page.goto("/settings/profile")
    file = {"name": "me.png", "mimeType": "image/png", "buffer": picture()}
    await page.locator("input[type=file]").set_input_files(file)
    dialog = page.get_by_role("dialog", name="Choose the part to show")
    await dialog.get_by_label("Size").fill("2")
    await no_violations(page)
    await dialog.get_by_role("button", name="Use this picture").click()
    await expect(dialog).to_be_hidden()
    rail = page.get_by_role("button", name=re.compile("profile and settings")).locator("img")
    await expect(rail).to_be_visible()
    with workspace.logged_in(workspace.agent) as api:
        kept = Image.open(io.BytesIO(api.get(f"/agents/{workspace.agent['id']}/avatar").content))
        assert kept.size == (256, 256)
        left, right = (kept.convert("RGB").getpixel((x, 128)) for x in (20, 236))
    assert left[0] > 200 > 60 > left[2] and right[2] > 200 > 60 > right[0], "the middle, half of it red"
    await page.get_by_role("button", name="Remove").click()
    await expect(rail).to_have_count(0)


async def test_a_wrong_password_changes_nothing_and_other_devices_are_logged_out(
    page: Page, new_page: NewPage, workspace: Any, no_violations: Check
) -> None:
    other = await new_page(None, path="/login")
    await other.get_by_label("E-mail").fill(workspace.agent["email"])
    await other.get_by_label("Password").fill(workspace.agent["password"])
    await other.keyboard.press("Enter")
    await expect(other.get_by_role("navigation", name="Main menu")).to_be_visible()
    await page.goto("/settings/security")
    devices = page.get_by_role("list", name="Where you are logged in").get_by_role("listitem")
    mine = devices.filter(has_text="This one")
    await expect(mine).to_have_count(1)
    await no_violations(page)
    await page.get_by_label("Your password now").fill("not this one")
    await page.get_by_label("New password", exact=True).fill("another long one")
    await page.get_by_label("The same password again").fill("another long one")
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Your password is changed.")).to_have_count(0)
    await expect(page.get_by_role("alert")).to_contain_text(re.compile("password", re.IGNORECASE))
    before = await devices.count()
    await devices.filter(has_not_text="This one").first.get_by_role("button", name="Log out").click()
    await expect(devices).to_have_count(before - 1)


@pytest.fixture
def noticing(workspace: Any) -> Iterator[Callable[..., None]]:
    """`noticing(sound=False)` chooses how the agent notices; afterwards it is as it was."""
    with workspace.logged_in(workspace.agent) as api:

        def choose(**wishes: bool) -> None:
            api.patch("/me/preferences", json=wishes).raise_for_status()
            items = api.get("/notifications").json()["items"]
            if items:
                api.put("/notifications/read", json={"up_to": items[0]["id"]}).raise_for_status()

        yield choose
        api.patch("/me/preferences", json=AS_BEFORE).raise_for_status()


@pytest.mark.parametrize("wanted", [True, False])
async def test_news_is_heard_seen_and_numbered_in_the_title_only_where_that_is_wanted(
    page: Page, workspace: Any, noticing: Callable[..., None], wanted: bool
) -> None:
    noticing(sound=wanted, desktop=wanted, title_badge=wanted)
    await page.add_init_script(HEARD_AND_SEEN)
    await page.goto("/settings/notifications")
    await expect(page.get_by_role("button", name="Notifications: nothing unread")).to_be_visible()
    await expect(page.get_by_role("switch", name="Sound")).to_have_attribute("aria-checked", str(wanted).lower())
    subject = f"Listen {uuid4().hex[:6]}"
    Customer(workspace.live, "Lena Loud").writes(workspace.desk.address(), subject, "Do you hear me?")
    await expect(page.get_by_role("button", name="Notifications: 1 unread")).to_be_visible()
    if wanted:
        for _ in range(300):  # wait_for_function evaluates in the page, which the policy may refuse
            if await page.evaluate("[window.heard, window.seen.length]") == [2, 1]:
                break
            await page.wait_for_timeout(100)
        assert await page.evaluate("[window.heard, window.seen.length]") == [2, 1]
        assert str(await page.evaluate("window.seen[0]")).startswith("New, and nobody has it yet: Lena Loud")
        await expect(page).to_have_title(re.compile(r"^\(1\) "))
    else:
        assert await page.evaluate("[window.heard, window.seen.length]") == [0, 0]
        await expect(page).to_have_title(re.compile(r"^\w"))
