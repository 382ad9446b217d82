"""Contacts, companies and tickets in the web UI: the sidebar, merging, editing, blocking, erasing, importing."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from local_runtime.journey import Customer
from local_runtime.live import eventually

NewPage = Callable[..., Awaitable[Page]]
Check = Callable[[Page], Awaitable[None]]
Done = Callable[[Page, str, Callable[[], Awaitable[object]]], Awaitable[None]]
BLNS = next(
    (found for parent in Path(__file__).parents if (found := parent / "../shared/corpora/blns/blns.json").exists()),
    None,
)


def written(workspace: Any, name: str, subject: str) -> tuple[Customer, dict[str, Any]]:
    """Somebody new with a conversation."""
    customer = Customer(workspace.live, name)
    customer.writes(workspace.desk.address(), subject, "Please help.")
    return customer, workspace.desk.conversation_of(customer)


async def edit(page: Page, field: str, typed: str) -> None:
    """Types into a value that is edited in place."""
    await page.get_by_role("button", name=re.compile(f"^Edit {field}")).click()
    box = page.get_by_role("group", name=field, exact=True).get_by_role("textbox")
    await box.fill(typed)
    await box.press("Control+Enter")


async def test_a_ticket_is_opened_from_a_conversation_and_moved_by_keyboard(
    page: Page, workspace: Any, no_violations: Check, done: Done
) -> None:
    subject = f"Printer {uuid4().hex[:6]} smokes"
    _, conversation = written(workspace, "Nina Ticket", subject)
    await page.goto(f"/inbox/all_open/{conversation['id']}")
    side = page.get_by_role("complementary", name="About the customer")
    await expect(side.get_by_role("link", name="Nina Ticket")).to_be_visible()
    await side.get_by_role("button", name="Open ticket").first.click()
    dialog = page.get_by_role("dialog", name="Open ticket")
    await expect(dialog.get_by_label("Title")).to_have_value(subject)
    await no_violations(page)
    await dialog.get_by_label("Priority").select_option("high")
    await dialog.get_by_label("Assignee").select_option(label="Ada Lovelace")
    await dialog.get_by_role("button", name="Open ticket").click()
    await side.get_by_role("link", name=re.compile(subject)).click()
    await expect(page.get_by_role("heading", name=re.compile(subject))).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile(f"{subject}.*Nina Ticket", re.DOTALL))).to_be_visible()
    await no_violations(page)
    ticket_id = page.url.rsplit("/", 1)[1]
    stage = page.get_by_label("Stage")
    await done(page, f"/tickets/{ticket_id}", lambda: stage.select_option("Waiting on us"))

    await page.goto("/tickets?priority=high&assignee=me")
    row = page.get_by_role("list", name="Tickets").get_by_role("link", name=re.compile(subject))
    await expect(row).to_contain_text("Waiting on us")
    await no_violations(page)
    await page.get_by_role("button", name="As a board").click()
    card = page.get_by_role("region", name="Waiting on us").get_by_role("link", name=re.compile(subject))
    await card.focus()
    await no_violations(page)
    await page.keyboard.press("Alt+ArrowRight")
    moved = page.get_by_role("region", name="Waiting on customer").get_by_role("link", name=re.compile(subject))
    await expect(moved).to_be_focused()
    await expect(page.get_by_text(re.compile(r"Ticket #\d+: Waiting on customer"))).to_be_attached()
    assert workspace.desk.get(f"/tickets/{ticket_id}")["stage"] == "Waiting on customer"


async def test_a_ticket_changed_elsewhere_changes_in_the_list_and_leaves_it(page: Page, workspace: Any) -> None:
    title = f"Live {uuid4().hex[:6]}"
    _, conversation = written(workspace, "Lena Live", title)
    await page.goto("/tickets")
    await expect(page.get_by_role("heading", name="Tickets")).to_be_visible()
    made = workspace.desk.do("POST", f"/conversations/{conversation['id']}/tickets", {})
    row = page.get_by_role("list", name="Tickets").get_by_role("link", name=re.compile(title))
    await expect(row).to_contain_text("New")
    workspace.desk.do("PATCH", f"/tickets/{made['id']}", {"priority": "urgent"})
    await expect(row).to_contain_text("Urgent")
    workspace.desk.do("PATCH", f"/tickets/{made['id']}", {"stage": "Closed"})
    await expect(row).to_be_hidden()


async def test_two_contacts_are_merged_with_a_preview_and_separated_again(
    page: Page, workspace: Any, no_violations: Check
) -> None:
    one, first = written(workspace, "Olga Twice", "From home")
    other, _ = written(workspace, "Olga At Work", "From work")
    size = workspace.desk.do("POST", "/contact-properties", {"name": f"Size {uuid4().hex[:6]}", "kind": "number"})
    company = workspace.desk.do("POST", "/companies", {"name": f"Twice {uuid4().hex[:6]}"})
    card = f"/contacts/{first['contact']['id']}"
    workspace.desk.do("PATCH", card, {"note": "Comes on Mondays.", "properties": {size["id"]: 42}})
    workspace.desk.do("PUT", f"{card}/company/{company['id']}")
    await page.goto(f"/contacts/{first['contact']['id']}")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Merge with another contact").click()
    dialog = page.get_by_role("dialog", name="Merge with another contact")
    box = dialog.get_by_role("combobox")
    await box.click()
    await box.press_sequentially(other.address)
    await page.get_by_role("option", name=re.compile("Olga At Work")).click()
    preview = dialog.get_by_role("region", name="How it will look")
    await expect(preview.get_by_text(one.address)).to_be_visible()
    await expect(preview.get_by_role("listitem").filter(has_text=other.address)).to_contain_text("new")
    for kept in ("Comes on Mondays.", company["name"], size["name"], "42"):
        await expect(preview.get_by_text(kept, exact=True)).to_be_visible()
    await no_violations(page)
    assert workspace.desk.get(f"/contacts/{first['contact']['id']}")["merged_ids"] == []
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.get_by_role("heading", name="Also stands for")).to_be_visible()
    await page.get_by_role("tab", name="Conversations").click()
    await expect(page.get_by_role("link", name=re.compile("From home"))).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile("From work"))).to_be_visible()
    await page.get_by_role("button", name="Separate").click()
    await expect(page.get_by_role("heading", name="Also stands for")).to_be_hidden()
    assert workspace.desk.get(f"/contacts/{first['contact']['id']}")["merged_ids"] == []


async def test_a_card_is_edited_in_place_and_the_person_blocked(
    page: Page, workspace: Any, no_violations: Check
) -> None:
    name = f"Level {uuid4().hex[:6]}"
    workspace.desk.do("POST", "/contact-properties", {"name": name, "kind": "number"})
    _, conversation = written(workspace, "Ewa Card", "A card")
    contact_id = conversation["contact"]["id"]
    await page.goto(f"/contacts/{contact_id}")
    await edit(page, "Name", "Ewa Mended")
    await expect(page.get_by_role("heading", name="Ewa Mended")).to_be_visible()
    await edit(page, "Phone", "+48 600 100 200")
    await edit(page, "Note", "Line one\nLine two")
    await edit(page, name, "many")
    await expect(page.get_by_role("alert")).to_contain_text("This is no number.")
    await no_violations(page)
    await page.get_by_role("group", name=name).get_by_role("textbox").fill("1,5")
    await page.get_by_role("group", name=name).get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name=f"Edit {name}")).to_contain_text("1.5")
    card = workspace.desk.get(f"/contacts/{contact_id}")
    assert (card["name"], card["phone"], card["note"]) == ("Ewa Mended", "+48 600 100 200", "Line one\nLine two")
    assert list(card["properties"].values()) == [1.5]
    await page.get_by_placeholder("Write a note for the team").fill("Called on Monday.")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.get_by_role("listitem").filter(has_text="Called on Monday.")).to_be_visible()
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Block").click()
    await expect(page.get_by_text("Blocked", exact=True).first).to_be_visible()
    assert workspace.desk.get(f"/contacts/{contact_id}")["blocked"]
    await page.get_by_role("button", name="More").click()
    await expect(page.get_by_role("menuitem", name="Unblock")).to_be_visible()
    await expect(page.get_by_role("menuitem", name="Erase this person")).to_have_count(0)


async def test_a_block_from_the_sidebar_is_said_and_taken_back_and_a_row_names_its_channel(
    page: Page, workspace: Any
) -> None:
    _, conversation = written(workspace, "Iga Slip", "Not to be blocked")
    contact = f"/contacts/{conversation['contact']['id']}"
    await page.goto(f"/inbox/all_open/{conversation['id']}?sort=newest")
    row = page.locator(f'[data-conversation="{conversation["id"]}"]')
    await expect(row.get_by_title("E-mail")).to_be_visible()
    await page.get_by_role("button", name="Block", exact=True).click()
    await expect(page.get_by_text("is blocked: mails are kept out")).to_be_visible()
    assert workspace.desk.get(contact)["blocked"]
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("button", name="Block", exact=True)).to_be_visible()
    eventually(lambda: not workspace.desk.get(contact)["blocked"], "the block to be taken back", 20)


async def test_a_person_is_erased_only_when_the_name_was_typed(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    page = admin_page
    _, conversation = written(workspace, "Gone Tomorrow", "Forget me")
    await page.goto(f"/contacts/{conversation['contact']['id']}")
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Erase this person").click()
    dialog = page.get_by_role("dialog", name="Erase Gone Tomorrow?")
    await expect(dialog.get_by_text("Gone for ever")).to_be_visible()
    await expect(dialog.get_by_text("The numbers in the reports")).to_be_visible()
    await no_violations(page)
    erase = dialog.get_by_role("button", name="Erase for ever")
    await expect(erase).to_be_disabled()
    await dialog.get_by_role("textbox").fill("Gone")
    await expect(erase).to_be_disabled()
    await dialog.get_by_role("textbox").fill("Gone Tomorrow")
    await erase.click()
    await expect(page).to_have_url(re.compile("/contacts$"))
    assert workspace.desk.get(f"/contacts/{conversation['contact']['id']}")["erased"]
    await page.goto(f"/contacts/{conversation['contact']['id']}")
    await expect(page.get_by_text("This person was erased.")).to_be_visible()


@pytest.mark.skipif(BLNS is None, reason="the corpus of naughty strings is not here")
async def test_naughty_strings_in_names_notes_and_properties_are_shown_as_text(page: Page, workspace: Any) -> None:
    assert BLNS is not None
    naughty = [one for one in json.loads(BLNS.read_text("utf-8")) if one.strip() and "\x00" not in one]
    everything = "\n".join(naughty)[:15_000].strip()
    named = [one.strip() for one in naughty if "<" in one and "\n" not in one and len(one) < 180][:6]
    prop = workspace.desk.do("POST", "/contact-properties", {"name": f"<b>{uuid4().hex[:6]}</b>", "kind": "text"})
    for name in named:
        body = {"name": name, "note": everything, "properties": {prop["id"]: name}}
        made = workspace.desk.do("POST", "/contacts", body)
        await page.goto(f"/contacts/{made['id']}")
        await expect(page.get_by_role("heading", level=1)).to_have_text(name)
        shown = page.get_by_role("button", name="Edit Note").locator(".text")
        assert await shown.text_content() == made["note"]
        value = page.get_by_role("button", name=f"Edit {prop['name']}").locator(".text")
        assert (await value.text_content() or "").strip() == name
    await page.goto("/contacts")
    await expect(page.get_by_role("list", name="Contacts").get_by_text(named[-1], exact=True)).to_be_visible()
    assert await page.evaluate("document.querySelectorAll('main script, main img[src=x], main iframe').length") == 0


async def test_contacts_come_from_a_file_after_a_look_at_what_would_happen(
    admin_page: Page, workspace: Any, no_violations: Check
) -> None:
    page, mark = admin_page, uuid4().hex[:8]
    lines = f"Who,Mailbox,Odd\nAda {mark},ada-{mark}@client.test,x\nBob {mark},bob-{mark}@client.test,\nNobody,no,\n"
    await page.goto("/contacts/import")
    await page.get_by_label("CSV file").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": lines.encode()}
    )
    await page.get_by_label("Column Who").select_option("name")
    await page.get_by_label("Column Mailbox").select_option("address")
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.get_by_text("2 new contacts, 0 updated, 0 skipped, 1 not possible.")).to_be_visible()
    await expect(page.get_by_role("cell", name=f"ada-{mark}@client.test")).to_be_visible()
    await no_violations(page)
    assert workspace.desk.get("/contacts", q=f"ada-{mark}")["items"] == []
    await page.get_by_role("button", name="Import 2 contacts").click()
    await expect(page.get_by_text("2 contacts created")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("2 contacts created")).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile("The row that does not fit"))).to_be_visible()
    await page.goto("/contacts")
    await page.get_by_role("searchbox").fill(f"bob-{mark}")
    await expect(page.get_by_role("list", name="Contacts").get_by_role("listitem")).to_have_count(1)
    await expect(page).to_have_url(re.compile(f"q=bob-{mark}"))


async def test_a_company_is_made_and_people_are_linked_to_it(page: Page, workspace: Any, no_violations: Check) -> None:
    name = f"Acme {uuid4().hex[:6]}"
    customer, _ = written(workspace, "Iga Employee", "Our company")
    await page.goto("/companies")
    await page.get_by_role("button", name="New company").first.click()
    dialog = page.get_by_role("dialog", name="New company")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("E-mail domains").fill("gmail.com")
    await dialog.get_by_role("button", name="Create company").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Anybody may have an address at this domain.")
    await dialog.get_by_label("E-mail domains").fill("")
    await dialog.get_by_role("button", name="Create company").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    await page.get_by_role("button", name="Add a person").click()
    box = page.get_by_role("combobox", name="Who belongs to it?")
    await box.click()
    await box.press_sequentially(customer.address)
    await page.get_by_role("option", name=re.compile("Iga Employee")).click()
    person = page.get_by_role("link", name=re.compile("Iga Employee"))
    await expect(person).to_be_visible()
    await no_violations(page)
    await page.get_by_role("button", name="Iga Employee does not belong here").click()
    await expect(person).to_be_hidden()


async def test_escape_ends_the_typing_in_the_sidebar_before_it_closes_the_drawer(
    new_page: NewPage, workspace: Any, no_violations: Check, done: Done
) -> None:
    customer, conversation = written(workspace, "Dora Drawer", "In a drawer")
    page = await new_page("agent", width=1000, path=f"/inbox/all_open/{conversation['id']}")
    await page.get_by_role("button", name="Details", exact=True).click()
    side = page.get_by_role("complementary", name="About the customer")
    await expect(side.get_by_text(customer.address)).to_be_visible()
    await no_violations(page)
    await done(page, "/me/preferences", side.get_by_role("button", name="Tickets").click)
    await side.get_by_role("button", name="Edit Name").click()
    await side.get_by_role("textbox").fill("Never saved")
    await page.keyboard.press("Escape")
    await expect(side.get_by_role("link", name="Dora Drawer")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(side).to_be_hidden()
    await page.reload()
    await page.get_by_role("button", name="Details", exact=True).click()
    await expect(side.get_by_role("button", name="Tickets")).to_have_attribute("aria-expanded", "false")
    await done(page, "/me/preferences", side.get_by_role("button", name="Tickets").click)
    await expect(side.get_by_role("button", name="Tickets")).to_have_attribute("aria-expanded", "true")
    assert workspace.desk.get(f"/contacts/{conversation['contact']['id']}")["name"] == "Dora Drawer"


async def test_the_board_of_tickets_fits_a_phone_and_is_accessible_in_the_dark(
    new_page: NewPage, no_violations: Check
) -> None:
    page = await new_page("admin", width=360, dark=True, path="/tickets?view=board")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await no_violations(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
