"""What comes back into the composer when a mail is taken back, and files that are dropped anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, Route, expect

from local_runtime.journey import Customer, text_of
from local_runtime.live import eventually

DROP = """([selector, name, type]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File(['twelve bytes'], name, { type }));
  const target = document.querySelector(selector);
  const told = (kind) =>
    target.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  told('dragover');
  return !told('drop');
}"""
"""Drops a file on an element; gives whether the page kept the browser from opening it."""
PASTE = """([name, type, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const event = new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(event);
}"""
"""Pastes a file into what has the focus."""


@pytest.fixture
def own_address(workspace: Any) -> Iterator[str]:
    """An address of the inbox besides its first one."""
    address = f"team-{uuid4().hex[:8]}@shop.test"
    body = {"inbox_id": workspace.desk.inbox()["id"], "kind": "email", "settings": {"address": address}}
    channel = workspace.desk.do("POST", "/channels", body)
    yield address
    workspace.desk.do("DELETE", f"/channels/{channel['id']}")


@pytest.fixture
def hours(workspace: Any) -> Iterator[None]:
    """A snippet."""
    made = workspace.desk.do("POST", "/snippets", {"name": "Hours", "text": "Nine to five.", "shared": True})
    yield
    workspace.desk.do("DELETE", f"/snippets/{made['id']}")


async def dropped(page: Page, selector: str) -> None:
    assert await page.evaluate(DROP, [selector, "plan.txt", "text/plain"]), "the browser would open the file"


async def paste(page: Page, name: str, kind: str, content: bytes = b"twelve bytes") -> None:
    await page.evaluate(PASTE, [name, kind, [*content]])


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Text")


async def test_what_is_taken_back_has_its_address_and_its_pictures_where_they_were(
    page: Page, workspace: Any, own_address: str, begun: Any, opened: Any
) -> None:
    workspace.set_undo(30)
    _, _, conversation = begun("Composer")
    await opened(page, conversation)
    await page.keyboard.press("r")
    await expect(field(page)).to_be_focused()
    chosen = page.get_by_label("From", exact=True)
    await chosen.select_option(label=own_address)
    picture = BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    await field(page).press_sequentially("Look: ")
    await paste(page, "red.png", "image/png", picture.getvalue())
    await expect(field(page).locator("img")).to_have_count(1)
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    await page.reload()
    await expect(field(page).locator("img")).to_have_count(1)
    await expect(chosen).to_have_value(
        await chosen.locator("option", has_text=own_address).get_attribute("value") or ""
    )
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("button", name="Undo", exact=True).first.click()
    await expect(field(page)).to_contain_text("Look:")
    await expect(field(page).locator('img[src^="/api/v1/uploads/"]')).to_have_count(1)
    await expect(page.get_by_role("list", name="Attached files")).to_be_hidden()
    await expect(chosen.locator("option:checked")).to_have_text(own_address)
    cancelled = workspace.desk.lines(conversation["id"])[-1]
    assert cancelled["delivery"]["state"] == "cancelled"


async def on_its_way(page: Page) -> asyncio.Event:
    """The composer does not come until this is set."""
    here = asyncio.Event()

    async def slow(route: Route) -> None:
        answer = await route.fetch()
        if "sanitizeToDOMFragment" in await answer.text():  # the editor is in this one
            await here.wait()
        await route.fulfill(response=answer)

    await page.route("**/*.js", slow)
    return here


async def test_what_is_typed_while_the_composer_is_on_its_way_is_in_it(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    customer, _, conversation = begun("Composer")
    composer_comes = await on_its_way(page)
    await opened(page, conversation)
    await page.keyboard.press("n")
    comment = page.get_by_role("textbox", name="Comment")
    await expect(comment).to_be_focused()
    await page.keyboard.type("See her file")
    await page.get_by_role("article").first.click()
    await write(page, "Dear Zofia,\nit comes ")
    await expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    composer_comes.set()
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    await expect(field(page)).to_be_focused()
    await page.keyboard.type("tomorrow.")
    await page.keyboard.press("ControlOrMeta+Enter")
    await expect(page.get_by_role("article", name="Message by Ada Lovelace")).to_contain_text("tomorrow.")
    assert text_of(customer.received()).splitlines() == ["Dear Zofia,", "it comes tomorrow."]
    await page.get_by_role("article").first.click()
    await page.keyboard.press("n")
    await expect(comment).to_have_value("See her file")


async def test_what_is_sent_before_the_composer_is_there_goes_once_it_is(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    customer, _, conversation = begun("Composer")
    composer_comes = await on_its_way(page)
    await opened(page, conversation)
    await write(page, "Tomorrow.")
    await page.keyboard.press("ControlOrMeta+Enter")
    composer_comes.set()
    await expect(page.get_by_role("article", name="Message by Ada Lovelace")).to_contain_text("Tomorrow.")
    await expect(field(page)).to_be_hidden()
    assert text_of(customer.received()) == "Tomorrow."


async def test_a_slash_that_is_typed_before_the_composer_is_there_asks_for_snippets(
    page: Page, hours: None, begun: Any, opened: Any, write: Any
) -> None:
    _, _, conversation = begun("Composer")
    composer_comes = await on_its_way(page)
    await opened(page, conversation)
    await write(page, "We are here: /hou")
    composer_comes.set()
    await expect(page.get_by_role("combobox", name="Find a snippet")).to_have_value("hou")
    await page.keyboard.press("Enter")
    await expect(field(page)).to_have_text("We are here: Nine to five.")


async def test_a_forward_can_be_undone_and_goes_out_when_it_is_not(
    page: Page, workspace: Any, begun: Any, opened: Any
) -> None:
    workspace.set_undo(30)
    _, _, conversation = begun("Composer", "Where is my parcel?")
    await opened(page, conversation)
    carrier = Customer(workspace.live, "Carla Carrier")
    await page.keyboard.press("f")
    to = page.get_by_role("combobox", name="To", exact=True)
    await to.fill(carrier.address)
    await to.press("Enter")
    await field(page).press_sequentially("Can you look?")
    await page.keyboard.press("ControlOrMeta+Enter")
    await page.get_by_role("button", name="Undo", exact=True).first.click()
    await expect(field(page)).to_have_text("Can you look?")
    await expect(page.get_by_text("1 message is forwarded")).to_be_visible()
    await expect(page.get_by_role("button", name=f"Remove {carrier.address}")).to_be_visible()
    workspace.set_undo(0)
    await page.reload()
    await expect(field(page)).to_have_text("Can you look?")
    await field(page).press("End")
    await field(page).press_sequentially(" Please.")
    await page.keyboard.press("ControlOrMeta+Enter")
    said = text_of(carrier.received())
    assert said.startswith("Can you look? Please.") and "Where is my parcel?" in said
    states = lambda: [one["delivery"]["state"] for one in workspace.desk.lines(conversation["id"])[1:]]  # noqa: E731
    eventually(lambda: states() in (["cancelled", "sent"], ["cancelled", "delivered"]), "one of two forwards went out")


async def test_a_file_that_is_dropped_on_a_conversation_goes_with_an_answer(
    page: Page, workspace: Any, begun: Any, opened: Any
) -> None:
    workspace.set_undo(0)
    customer, _, conversation = begun("Composer")
    await opened(page, conversation)
    await dropped(page, "section.thread article")
    files = page.get_by_role("list", name="Attached files")
    await expect(files).to_contain_text("plan.txt")
    await expect(field(page)).to_be_visible()
    await dropped(page, "section.composer")
    await expect(files.get_by_role("listitem")).to_have_count(2)
    await field(page).press_sequentially("Here are both.")
    await page.get_by_role("button", name="Send", exact=True).click()
    names = [part.get_filename() for part in customer.received().iter_attachments()]
    assert names == ["plan.txt", "plan.txt"]


async def test_nothing_that_is_dropped_beside_its_place_opens_over_the_desk(
    page: Page, begun: Any, opened: Any
) -> None:
    _, _, conversation = begun("Composer")
    await opened(page, conversation)
    address = page.url
    for place in ("nav", "header", "body"):
        await dropped(page, place)
    await page.keyboard.press("n")
    await expect(page.get_by_role("textbox", name="Comment, seen by your team only")).to_be_focused()
    await dropped(page, "textarea")
    await expect(page.get_by_text("A comment takes no files.").first).to_be_visible()
    await page.keyboard.press("Escape")
    assert page.url == address


async def test_any_file_that_is_pasted_goes_with_the_mail_also_before_the_composer_is_there(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    customer, _, conversation = begun("Pasted")
    composer_comes = await on_its_way(page)
    await opened(page, conversation)
    await write(page, "Both are here.")
    await paste(page, "early.zip", "application/zip")
    composer_comes.set()
    files = page.get_by_role("list", name="Attached files")
    await expect(files).to_contain_text("early.zip")
    await expect(field(page)).to_be_focused()
    await paste(page, "offer.pdf", "application/pdf")
    await expect(files.get_by_role("listitem")).to_have_count(2)
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await expect(page.get_by_role("textbox", name="Comment, seen by your team only")).to_be_focused()
    await paste(page, "offer.pdf", "application/pdf")
    await expect(page.get_by_text("A comment takes no files.").first).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await page.get_by_role("button", name="Send", exact=True).click()
    mail = customer.received()
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert (text_of(mail), sorted(names)) == ("Both are here.", ["early.zip", "offer.pdf"])


async def test_a_reply_that_becomes_a_forward_keeps_its_pictures_and_says_what_it_loses(
    page: Page, workspace: Any, own_address: str, hours: None, begun: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    _, _, conversation = begun("Forward", "Where is my parcel?")
    carrier = Customer(workspace.live, "Carla Carrier")
    await opened(page, conversation)
    await write(page, "Look: ")
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    await expect(field(page)).to_be_focused()
    picture = BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    await paste(page, "red.png", "image/png", picture.getvalue())
    await expect(field(page).locator("img")).to_have_count(1)
    await page.keyboard.press("ControlOrMeta+b")
    await page.keyboard.type("now ")
    await page.locator("section.composer").get_by_role("button", name="Reply", exact=True).click()
    await page.get_by_role("menu").get_by_text("Forward", exact=True).click()
    said = page.get_by_role("status").filter(has_text="The picture goes along as a file.")
    await expect(said).to_contain_text("bold and other looks are left out")
    await expect(page.locator("section.composer").get_by_text(own_address)).to_be_visible()
    await field(page).press("End")
    await page.get_by_role("button", name="Snippets").click()
    await page.get_by_role("combobox", name="Find a snippet").press_sequentially("Hours")
    await page.keyboard.press("Enter")
    await expect(field(page)).to_contain_text("Nine to five.")
    await (await begun_aside(page, carrier.address, begin=False)).press("ControlOrMeta+Enter")
    mail = carrier.received()
    body = text_of(mail)
    assert "Look: " in body and "now" in body and "Nine to five." in body and "Where is my parcel?" in body
    assert "red.png" in [part.get_filename() for part in mail.iter_attachments()]
    assert own_address in str(mail["From"])


async def begin_first(page: Page, customer: Customer, text: str) -> Locator:
    """A first message as it is written to somebody; the dialog."""
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New conversation")
    await expect(dialog.get_by_role("textbox", name="Text")).to_be_visible()
    await dialog.get_by_role("combobox", name="To", exact=True).fill(customer.address)
    await dialog.get_by_role("textbox", name="Subject").fill("Your offer")
    await dialog.get_by_role("textbox", name="Text").press_sequentially(text)
    return dialog


def the_first_of(workspace: Any, customer: Customer) -> tuple[str, list[str]]:
    """The status of the newest conversation with the customer, and the states of its messages."""
    made = workspace.desk.conversation_of(customer)
    return made["status"], [one["delivery"]["state"] for one in workspace.desk.lines(made["id"])]


async def test_a_first_message_is_undone_into_its_dialog_and_sent_and_closed_from_there(
    page: Page, workspace: Any
) -> None:
    workspace.set_undo(30)
    customer = Customer(workspace.live)
    await page.goto("/inbox/all_open")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    dialog = await begin_first(page, customer, "As we said.")
    await dropped(page, "[role=dialog] select")
    files = dialog.get_by_role("list", name="Attached files").get_by_role("listitem")
    await expect(files.filter(has_text="plan.txt")).to_have_count(1)
    await expect(dialog.get_by_role("progressbar")).to_have_count(0)  # sent before, it would be asked to wait
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog).to_be_hidden()
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(dialog.get_by_role("textbox", name="Text")).to_have_text("As we said.")
    await expect(dialog.get_by_role("textbox", name="Subject")).to_have_value("Your offer")
    await expect(dialog.get_by_role("button", name=f"Remove {customer.address}")).to_be_visible()
    await expect(files.filter(has_text="plan.txt")).to_have_count(1)
    assert the_first_of(workspace, customer) == ("trash", ["cancelled"])
    workspace.set_undo(0)
    await expect(dialog.get_by_text("Draft saved")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    await page.keyboard.press("c")
    await expect(dialog.get_by_role("textbox", name="Text")).to_have_text("As we said.")
    await dialog.get_by_role("textbox", name="Text").press("ControlOrMeta+Shift+Enter")
    await expect(dialog).to_be_hidden()
    mail = customer.received()
    assert [part.get_filename() for part in mail.iter_attachments()] == ["plan.txt"]
    eventually(lambda: the_first_of(workspace, customer)[0] == "resolved", "what it began is closed")
    assert len([one for one in workspace.live.outbox() if customer.address in str(one["To"])]) == 1


async def test_a_first_message_for_later_can_be_changed_until_then(page: Page, workspace: Any) -> None:
    customer = Customer(workspace.live)
    await page.goto("/inbox/all_open")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    dialog = await begin_first(page, customer, "Happy new week!")
    await dialog.get_by_role("button", name="More ways to send").click()
    await page.get_by_role("menuitem", name="Send later").click()
    await page.get_by_role("dialog", name="Send later").get_by_role("button", name="Tomorrow").click()
    await expect(dialog).to_be_hidden()
    assert the_first_of(workspace, customer) == ("open", ["scheduled"])
    await page.get_by_role("button", name="Open", exact=True).click()
    sent = page.get_by_role("article", name="Message by Ada Lovelace")
    await expect(sent.get_by_role("status")).to_contain_text("Goes out")
    await sent.get_by_role("button", name="Edit").click()
    await expect(dialog.get_by_role("textbox", name="Text")).to_have_text("Happy new week!")
    assert the_first_of(workspace, customer) == ("trash", ["cancelled"])
    await dialog.get_by_role("button", name="Discard").click()
    await expect(dialog).to_be_hidden()


async def test_a_file_that_is_dropped_on_a_first_message_goes_with_it(page: Page) -> None:
    await page.goto("/inbox/all_open")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New conversation")
    await expect(dialog.get_by_role("textbox", name="Text")).to_be_visible()
    await dropped(page, "[role=dialog] [role=textbox]")
    await dropped(page, "[role=dialog] select")
    await expect(dialog.get_by_role("list", name="Attached files").get_by_role("listitem")).to_have_count(2)
    await dialog.get_by_role("button", name="Discard").click()
    await expect(dialog).to_be_hidden()


async def test_a_mail_that_was_to_go_later_still_goes_later_when_it_is_tried_again(
    page: Page, workspace: Any, lose_answers: Any, begun: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    _, _, conversation = begun("Composer")
    await opened(page, conversation)
    keys = await lose_answers(page)
    await write(page, "It comes next week.")
    await page.get_by_role("button", name="More ways to send").click()
    await page.get_by_role("menuitem", name="Send later").click()
    await page.get_by_role("dialog", name="Send later").get_by_role("button", name="Tomorrow").click()
    await expect(page.get_by_role("alert")).to_contain_text("Your text is kept.")
    await page.get_by_role("button", name="Try again").click()
    await expect(field(page)).to_be_hidden()
    sent = page.get_by_role("article", name="Message by Ada Lovelace")
    await expect(sent).to_have_count(1)
    await expect(sent.get_by_role("status")).to_contain_text("Goes out")
    assert len(keys) == 3 and len(set(keys)) == 1
    assert [one["delivery"]["state"] for one in workspace.desk.lines(conversation["id"])[1:]] == ["scheduled"]
    await sent.get_by_role("button", name="Cancel", exact=True).click()


async def test_an_answer_goes_to_whom_it_shows_who_follow_the_newest_mail(
    page: Page, workspace: Any, opened: Any
) -> None:
    workspace.set_undo(0)
    asker, friend = Customer(workspace.live, "Zofia Nowak"), Customer(workspace.live, "Fred Friend")
    subject = f"Both of us {uuid4().hex[:6]}"
    question = asker.writes(workspace.desk.address(), subject, "Where is it?", Cc=f"{friend.name} <{friend.address}>")
    conversation = workspace.desk.conversation_of(asker)
    await opened(page, conversation)
    await page.keyboard.press("r")
    await expect(page.get_by_role("button", name=f"Remove {asker.name}")).to_be_visible()
    friend.writes(workspace.desk.address(), f"Re: {subject}", "To me, please!", In_Reply_To=str(question["Message-ID"]))
    await expect(page.get_by_role("button", name=f"Remove {friend.name}")).to_be_visible()
    await expect(page.get_by_role("button", name=f"Remove {asker.name}")).to_be_hidden()
    await field(page).press_sequentially("It left today.")
    await page.get_by_role("button", name="Send", exact=True).click()
    answer = friend.received()
    assert text_of(answer) == "It left today." and asker.address not in answer.as_string()


def cc_of(customer: Customer) -> str:
    return str(customer.received()["Cc"])


async def begun_aside(page: Page, typed: str, *, begin: bool = True) -> Locator:
    """A forward with this typed in To, and no chip of it."""
    to = page.get_by_role("combobox", name="To", exact=True)
    if begin:
        await page.keyboard.press("f")
        await expect(to).to_be_focused()
    await to.press_sequentially(typed)
    return to


async def test_who_is_typed_in_to_gets_what_is_sent_by_its_keys(
    page: Page, workspace: Any, begun: Any, opened: Any
) -> None:
    workspace.set_undo(0)
    _, _, conversation = begun("Typed", "Where is my parcel?")
    carrier = Customer(workspace.live, "Carla Carrier")
    await opened(page, conversation)
    to = await begun_aside(page, carrier.address)
    await to.press("ControlOrMeta+Enter")
    assert "Where is my parcel?" in text_of(carrier.received())
    await expect(to).to_be_hidden()


async def test_who_is_typed_in_a_copy_gets_what_is_sent_by_a_click(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    customer, _, conversation = begun("Typed")
    friend, secret = Customer(workspace.live).address, Customer(workspace.live).address
    await opened(page, conversation)
    await write(page, "Both of you.")
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    await page.get_by_role("button", name="Cc, Bcc").click()
    await page.get_by_role("combobox", name="Bcc", exact=True).press_sequentially(secret)
    await page.get_by_role("combobox", name="Cc", exact=True).press_sequentially(friend)
    await page.get_by_role("button", name="Send", exact=True).click()
    assert cc_of(customer) == friend
    sent = workspace.desk.lines(conversation["id"])[-1]
    assert [one["address"] for one in sent["bcc"]] == [secret]


async def test_who_is_typed_in_a_first_message_gets_it_by_keys_and_by_a_click(page: Page, workspace: Any) -> None:
    await page.goto("/inbox/all_open")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    dialog = page.get_by_role("dialog", name="New conversation")
    for by_keys in (True, False):
        customer, friend = Customer(workspace.live), Customer(workspace.live)
        await page.keyboard.press("c")
        await expect(dialog.get_by_role("textbox", name="Text")).to_be_visible()
        await dialog.get_by_role("textbox", name="Subject").fill("Your offer")
        await dialog.get_by_role("textbox", name="Text").press_sequentially("As we said.")
        await expect(dialog.get_by_text("Draft saved")).to_be_visible()
        await dialog.get_by_role("combobox", name="To", exact=True).press_sequentially(customer.address)
        copy = dialog.get_by_role("combobox", name="Cc", exact=True)
        await copy.press_sequentially(friend.address)
        await (
            copy.press("ControlOrMeta+Enter")
            if by_keys
            else dialog.get_by_role("button", name="Send", exact=True).click()
        )
        await expect(dialog).to_be_hidden()
        assert cc_of(customer) == friend.address


async def test_a_name_becomes_the_contact_that_is_proposed_by_enter_and_by_arrows(
    page: Page, workspace: Any, begun: Any, opened: Any
) -> None:
    workspace.set_undo(0)
    first = f"Anna{uuid4().hex[:6]}"
    people = {f"{first} {family}": begun("Proposed", name=f"{first} {family}") for family in ("Quill", "Reed")}
    await opened(page, people[f"{first} Quill"].conversation)
    to = await begun_aside(page, first)
    proposed = page.get_by_role("listbox", name="Contacts").get_by_role("option")
    await expect(proposed).to_have_count(2)
    await expect(proposed.first).to_have_attribute("aria-selected", "true")
    second = await proposed.nth(1).locator("span").inner_text()
    await to.press("ArrowDown")
    await to.press("Enter")
    chips = page.locator("section.composer").get_by_role("button", name="Remove ")
    await expect(chips).to_have_accessible_name(f"Remove {second}")
    (other,) = {*people} - {second}
    await to.press_sequentially(other)
    await to.press("Enter")  # before anybody is proposed, mostly
    await expect(chips.nth(1)).to_have_accessible_name(f"Remove {other}")
    await to.press_sequentially("zof")
    await to.press("ControlOrMeta+Enter")
    await expect(page.get_by_text("An address is not complete.")).to_be_visible()
    await page.get_by_role("button", name="Remove zof", exact=True).click()
    await to.press("ControlOrMeta+Enter")
    await expect(to).to_be_hidden()
    for one in people.values():
        assert "It should be here." in text_of(one.customer.received())


async def test_contacts_are_proposed_in_full_sight_in_the_dialog_of_a_first_message(page: Page, begun: Any) -> None:
    first = f"Mia{uuid4().hex[:6]}"
    for family in ("Quill", "Reed"):
        begun("Proposed", name=f"{first} {family}")
    await page.goto("/inbox/all_open")
    await expect(page.get_by_role("heading", name="All open")).to_be_visible()
    await page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New conversation")
    await expect(dialog.get_by_role("textbox", name="Text")).to_be_visible()
    for name in ("To", "Bcc"):
        typed = dialog.get_by_role("combobox", name=name, exact=True)
        await typed.press_sequentially(first)
        proposed = dialog.get_by_role("listbox", name="Contacts").get_by_role("option")
        await expect(proposed).to_have_count(2)
        for one in await proposed.all():
            await expect(one).to_be_in_viewport(ratio=1)
        await typed.press("Escape")
        await typed.fill("")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
