"""What administrators set and see of e-mail: filters, blocked mails as they came, who did what, each difference."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real


def test_a_blocked_mail_is_kept_out_listed_and_counted_and_lifting_the_block_lets_the_next_in(
    postroom: LivePostroom,
) -> None:
    customer = Customer(postroom)
    with Desk(postroom) as desk:
        known = desk.get("/email-filters")
        block = {"kind": "block", "field": "address", "value": customer.address, "note": "loud"}
        filters = desk.do("PUT", "/email-filters", {**known, "filters": [*known["filters"], block]})
        stale = desk.ask("PUT", "/email-filters", known)
        assert stale.status_code == 412, stale.text
        sent = customer.writes(desk.address(), "Buy now", "Cheap watches!")

        def caught() -> dict[str, Any] | None:
            items = desk.get("/filtered-messages")["items"]
            return next((one for one in items if one["from"] and one["from"]["address"] == customer.address), None)

        kept = eventually(caught, "the blocked mail", 60)
        assert (kept["filter"]["note"], kept["subject"]) == ("loud", "Buy now")
        raw = desk.api.get(kept["raw_url"].removeprefix("/api/v1"))
        assert raw.status_code == 200 and str(sent["Message-ID"]).encode() in raw.content
        assert desk.conversations_of(customer.address) == []
        hour = datetime.fromisoformat(kept["received_at"]).astimezone(UTC).isoformat()
        named = desk.get("/reconciliation/differences", hour=hour, limit=200)["items"]
        assert ("filtered", kept["id"]) in {(one["kind"], one["filtered_id"]) for one in named}
        desk.do("PUT", "/email-filters", {"filters": filters["filters"][:-1], "version": filters["version"]})
        customer.writes(desk.address(), "Sorry", "A question.")
        assert desk.conversation_of(customer)["subject"] == "Sorry"
        contact = desk.get("/contacts", q=customer.address)["items"][0]
        desk.do("DELETE", f"/contacts/{contact['id']}")

        def erased() -> bool:
            items = desk.get("/filtered-messages")["items"]
            return any(one["id"] == kept["id"] and one["erased"] and not one["subject"] for one in items)

        eventually(erased, "the blocked mail without words", 60)
        assert desk.api.get(kept["raw_url"].removeprefix("/api/v1")).status_code == 404
        acts = desk.get("/audit", kind="EmailFiltersSet")["items"]
        assert acts[0]["details"]["version"] == filters["version"] + 1 and acts[0]["address"] == "127.0.0.1"


def kept_out(desk: Desk, customer: Customer, subject: str) -> dict[str, Any]:
    """The customer's mail among the filtered ones, as soon as it is there."""

    def caught() -> dict[str, Any] | None:
        items = desk.get("/filtered-messages")["items"]
        mine = [one for one in items if one["from"] and one["from"]["address"] == customer.address]
        return next((one for one in mine if one["subject"] == subject), None)

    return eventually(caught, f"the filtered mail {subject!r}", 60)


def test_a_newsletter_is_let_in_its_sender_blocked_as_spam_and_all_of_it_undone(postroom: LivePostroom) -> None:
    customer = Customer(postroom)
    newsletter = {"List_Unsubscribe": "<https://news.test/u>"}
    with Desk(postroom) as desk:
        known = desk.get("/email-filters")
        desk.do("PUT", "/email-filters", {**known, "switches": [{"inbox_id": desk.inbox()["id"], "newsletter": True}]})
        customer.writes(desk.address(), "News of May", "Read this.", **newsletter)
        kept = kept_out(desk, customer, "News of May")
        assert (kept["switch"], kept["filter"], kept["conversation_id"]) == ("newsletter", None, None)
        path = f"/filtered-messages/{kept['id']}/admit"
        admitted, again = desk.do("POST", path), desk.do("POST", path)
        assert admitted == again and admitted["admitted_at"] is not None
        conversation = desk.conversation(admitted["conversation_id"])
        assert (conversation["subject"], conversation["created_at"]) == ("News of May", kept["received_at"])
        assert len(desk.conversations_of(customer.address)) == 1
        desk.do("PUT", "/email-filters", {**desk.get("/email-filters"), "switches": []})
        spam = f"/conversations/{conversation['id']}/status"
        public = desk.ask("PUT", spam, {"status": "resolved", "block": "sender"})
        assert public.status_code == 422, public.text
        desk.do("PUT", spam, {"status": "spam", "block": "sender"})
        customer.writes(desk.address(), "News of June", "Read this, too.")
        assert kept_out(desk, customer, "News of June")["filter"]["note"] == "Marked as spam"
        desk.do("PUT", spam, {"status": "open"})
        assert desk.get("/email-filters")["filters"] == known["filters"]
        customer.writes(desk.address(), "News of July", "Read this at last.")

        def both() -> list[dict[str, Any]] | None:
            found = desk.conversations_of(customer.address)
            return found if len(found) == 2 else None

        ids = [one["id"] for one in eventually(both, "the newest mail in a conversation", 60)]
        asked = {"ids": [*ids, str(uuid4())], "command": {"type": "status", "status": "resolved"}}
        assert desk.do("POST", "/conversations/bulk", {**asked, "dry_run": True})["matched"] == 2
        done = desk.do("POST", "/conversations/bulk", asked)
        assert (done["matched"], done["done"]) == (2, 2)
        assert [one["reason"] for one in done["refused"]] == ["conversation-not-found"]
        assert {one["status"] for one in desk.conversations_of(customer.address)} == {"resolved"}
        asked["command"] = {"type": "status", "status": "spam", "block": "sender"}
        blocked = desk.do("POST", "/conversations/bulk", asked)
        assert (blocked["done"], len(blocked["refused"])) == (2, 1)
        (added,) = [one for one in desk.get("/email-filters")["filters"] if one not in known["filters"]]
        assert (added["field"], added["value"], added["note"]) == ("address", customer.address, "Marked as spam")
        customer.writes(desk.address(), "News of August", "Nobody reads this.")
        assert kept_out(desk, customer, "News of August")["filter"]["id"] == added["id"]
        desk.do("POST", "/conversations/bulk", {"ids": ids, "command": {"type": "status", "status": "open"}})
        assert desk.get("/email-filters")["filters"] == known["filters"], "all of them open: the sender is let in again"
        assert desk.do("POST", "/conversations/bulk", {"ids": ids, "command": {"type": "mute"}})["done"] == 2
        assert all(desk.conversation(each)["muted"] for each in ids)


def test_the_password_of_a_mailbox_is_told_to_nobody(postroom: LivePostroom) -> None:
    secret = f"never told {uuid4().hex}"
    server = {"host": "127.0.0.1", "port": 9, "username": "help", "password": secret, "tls": "none"}
    address = f"box-{uuid4().hex[:8]}@our.test"
    with Desk(postroom) as desk:
        body = {"inbox_id": desk.inbox()["id"], "kind": "email", "settings": {"address": address, "smtp": server}}
        channel = desk.do("POST", "/channels", body)
        assert channel["settings"]["smtp"]["has_password"] and channel["settings"]["smtp"]["password"] is None
        changed = desk.do("PATCH", f"/channels/{channel['id']}", {"settings": {"from_name": "Box"}})
        assert changed["settings"]["smtp"] == channel["settings"]["smtp"]
        told = [desk.api.get(path).text for path in ("/channels", "/inboxes", "/audit")]
        desk.do("DELETE", f"/channels/{channel['id']}")
    logs = [path.read_text("utf-8", "replace") for path in postroom.var.rglob("*.log")]
    assert logs and secret not in "".join((*told, *logs))


def test_what_an_agent_does_is_in_the_audit_from_log_in_to_log_out(postroom: LivePostroom) -> None:
    body = {"name": "Dana", "email": f"dana-{uuid4().hex[:8]}@our.test", "role": "agent", "password": "correct horse"}
    with Desk(postroom) as desk:
        agent = desk.do("POST", "/agents", body)
        limited = desk.do("PATCH", f"/agents/{agent['id']}", {"capacity": 2})
        assert limited["capacity"] == 2
        with httpx.Client(
            base_url=f"{postroom.api_url}/api/v1", timeout=30, headers={"User-Agent": "Trying"}
        ) as client:
            log_in = {"email": body["email"], "password": body["password"]}
            assert client.post("/session", json={**log_in, "password": "wrong"}).status_code == 401
            assert client.post("/session", json=log_in).status_code == 200
            assert client.put("/me/availability", json={"state": "offline"}).status_code == 422
            assert client.put("/me/availability", json={"state": "available"}).status_code == 200
            assert client.get("/audit").status_code == 403
            assert client.delete("/session").status_code == 204
        acts = desk.get("/audit", agent_id=agent["id"])["items"]
    assert [one["kind"] for one in acts] == ["LoggedOut", "AgentAvailabilityChanged", "LoggedIn", "LogInFailed"]
    assert {one["user_agent"] for one in acts} == {"Trying"}
