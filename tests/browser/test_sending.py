"""What becomes of what is sent: refused, of unknown outcome, held, and what goes to people outside the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.async_api import Locator, Page, expect

from local_runtime.journey import Customer, text_of
from local_runtime.live import eventually
from local_runtime.ports import LOCALHOST, free_ports

ATTEMPTS = "SELECT delivery_attempt FROM inbox.messages WHERE message_id = %s"
RISK = "If you send it again, the customer may get it twice."


@dataclass
class MailServer:
    """A mail server by which replies go out, and that does as it is told."""

    refuses: str = ""
    """What it says to each recipient."""
    hangs_up: bool = False
    """Once it has the whole mail, without a word."""
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.got.append(mail)
        if self.hangs_up:
            server.transport.abort()
        return "250 taken"

    def texts(self) -> list[str]:
        return [text_of(mail) for mail in self.got]


@dataclass
class OwnAddress:
    """An address of the inbox whose replies leave by a server of its own."""

    address: str
    server: MailServer


@pytest.fixture
def own_address(workspace: Any) -> Iterator[OwnAddress]:
    server, address = MailServer(), f"help-{uuid4().hex[:8]}@shop.test"
    (port,) = free_ports(1)
    controller = Controller(server, hostname=LOCALHOST, port=port)
    controller.start()
    settings = {"address": address, "smtp": {"host": LOCALHOST, "port": port, "tls": "none"}}
    body = {"inbox_id": workspace.desk.inbox()["id"], "kind": "email", "settings": settings}
    channel = workspace.desk.do("POST", "/channels", body)
    yield OwnAddress(address, server)
    workspace.desk.do("DELETE", f"/channels/{channel['id']}")
    controller.stop()


@pytest.fixture(autouse=True)
def at_once(workspace: Any) -> None:
    """What is sent from here goes out at once."""
    workspace.set_undo(0)


async def send(page: Page, write: Any, text: str, own: OwnAddress) -> Locator:
    """Sends it from that address; the message in the thread."""
    await write(page, text)
    await page.get_by_label("From", exact=True).select_option(own.address)
    await page.get_by_role("button", name="Send", exact=True).click()
    return page.get_by_role("article", name="Message by Ada Lovelace").filter(has_text=text)


async def test_a_refused_reply_says_why_and_arrives_when_it_is_tried_again(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any, own_address: OwnAddress
) -> None:
    _, _, conversation = begun("Refused")
    own_address.server.refuses = "550 no such user here"
    await opened(page, conversation)
    sent = await send(page, write, "Do you get this?", own_address)
    said = sent.get_by_role("alert")
    await expect(said).to_contain_text("This was not delivered.")
    await expect(said).to_contain_text("no such user here")
    own_address.server.refuses = ""
    await said.get_by_role("button", name="Retry").click()
    await expect(sent.get_by_text("Sent", exact=True)).to_be_visible()
    await expect(said).to_be_hidden()
    assert own_address.server.texts() == ["Do you get this?"]


def tried(workspace: Any, conversation: dict[str, Any]) -> int:
    """How often the newest reply was handed over, as far as the conversation knows."""
    newest = workspace.desk.lines(conversation["id"])[-1]["id"]
    with workspace.live.database() as connection:
        return connection.execute(ATTEMPTS, (newest,)).fetchone()[0] or 0


async def test_a_reply_of_unknown_outcome_is_answered_for_by_the_agent(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any, own_address: OwnAddress
) -> None:
    _, _, conversation = begun("Unknown")
    server = own_address.server
    await opened(page, conversation)
    for text, answer in (("This one came.", "It arrived"), ("This one is lost.", "Send again")):
        server.hangs_up = True
        server.got.clear()
        sent = await send(page, write, text, own_address)
        await expect(sent.get_by_text("It is unknown whether this arrived.")).to_be_visible()
        await expect(sent.get_by_text(RISK)).to_be_visible()
        eventually(lambda: tried(workspace, conversation) == 2, "the one more try that Postroom makes by itself")
        server.hangs_up = False
        await sent.get_by_role("button", name=answer).click()
        await expect(sent.get_by_text("Sent", exact=True)).to_be_visible()
        await expect(sent.get_by_text(RISK)).to_be_hidden()
        assert server.texts() == [text] * (2 if answer == "It arrived" else 3)
        assert len({mail["Message-ID"] for mail in server.got}) == 1


async def test_a_scheduled_reply_is_held_when_the_customer_writes_and_goes_out_by_the_agents_word(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    customer, question, conversation = begun("Held")
    await opened(page, conversation)
    await write(page, "It comes next week.")
    await page.get_by_role("button", name="More ways to send").click()
    await page.get_by_role("menuitem", name="Send later").click()
    await page.get_by_role("dialog", name="Send later").get_by_role("button", name="Tomorrow").click()
    sent = page.get_by_role("article", name="Message by Ada Lovelace")
    await expect(sent.get_by_role("status")).to_contain_text("Goes out")
    address, subject = workspace.desk.address(), f"Re: {question['Subject']}"
    customer.writes(address, subject, "It is here!", In_Reply_To=str(question["Message-ID"]))
    await expect(page.get_by_role("article", name=f"Message by {customer.name}")).to_have_count(2)
    await expect(sent.get_by_role("status")).to_contain_text("Held: the customer wrote meanwhile.")
    await sent.get_by_role("button", name="Send now").click()
    await expect(sent.get_by_text("Sent", exact=True)).to_be_visible()
    assert text_of(customer.received()) == "It comes next week."


async def test_who_is_outside_the_conversation_is_asked_aside_and_the_customer_never_sees_it(
    page: Page, workspace: Any, begun: Any, opened: Any, write: Any
) -> None:
    customer, _, conversation = begun("Lost parcel", "Where is my parcel?")
    carrier = Customer(workspace.live, "Carla Carrier")
    await opened(page, conversation)
    await page.keyboard.press("f")
    to = page.get_by_role("combobox", name="To", exact=True)
    await expect(to).to_be_focused()
    await to.fill(carrier.address)
    await to.press("Enter")
    await page.get_by_role("textbox", name="Text").press_sequentially("Can you look?")
    await page.keyboard.press("ControlOrMeta+Enter")
    aside = page.get_by_role("article").filter(has_text="It never reaches the customer.")
    await expect(aside).to_contain_text("Can you look?")
    asked = carrier.received()
    assert "Can you look?" in text_of(asked) and "Where is my parcel?" in text_of(asked)
    carrier.answers(asked, "We have lost it, do not tell.")
    await expect(aside).to_have_count(2)
    await expect(aside.filter(has_text=carrier.name).last).to_contain_text("We have lost it, do not tell.")

    await write(page, "We are looking for it.")
    await expect(page.get_by_role("button", name=f"Remove {carrier.name}")).to_have_count(0)
    await page.get_by_role("button", name="Send", exact=True).click()
    reply = customer.received()
    assert carrier.address not in reply.as_string() and "do not tell" not in reply.as_string()
    eventually(lambda: len(workspace.desk.lines(conversation["id"])) == 4, "the reply in the conversation")
    await expect(aside).to_have_count(2)
