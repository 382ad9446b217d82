"""The keyboard alone: every key of the table does what it says, and a whole conversation is worked through by it."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from playwright.async_api import Locator, Page, expect

from local_runtime.journey import Customer, text_of
from local_runtime.live import eventually


def status(workspace: Any, conversation: dict[str, Any]) -> str:
    return str(workspace.desk.conversation(conversation["id"])["status"])


def labelled(workspace: Any, begun: Any, count: int) -> tuple[str, list[dict[str, Any]]]:
    """A list of its own with so many conversations, the newest first."""
    label = f"keys-{uuid4().hex[:6]}"
    those = [begun(f"Key {number}").conversation for number in range(count)]
    for one in those:
        workspace.desk.do("PUT", f"/conversations/{one['id']}/labels/{label}")
    return f"/inbox/all_open?label={label}", those[::-1]


async def test_the_keys_of_the_list_walk_select_and_act(page: Page, workspace: Any, begun: Any) -> None:
    place, those = labelled(workspace, begun, 3)
    press, rows = page.keyboard.press, page.locator("[data-conversation]")
    await page.goto(place)
    await expect(rows).to_have_count(3)
    for key, row in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0)):
        await press(key)
        await expect(rows.nth(row)).to_be_focused()
    bar = page.get_by_role("toolbar", name="What is selected")
    await press("x")
    await expect(bar).to_contain_text("1 selected")
    await press("x")
    await expect(bar).to_be_hidden()

    await press("Enter")
    await expect(page).to_have_url(re.compile(those[0]["id"]))
    await expect(page.get_by_role("article")).to_contain_text("It should be here.")
    await press("u")
    await expect(page).not_to_have_url(re.compile(those[0]["id"]))
    await expect(rows.nth(0)).to_be_focused()

    for key, asks in (("s", "Snooze"), ("i", "Assign"), ("l", "Labels"), ("t", "Open ticket")):
        await press(key)
        await closed_again(page, page.get_by_role("dialog", name=re.compile(f"^{asks}")))
    muted = rows.nth(0).get_by_title("Muted")
    await press("m")
    await expect(muted).to_be_visible()
    await press("m")
    await expect(muted).to_be_hidden()
    await press("e")
    await expect(rows).to_have_count(2)
    eventually(lambda: status(workspace, those[0]) == "resolved", "the closing", 20)
    await press("z")
    await expect(rows).to_have_count(3)
    eventually(lambda: status(workspace, those[0]) == "open", "the undoing", 20)


async def closed_again(page: Page, dialog: Locator) -> None:
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


async def test_a_key_does_nothing_to_a_mail_that_came_in_before_anybody_walked(
    page: Page, workspace: Any, begun: Any
) -> None:
    place, [first] = labelled(workspace, begun, 1)
    press, rows = page.keyboard.press, page.locator("[data-conversation]")
    await page.goto(place)
    await expect(rows).to_have_count(1)
    await press("e")
    await press("j")
    await expect(rows.first).to_be_focused()
    await press("Alt+e")
    await press("x")
    await expect(page.get_by_role("toolbar", name="What is selected")).to_contain_text("1 selected")
    assert status(workspace, first) == "open"


async def test_escape_leaves_the_text_whose_draft_stays_and_folds_one_that_is_empty(
    page: Page, workspace: Any, opened: Any, write: Any, begun: Any
) -> None:
    place, [first, second] = labelled(workspace, begun, 2)
    await opened(page, first, place.removeprefix("/inbox/all_open"))
    text = page.get_by_role("textbox", name="Text")
    await write(page, "Half a thought")
    await page.keyboard.press("Escape")
    await expect(text).not_to_be_focused()
    await expect(text).to_have_text("Half a thought")
    await page.keyboard.press("j")
    await expect(page).to_have_url(re.compile(second["id"]))
    await page.keyboard.press("k")
    await expect(text).to_have_text("Half a thought")
    await page.keyboard.press("j")
    await expect(page.get_by_role("heading", name=second["subject"])).to_be_visible()
    await write(page, "")
    await page.keyboard.press("Escape")
    await expect(text).to_be_hidden()


async def test_keys_that_the_page_takes_from_a_mail_are_not_the_browsers_too(
    page: Page, workspace: Any, opened: Any
) -> None:
    customer = Customer(workspace.live)
    mail = customer.mail(workspace.desk.address(), f"In HTML {uuid4().hex[:6]}", "Plain")
    mail.add_alternative("<p>In <b>HTML</b>, with a <a href='https://client.test/'>link</a></p>", subtype="html")
    workspace.live.send(mail, customer.address, workspace.desk.address())
    await opened(page, workspace.desk.conversation_of(customer))
    frame = page.locator("iframe[title^='Mail']").first.content_frame
    await expect(frame.get_by_text("HTML")).to_be_visible()
    taken = await frame.locator("body").evaluate(
        """(body) => {
          const { KeyboardEvent } = body.ownerDocument.defaultView;
          const asked = (key, over) =>
            body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...over }));
          return [asked('k', { ctrlKey: true }), asked('c', { ctrlKey: true })];
        }"""
    )
    assert taken == [False, True]
    await expect(page.get_by_role("dialog", name="Commands")).to_be_visible()


async def test_the_keys_that_go_somewhere_lead_there(page: Page) -> None:
    press = page.keyboard.press
    await page.goto("/inbox/closed")
    await expect(page.get_by_role("heading", name="Closed")).to_be_visible()
    for key, view in (("u", "unassigned"), ("m", "mine"), ("o", "all_open"), ("w", "waiting_on_us")):
        await press("g")
        await press(key)
        await expect(page).to_have_url(re.compile(f"/inbox/{view}$"))
    await press("/")
    await expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    await page.goto("/inbox/mine")
    await expect(page.get_by_role("heading", name="Mine")).to_be_visible()
    for key, opens in (("c", "New conversation"), ("?", "Keyboard shortcuts"), ("ControlOrMeta+k", "Commands")):
        await press(key)
        await closed_again(page, page.get_by_role("dialog", name=opens))


def with_a_copy(workspace: Any) -> dict[str, Any]:
    """A conversation by a mail that went to Carla, too."""
    customer, address = Customer(workspace.live), workspace.desk.address()
    mail = customer.mail(address, f"To all {uuid4().hex[:6]}", "Do you all hear me?", Cc="Carla <carla@client.test>")
    workspace.live.send(mail, customer.address, address)
    found: dict[str, Any] = workspace.desk.conversation_of(customer)
    return found


async def test_the_keys_of_a_conversation_begin_an_answer_and_send_it(
    page: Page, workspace: Any, opened: Any, write: Any
) -> None:
    workspace.set_undo(0)
    text = page.get_by_role("textbox", name="Text")
    to = page.get_by_role("combobox", name="To", exact=True)
    comment = page.get_by_role("textbox", name="Comment, seen by your team only")
    copied = page.get_by_role("region", name="Mail to the customer").get_by_role("button", name="Remove Carla")
    for key, field, copies in (("a", text, 1), ("r", text, 0), ("f", to, 0), ("n", comment, 0)):
        await opened(page, with_a_copy(workspace))
        await page.keyboard.press(key)
        await expect(field).to_be_focused()
        await expect(copied).to_have_count(copies)

    conversation = with_a_copy(workspace)
    await opened(page, conversation)
    await write(page, "We do.")
    await page.keyboard.press("ControlOrMeta+Enter")
    sent = page.get_by_role("article", name="Message by Ada Lovelace")
    await expect(sent).to_have_count(1)
    assert status(workspace, conversation) == "open"
    await expect(text).to_be_hidden()
    await write(page, "And good bye.")
    await page.keyboard.press("ControlOrMeta+Shift+Enter")
    eventually(lambda: status(workspace, conversation) == "resolved", "sent and closed", 20)
    eventually(lambda: len(workspace.desk.lines(conversation["id"])) == 3, "both replies", 20)


async def test_a_mail_is_found_read_answered_and_closed_without_a_mouse(
    page: Page, workspace: Any, begun: Any, write: Any
) -> None:
    workspace.set_undo(0)
    customer, mail, conversation = begun("By keys alone", "Do you open on Sunday?")
    press = page.keyboard.press
    await page.goto("/inbox/mine")
    await expect(page.get_by_role("heading", name="Mine")).to_be_visible()
    await press("g")
    await press("o")
    row = page.locator(f'[data-conversation="{conversation["id"]}"]')
    await expect(row).to_contain_text(str(mail["Subject"]))
    await press("j")
    await expect(row).to_be_focused()
    await press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("Do you open on Sunday?")
    await write(page, "Yes, at ten.")
    await press("ControlOrMeta+Enter")
    await expect(page.get_by_role("article", name="Message by Ada Lovelace")).to_contain_text("Yes, at ten.")
    assert text_of(customer.received()) == "Yes, at ten."
    await press("u")
    await expect(row).to_be_focused()
    await press("e")
    await expect(row).to_have_count(0)
    eventually(lambda: status(workspace, conversation) == "resolved", "the closing", 20)
