"""Every page that the web UI has, in Polish, whose words are longer: on a phone, on a desk and in 4K, in the dark."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from local_runtime.chromium import WEB

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
ROUTES: Final = WEB / "src/routes"
PHONE, DESK, FOUR_K = 360, 1440, 3840
OVERFLOWS: Final = "() => document.documentElement.scrollWidth > innerWidth"


def pages() -> list[tuple[str | None, str]]:
    """Who sees it (nobody is logged in where accounts begin), and the address as the web UI makes it from its folders,
    with what stands there for something still in its brackets."""
    folders = [page.parent.relative_to(ROUTES).parts for page in sorted(ROUTES.rglob("+page.svelte"))]
    return [
        (
            None if "(account)" in parts else "admin",
            "/" + "/".join(part for part in parts if not part.startswith("(")),
        )
        for parts in folders
    ]


@pytest.fixture(scope="module", autouse=True)
def polish(workspace: Any) -> Iterator[None]:
    workspace.speak("pl", workspace.admin)
    yield
    workspace.speak("en", workspace.admin)


@pytest.fixture(scope="module")
def standing_for(workspace: Any, begun: Any) -> dict[str, str]:
    """What stands in an address for a part in brackets, by the part before it."""
    desk, tag = workspace.desk, uuid4().hex[:6]
    conversation = begun("Po polsku").conversation
    support = desk.inbox()
    channel = next(one for one in desk.get("/channels")["items"] if one["inbox_id"] == support["id"])
    company = desk.do("POST", "/companies", {"name": f"Żółw i Spółka {tag}"})
    ticket = desk.do("POST", f"/conversations/{conversation['id']}/tickets", {})
    return {
        "companies/[id]": company["id"],
        "contacts/[id]": conversation["contact"]["id"],
        "tickets/[id]": ticket["id"],
        "conversations/[id]": conversation["id"],
        "inbox/[view]": "all_open",
        "[view]/[[conversation]]": conversation["id"],
        "print/[conversation]": conversation["id"],
        "inboxes/[inbox]": support["id"],
        "channels/[channel]": channel["id"],
        "rules/[rule]": "new",
        "snippets/[snippet]": "new",
        "invitations/[token]": "not-a-token",
        "password-resets/[token]": "not-a-token",
    }


def filled(path: str, standing_for: dict[str, str]) -> str:
    parts = path.split("/")
    return "/".join(
        standing_for[f"{before}/{part}"] if part.startswith("[") else part
        for before, part in zip(["", *parts], parts, strict=False)
    )


@pytest.mark.parametrize(("who", "path"), pages())
async def test_in_polish_every_page_fits_each_screen_and_is_accessible_on_a_phone_in_the_dark(
    new_page: NewPage, standing_for: dict[str, str], no_violations: Check, who: str | None, path: str
) -> None:
    page = await new_page(who, width=PHONE, dark=True, locale="pl-PL", path=filled(path, standing_for))
    await expect(page.locator("html")).to_have_attribute("lang", re.compile("pl"))
    await expect(page.locator("h1, h2").first).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    await no_violations(page)
    for width in (PHONE, DESK, FOUR_K):
        await page.set_viewport_size({"width": width, "height": 900})
        assert not await page.evaluate(OVERFLOWS), f"{width} px"
