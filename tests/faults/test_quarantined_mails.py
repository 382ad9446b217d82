"""A mail that was read wrongly waits in quarantine, and comes into the inbox when it is read anew."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from events.topics import INBOUND_EMAIL
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from service_kit.blobs import Blobs
from service_kit.testing.log import letters, put

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(240)]
RECEIVE, ROUTER = "ingest-email-receive", "router"


async def read_wrongly(
    live: LivePostroom, desk: Desk, address: str, *, raw_is_there: bool = True
) -> tuple[Customer, Any]:
    """A customer whose mail an earlier parser made a record of that the router cannot handle."""
    template = Customer(live)
    template.writes(address, "A good one", "As records should be.")
    desk.conversation_of(template)
    good = next(one for one in await letters(live.kafka, INBOUND_EMAIL.name) if template.address.encode() in one.value)
    customer, received_id = Customer(live, "Zażółć Gęślą"), str(uuid4())
    mail = customer.mail(address, "Read wrongly", "Please read me anew.")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="bill.pdf")
    raw = f"{received_id}/{'0' * 64}"
    if raw_is_there:
        await Blobs(live.settings()["POSTROOM_BLOB_URL"]).put(raw, mail.as_bytes())
    body = msgspec.json.decode(good.value)
    body["data"]["facts"]["blobs"] = [raw]
    body["data"]["content"] = {"delivered_to": address, "subject": ["not", "a", "text"]}
    headers = [(name, received_id.encode() if name == "ce_id" else value) for name, value in good.headers]
    known = {one["id"] for one in desk.get("/quarantine", limit=200)["items"]}
    await put(live.kafka, INBOUND_EMAIL.name, (headers, msgspec.json.encode(body)), partition=good.partition)

    def found() -> Any:
        return next((one for one in desk.get("/quarantine", limit=200)["items"] if one["id"] not in known), None)

    return customer, eventually(found, "the record is in quarantine")


def retried(desk: Desk, record: Any) -> Any:
    """The record when its retry has come to an end."""

    def ended() -> Any:
        now = desk.get(f"/quarantine/{record['id']}")
        return now if now["retry"] and now["retry"]["state"] != "waiting" else None

    return eventually(ended, "the retry has an end", 90)


async def test_a_retry_reads_the_mail_anew_and_it_comes_into_the_inbox_once(live: LivePostroom, address: str) -> None:
    with Desk(live) as desk:
        customer, record = await read_wrongly(live, desk, address)
        assert record["retry"] is None and record["reason"].startswith("MalformedEvent")
        answer = desk.ask("POST", f"/quarantine/{record['id']}/retry").json()
        assert (answer["id"], answer["retry"]["reason"]) == (record["id"], None)
        done = retried(desk, record)
        assert (done["retry"]["state"], done["released_at"] is not None) == ("done", True)
        shown = desk.conversation_of(customer)
        (line,) = desk.lines(shown["id"])
        assert (shown["subject"], line["author"]["name"]) == ("Read wrongly", "Zażółć Gęślą")
        assert "Please read me anew." in line["text"]
        (file,) = line["attachments"]
        assert desk.api.get(file["url"].removeprefix("/api/v1")).content == b"%PDF-1.7"
        assert b"Please read me anew." in desk.api.get(f"/messages/{line['id']}/raw").content
        assert record["id"] not in {one["id"] for one in desk.get("/quarantine", limit=200)["items"]}


async def test_a_retry_survives_who_is_killed_meanwhile(live: LivePostroom, address: str) -> None:
    with Desk(live) as desk:
        customer, record = await read_wrongly(live, desk, address)
        live.kill(RECEIVE)
        desk.ask("POST", f"/quarantine/{record['id']}/retry")
        live.kill(ROUTER)
        desk.ask("POST", f"/quarantine/{record['id']}/retry")
        live.kill(RECEIVE)
        assert retried(desk, record)["retry"]["state"] == "done"
        assert [one["subject"] for one in desk.conversations_of(customer.address)] == ["Read wrongly"]


async def test_a_retry_that_does_not_help_says_why_and_can_be_repeated(live: LivePostroom, address: str) -> None:
    with Desk(live) as desk:
        _, record = await read_wrongly(live, desk, address, raw_is_there=False)
        for _ in range(2):
            desk.ask("POST", f"/quarantine/{record['id']}/retry")
            failed = retried(desk, record)
            assert (failed["retry"]["state"], failed["released_at"]) == ("failed", None)
            assert "no longer in the blob store" in failed["retry"]["reason"]
