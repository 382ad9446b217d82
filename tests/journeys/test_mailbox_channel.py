"""A company's own mailbox: mail dropped into it is answered by its own SMTP server, and the answer by IMAP joins."""

from __future__ import annotations

import imaplib
import smtplib
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest

from local_runtime.greenmail import GreenMail
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real


def drop(server: GreenMail, mail: EmailMessage, sender: str, mailbox: str) -> None:
    with smtplib.SMTP(server.host, server.smtp_port, timeout=30) as smtp:
        smtp.send_message(mail, sender, [mailbox])


def arrived(server: GreenMail, mailbox: str) -> EmailMessage | None:
    """The newest mail of a mailbox."""
    with imaplib.IMAP4(server.host, server.imap_port, timeout=30) as imap:
        imap.login(mailbox, "any password is right")
        imap.select("INBOX", readonly=True)
        numbers = imap.search(None, "ALL")[1][0].split()
        if not numbers:
            return None
        found = imap.fetch(numbers[-1], "(RFC822)")[1][0]
    assert isinstance(found, tuple)
    mail = message_from_bytes(found[1], policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_mail_in_a_mailbox_is_answered_by_its_own_server_and_the_answer_joins(
    postroom: LivePostroom, greenmail: GreenMail
) -> None:
    customer, ours = Customer(postroom), f"help-{uuid4().hex[:8]}@shop.test"
    login = {"username": ours, "password": "any password is right", "tls": "none"}
    settings = {
        "address": ours,
        "from_name": "Shop",
        "imap": {"host": greenmail.host, "port": greenmail.imap_port, **login},
        "smtp": {"host": greenmail.host, "port": greenmail.smtp_port, "tls": "none"},
    }
    with Desk(postroom) as desk:
        body = {"inbox_id": desk.inbox()["id"], "kind": "email", "settings": settings}
        channel = desk.do("POST", "/channels", body)

        def healthy() -> bool:
            channels = {one["id"]: one for one in desk.get("/channels")["items"]}
            return bool(channels[channel["id"]]["health"]["state"] == "ok")

        eventually(healthy, "a mailbox that is connected", 60)
        begun = desk.api.post(f"/channels/{channel['id']}/test")
        assert begun.status_code == 201, begun.text

        def tested() -> dict[str, Any] | None:
            test: dict[str, Any] = desk.get(f"/channels/{channel['id']}/tests/{begun.json()['id']}")
            return None if test["state"] == "running" else test

        test = eventually(tested, "the end of the channel's test", 90)
        assert [hop["state"] for hop in test["hops"]] == ["ok"] * 4, test
        assert test["hops"][3]["inbox_id"] == desk.inbox()["id"] and desk.conversations_of(ours) == []
        question = customer.mail(ours, "Which lamp?", "The green one or the blue one?")
        drop(greenmail, question, customer.address, ours)
        conversation = desk.conversation_of(customer)
        assert (conversation["subject"], conversation["channel_id"]) == ("Which lamp?", channel["id"])
        desk.do("POST", f"/conversations/{conversation['id']}/replies", {"text": "The green one."})
        reply = eventually(lambda: arrived(greenmail, customer.address), "the reply in the customer's mailbox", 60)
        assert reply["In-Reply-To"] == question["Message-ID"]
        assert (reply["From"].addresses[0].addr_spec, reply["From"].addresses[0].display_name) == (ours, "Shop")
        assert not [mail for mail in postroom.outbox() if customer.address in str(mail["To"])], "by its own server only"
        answer = customer.mail(str(reply["Reply-To"]), str(reply["Subject"]), "Thank you, green it is.")
        answer["In-Reply-To"] = str(reply["Message-ID"])
        drop(greenmail, answer, customer.address, ours)
        eventually(lambda: len(desk.lines(conversation["id"])) == 3, "the answer in the conversation", 60)
        assert [line["direction"] for line in desk.lines(conversation["id"])] == ["in", "out", "in"]
        states = [line["delivery"]["state"] for line in desk.lines(conversation["id"]) if line["delivery"]]
        assert states == ["sent"]
        desk.do("DELETE", f"/channels/{channel['id']}")
