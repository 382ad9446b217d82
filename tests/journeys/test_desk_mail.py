"""What goes out: attachments, blind copies, the address that speaks; and new addresses, which work at once."""

from uuid import uuid4

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real
FILE = b"%PDF-1.4\n" + bytes(range(256)) * 40


def test_an_uploaded_file_arrives_with_the_reply(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        customer.writes(desk.address(), "The contract?", "Please.")
        conversation = desk.conversation_of(customer)
        uploaded = desk.api.post("/uploads", files={"file": ("Umowa ąę.pdf", FILE, "application/pdf")})
        assert uploaded.status_code == 201, uploaded.text
        reply = desk.reply(conversation["id"], "Attached.", attachment_ids=[uploaded.json()["id"]])
        (shown,) = reply["attachments"]
        assert (shown["name"], shown["size"]) == ("Umowa ąę.pdf", len(FILE))
        (attached,) = customer.received().iter_attachments()
        assert (attached.get_filename(), attached.get_content_type()) == ("Umowa ąę.pdf", "application/pdf")
        assert attached.get_content() == FILE


def test_a_blind_copy_is_seen_by_the_team_only_and_gone_from_the_next_reply(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer, secret = Customer(postroom), f"auditor-{uuid4().hex[:8]}@elsewhere.test"
        customer.writes(desk.address(), "In confidence", "Between us.")
        conversation = desk.conversation_of(customer)
        reply = desk.reply(conversation["id"], "Certainly.", bcc=[secret])
        assert [one["address"] for one in reply["bcc"]] == [secret]
        first = customer.received()
        assert first["Bcc"] is None and secret not in first.as_string()
        envelopes = "".join(path.read_text() for path in (postroom.var / "outbox").glob("*.json"))
        assert envelopes.count(secret) == 1, "the blind copy is in the envelope"
        customer.answers(first, "Thank you.")
        eventually(lambda: len(desk.lines(conversation["id"])) == 3, "the answer", 60)
        second = desk.reply(conversation["id"], "You are welcome.")
        assert second["bcc"] == []
        assert secret not in customer.received(besides=first).as_string()
        envelopes = "".join(path.read_text() for path in (postroom.var / "outbox").glob("*.json"))
        assert envelopes.count(secret) == 1


def test_the_reply_comes_from_the_address_that_the_mail_was_delivered_to(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        inbox = desk.do("POST", "/inboxes", {"name": f"Sales {uuid4().hex[:6]}"})
        customer = Customer(postroom)
        customer.writes(inbox["fallback_address"], "At once?", "The address is a moment old.")
        early = desk.conversation_of(customer)
        assert early["inbox_id"] == inbox["id"]
        desk.reply(early["id"], "At once.")
        assert inbox["fallback_address"] in str(customer.received()["From"])

        ours = [f"{word}-{uuid4().hex[:6]}@shop.test" for word in ("sales", "offers")]
        for address in ours:
            settings = {"address": address, "from_name": "The shop"}
            desk.do("POST", "/channels", {"inbox_id": inbox["id"], "kind": "email", "settings": settings})
        for address in reversed(ours):
            other = Customer(postroom)
            mail = other.mail("undisclosed@nowhere.test", "By RCPT only", "To says something else.")
            postroom.send(mail, other.address, address)
            desk.reply(desk.conversation_of(other)["id"], "From the right one.")
            assert [one.addr_spec for one in other.received()["From"].addresses] == [address]
            assert other.received()["From"].addresses[0].display_name == "The shop"
