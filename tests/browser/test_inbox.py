"""The inbox in a browser: working through a list by keyboard, by mouse and by thumb, and seeing what comes in."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.async_api import Locator, Page, expect

from local_runtime.journey import Customer
from local_runtime.live import eventually

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
CORPUS = Path(__file__).parents[3] / "shared/corpora/blns/blns.json"


def row(page: Page, conversation: dict[str, Any]) -> Locator:
    return page.locator(f'[data-conversation="{conversation["id"]}"]')


def written(workspace: Any, subjects: list[str], text: str = "Could you look at this, please?") -> list[dict[str, Any]]:
    """A conversation for each subject, each by a customer of its own."""
    customers = [Customer(workspace.live) for _ in subjects]
    for customer, subject in zip(customers, subjects, strict=True):
        customer.writes(workspace.desk.address(), subject, text)
    return [workspace.desk.conversation_of(customer) for customer in customers]


def about(workspace: Any, conversation: dict[str, Any], what: Callable[[dict[str, Any]], Any], said: str) -> None:
    eventually(lambda: what(workspace.desk.conversation(conversation["id"])), said, 20)


async def go_to(page: Page, conversation: dict[str, Any]) -> None:
    """By the keyboard from the beginning of the list to the row."""
    await expect(row(page, conversation)).to_be_visible()
    for _ in range(100):
        await page.keyboard.press("j")
        if await row(page, conversation).evaluate("one => one === document.activeElement"):
            return
    raise AssertionError("the row was never reached")


async def test_a_conversation_is_assigned_labelled_closed_and_brought_back_by_the_keyboard_alone(
    page: Page, workspace: Any, no_violations: Check
) -> None:
    [one] = written(workspace, [f"Where is my order {uuid4().hex[:6]}?"])
    label = f"late-{uuid4().hex[:6]}"
    await page.goto("/inbox/all_open")
    await go_to(page, one)
    await no_violations(page)

    await page.keyboard.press("i")
    dialog = page.get_by_role("dialog", name="Assign")
    await expect(dialog.get_by_role("combobox")).to_be_focused()
    await no_violations(page)
    await page.keyboard.type("ada")
    await page.keyboard.press("Enter")
    await expect(row(page, one).get_by_text("Assigned to Ada Lovelace")).to_be_attached()
    about(workspace, one, lambda now: now["assignee_id"] == workspace.agent["id"], "the assignment")

    await page.keyboard.press("l")
    await expect(page.get_by_role("dialog", name="Labels").get_by_role("combobox")).to_be_focused()
    await page.keyboard.type(label)
    await expect(page.get_by_role("option", name=f"Create label “{label}”")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(row(page, one).get_by_text(label)).to_be_attached()
    await page.keyboard.press("Escape")
    about(workspace, one, lambda now: label in now["labels"], "the label")

    await expect(row(page, one)).to_be_focused()
    await page.keyboard.press("e")
    await expect(row(page, one)).to_have_count(0)
    about(workspace, one, lambda now: now["status"] == "resolved", "the closing")
    await page.keyboard.press("z")
    await expect(row(page, one)).to_be_visible()
    about(workspace, one, lambda now: now["status"] == "open", "the undoing")

    await page.keyboard.press("g")
    await page.keyboard.press("m")
    await expect(page).to_have_url(re.compile("/inbox/mine"))
    await expect(row(page, one)).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Snooze")


async def test_a_snoozed_conversation_leaves_the_list_and_waits_among_the_snoozed(page: Page, workspace: Any) -> None:
    [one] = written(workspace, ["The parcel comes next week"])
    await page.goto(f"/inbox/all_open/{one['id']}")
    await page.get_by_role("group", name="Actions").get_by_role("button", name="Snooze").click()
    await page.get_by_role("option", name="Tomorrow").click()
    await expect(page.get_by_role("status").get_by_text("Snoozed until")).to_be_visible()
    await expect(row(page, one)).to_have_count(0)
    about(workspace, one, lambda now: now["status"] == "snoozed" and now["snoozed_until"], "the snooze")
    await page.get_by_role("navigation", name="Views").get_by_role("link", name="Snoozed").click()
    await expect(row(page, one)).to_be_visible()


async def test_many_are_selected_closed_at_once_and_brought_back(page: Page, workspace: Any) -> None:
    mark = uuid4().hex[:6]
    those = written(workspace, [f"Promotion {mark} {number}" for number in range(4)])
    for one in those:
        workspace.desk.do("PUT", f"/conversations/{one['id']}/labels/promo-{mark}")
    await page.goto(f"/inbox/all_open?label=promo-{mark}")
    rows = page.locator("[data-conversation]")
    await expect(rows).to_have_count(4)
    await rows.nth(0).locator("xpath=preceding-sibling::label").click()
    await expect(rows.nth(0).locator("xpath=preceding-sibling::label/input")).to_be_checked()
    await rows.nth(3).click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="What is selected")
    await expect(bar).to_contain_text("4 selected")
    await bar.get_by_role("button", name="Close").click()
    await expect(page.get_by_text("No conversation matches these filters.")).to_be_visible()
    for one in those:
        about(workspace, one, lambda now: now["status"] == "resolved", "the closing")
    await page.get_by_role("button", name="Undo").click()
    await expect(rows).to_have_count(4)
    for one in those:
        about(workspace, one, lambda now: now["status"] == "open", "the undoing")


async def test_words_are_found_and_marked_and_the_conversation_opens_by_the_keyboard(
    page: Page, workspace: Any, no_violations: Check
) -> None:
    word = f"quince{uuid4().hex[:8]}"
    [one] = written(workspace, ["A tree for the garden"], f"Do you sell a {word} & <b>pots</b>?")
    eventually(lambda: workspace.desk.get("/search", q=word)["items"], "the words in the search", 30)
    await page.goto("/inbox/all_open")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    await page.keyboard.press("/")
    field = page.get_by_role("searchbox", name="Search")
    await expect(field).to_be_focused()
    await no_violations(page)
    await field.fill(word)
    hit = page.locator(f'[data-hit="{one["id"]}"]')
    await expect(hit.locator("mark")).to_have_text(word)
    await expect(hit).to_contain_text("& <b>pots</b>?")
    await no_violations(page)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(f"/inbox/search/{one['id']}"))
    await expect(page.get_by_role("heading", name="A tree for the garden")).to_be_visible()


async def test_a_new_mail_appears_by_itself_and_moves_nothing_while_one_reads_further_down(
    page: Page, workspace: Any
) -> None:
    written(workspace, [f"An older mail {number}" for number in range(14)])
    await page.set_viewport_size({"width": 1440, "height": 500})
    await page.goto("/inbox/all_open?sort=newest")
    await expect(page.locator("[data-conversation]").first).to_be_visible()
    [first] = written(workspace, ["This one comes in at the top"])
    await expect(row(page, first)).to_be_visible()
    await page.get_by_role("group", name="Conversations").locator("> div").evaluate("one => one.scrollTo(0, 400)")
    await expect(row(page, first)).not_to_be_in_viewport()
    identity = await page.locator("[data-conversation]").nth(8).get_attribute("data-conversation")
    seen = page.locator(f'[data-conversation="{identity}"]')
    await (await seen.element_handle()).wait_for_element_state("stable")
    before = await seen.bounding_box()
    [second] = written(workspace, ["This one waits"])
    pill = page.get_by_role("button", name=re.compile("^[1-9][0-9]* new$"))
    await expect(pill).to_be_visible()
    assert await seen.bounding_box() == before
    await pill.click()
    await expect(row(page, second)).to_be_in_viewport()
    await expect(pill).to_be_hidden()


async def test_a_filter_is_kept_in_the_address_and_saved_as_a_view(page: Page, workspace: Any) -> None:
    name = f"Urgent ones {uuid4().hex[:6]} <i>"
    await page.goto("/inbox/all_open")
    await page.get_by_role("button", name="Filter", exact=True).click()
    await page.get_by_label("Assignee").select_option("Nobody")
    await expect(page).to_have_url(re.compile("assignee=none"))
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Save as view").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("button", name="Save", exact=True).click()
    views = page.get_by_role("navigation", name="Views")
    await expect(views.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    saved = next(one for one in _views(workspace) if one["name"] == name)
    assert (saved["shared"], saved["filter"]["assignee_id"], saved["filter"]["status"]) == (False, "none", ["open"])
    await views.get_by_role("button", name=f"Menu of the view {name}").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(views.get_by_role("link", name=name)).to_have_count(0)
    await expect(page).to_have_url(re.compile("/inbox/all_open"))


def _views(workspace: Any) -> list[dict[str, Any]]:
    with workspace.logged_in(workspace.agent) as api:
        items: list[dict[str, Any]] = api.get("/views").json()["items"]
        return items


async def test_bad_names_are_shown_as_what_they_are(page: Page, workspace: Any) -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus is not beside the checkout")
    [one] = written(workspace, ["A plain subject"])
    texts = [text for text in json.loads(CORPUS.read_text("utf-8")) if "<" in text and 8 < len(text) <= 60]
    await page.goto(f"/inbox/all_open/{one['id']}")
    await expect(row(page, one)).to_be_visible()
    for text in [each for each in texts if each == each.strip() and each.isprintable() and "/" not in each][:6]:
        workspace.desk.do("PATCH", f"/conversations/{one['id']}", {"subject": text})
        await expect(row(page, one).get_by_text(text, exact=True)).to_be_attached()
        labelled = workspace.desk.do("PUT", f"/conversations/{one['id']}/labels/{quote(text, safe='')}")
        await expect(row(page, one).locator(".labels")).to_have_attribute("title", ", ".join(labelled["labels"]))
        await page.goto(f"/inbox/all_open/{one['id']}?label={quote(text, safe='')}")
        await expect(page.get_by_text(f"Label: {text}", exact=True)).to_be_visible()
        await expect(row(page, one)).to_be_visible()


async def test_on_a_phone_one_goes_in_and_back_and_closes_by_thumb(
    new_page: NewPage, workspace: Any, no_violations: Check
) -> None:
    [one] = written(workspace, ["From the bus stop"])
    phone = await new_page("agent", width=360, dark=True, path="/inbox/all_open")
    await expect(row(phone, one)).to_be_visible()
    await no_violations(phone)
    await row(phone, one).click()
    actions = phone.get_by_role("group", name="Actions")
    await expect(actions).to_be_visible()
    await expect(row(phone, one)).to_have_count(0)
    await phone.get_by_role("link", name="Back: All open").click()
    await expect(row(phone, one)).to_be_visible()
    await phone.go_back()
    await actions.get_by_role("button", name="Close").click()
    await expect(phone.get_by_role("heading", name="All open")).to_be_visible()
    await expect(row(phone, one)).to_have_count(0)
    about(workspace, one, lambda now: now["status"] == "resolved", "the closing")
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_who_belongs_to_the_inbox_by_a_team_can_be_given_a_conversation_and_strangers_are_not_offered(
    page: Page, workspace: Any, begun: Any
) -> None:
    desk, tag = workspace.desk, uuid4().hex[:6]
    conversation = begun("For the team").conversation
    name = f"Tess Team {tag}"
    agent = desk.do("POST", "/agents", {"name": name, "email": f"tess-{tag}@postroom.localhost", "role": "agent"})
    team = desk.do("POST", "/teams", {"name": f"Team {tag}", "member_ids": [agent["id"]]})
    stranger = desk.do(
        "POST", "/agents", {"name": f"Elsa {tag}", "email": f"elsa-{tag}@postroom.localhost", "role": "agent"}
    )
    elsewhere = desk.do("POST", "/teams", {"name": f"Elsewhere {tag}", "member_ids": [stranger["id"]]})
    support = desk.inbox()
    desk.do("PATCH", f"/inboxes/{support['id']}", {"team_ids": [*support["team_ids"], team["id"]]})
    try:
        await page.goto("/inbox/all_open")
        await go_to(page, conversation)
        await page.keyboard.press("i")
        dialog = page.get_by_role("dialog", name="Assign")
        await expect(dialog.get_by_role("combobox")).to_be_focused()
        await page.keyboard.type(tag)
        await expect(dialog.get_by_role("option", name=re.compile(f"^Team {tag}"))).to_be_visible()
        for one in (stranger, elsewhere):
            await expect(dialog.get_by_role("option", name=one["name"])).to_have_count(0)
        await page.get_by_role("option", name=name).click()
        await expect(row(page, conversation).get_by_text(f"Assigned to {name}")).to_be_attached()
        about(workspace, conversation, lambda now: now["assignee_id"] == agent["id"], "the assignment")
    finally:
        desk.do("PATCH", f"/inboxes/{support['id']}", {"team_ids": support["team_ids"]})
        for one in (agent, stranger):
            desk.do("PATCH", f"/agents/{one['id']}", {"deactivated": True})
        desk.do("DELETE", f"/teams/{elsewhere['id']}")


@pytest.mark.parametrize("width", [1440, 390])
async def test_each_inbox_tells_how_many_are_open_in_it_and_goes_on_telling(
    new_page: NewPage, workspace: Any, no_violations: Check, width: int
) -> None:
    support = workspace.desk.inbox()
    written(workspace, ["How many are we?"])
    page = await new_page("agent", width=width, path="/inbox/all_open")
    if width < 900:
        await page.get_by_role("button", name="Views").click()
    await page.get_by_role("button", name="Inbox All inboxes").click()
    choice = page.get_by_role("menuitemradio", name=support["name"])
    count = workspace.desk.do("GET", "/counts")["inboxes"][support["id"]]["count"]
    await expect(choice).to_have_accessible_name(f"{support['name']} {count} conversation{'s' * (count > 1)}")
    await expect(choice.get_by_text(str(count), exact=True)).to_be_visible()
    await no_violations(page)
    written(workspace, ["And now?"])
    await expect(choice).to_have_accessible_name(f"{support['name']} {count + 1} conversations")
