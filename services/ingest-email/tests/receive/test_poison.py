"""A mail at which we fail is kept as it came and told as a stub; nothing of it is in the log, and nothing stops."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from events import codec, frame
from ingest_email.addresses import AddressBook, Found, OurAddress
from ingest_email.imap_intake import Fetched, MailboxIntake
from ingest_email.intake import encoded
from ingest_email.parse import parse
from ingest_email.parsing_anew import kept_of, read_anew
from ingest_email.receive_metrics import ReceiveMetrics
from ingest_email.translate import Destination, Keys, Received
from ingest_email.workspace_reader import WorkspaceReader
from service_kit.clock import utc_now
from service_kit.metrics import Metrics

EVENT, INBOX, CHANNEL = (UUID(int=number) for number in (1, 2, 3))
NOON = datetime(2026, 8, 25, 12, tzinfo=UTC)
TO = Destination(INBOX, CHANNEL, "support@postroom.localhost")
FAILED = "reading it failed with ValueError"


def read(raw: bytes, keys: Keys, to: Destination = TO) -> Any:
    received = Received(raw, "jane@example.com", NOON, EVENT)
    return encoded(parse(raw), received, to, EVENT, keys)[0]


def test_a_mail_whose_text_we_fail_at_keeps_its_fields_and_its_raw_bytes(make_mail, poisoned, poison):
    raw = make_mail(f"Hello, {poison}\n")
    translated = read(raw, poisoned)
    fact = translated.envelope.data
    assert fact.facts.unreadable == FAILED
    assert (fact.content.subject, fact.content.sender.address) == ("My order", "jane@example.com")
    assert [one.name for one in fact.content.attachments] == ["original.eml"]
    assert translated.blobs == ((fact.content.raw.name, raw),)


def test_a_mail_whose_fields_we_fail_at_keeps_its_raw_bytes_and_where_it_belongs(make_mail, poisoned, poison):
    raw = make_mail(headers={"Subject": poison})
    to = replace(TO, conversation_id=UUID(int=9), authserv_id="mx.example.com")
    translated = read(raw, poisoned, to)
    fact = translated.envelope.data
    assert (fact.facts.unreadable, fact.content.subject) == (FAILED, "")
    assert (fact.inbox_id, fact.reply_to_conversation) == (INBOX, UUID(int=9))
    assert translated.blobs == ((fact.content.raw.name, raw),)
    assert read(raw, poisoned, to).envelope.data.dedupe_key == fact.dedupe_key, "a second copy is a duplicate"
    assert read(make_mail("x", headers={"Subject": poison}), poisoned).envelope.data.dedupe_key != fact.dedupe_key


def test_the_fault_is_told_with_its_place_and_without_a_word_of_the_mail(make_mail, poisoned, poison, caplog):
    with caplog.at_level(logging.INFO):
        read(make_mail(f"Hello, {poison}\n", headers={"Subject": poison}), poisoned)
    told = "".join(repr(vars(record)) for record in caplog.records)
    assert "ValueError" in told and "_dedupe_key" in told and "translate.py" in told
    assert poison not in told and "jane" not in told


class Kept:
    """Holds what is prepared; no blob store and no log."""

    def __init__(self) -> None:
        self.prepared: list[Any] = []

    async def keep(self, prepared: Any) -> None:
        self.prepared += prepared


class OneAddress(AddressBook):
    def find(self, address: str) -> Found:
        return Found(OurAddress(INBOX, CHANNEL, address, False), "")


def mailbox(kept: Kept, keys: Keys) -> MailboxIntake:
    metrics = ReceiveMetrics(Metrics())
    reader: Any = WorkspaceReader(OneAddress())
    return MailboxIntake(kept, workspace=reader, keys=keys, metrics=metrics, clock=utc_now)  # type: ignore[arg-type]


async def test_in_a_mailbox_the_mails_behind_it_come_all_the_same(make_mail, poisoned, poison):
    kept = Kept()
    mails = [make_mail("one"), make_mail(poison), make_mail(headers={"Subject": poison}), make_mail("two")]
    await mailbox(kept, poisoned).store([Fetched(raw) for raw in mails], "help@shop.test")
    facts = [translated.envelope.data.facts for translated, _ in kept.prepared]
    assert [one.unreadable for one in facts] == [None, FAILED, FAILED, None]
    assert [translated.blobs[0][1] for translated, _ in kept.prepared] == mails


def test_a_quarantined_mail_at_which_we_fail_again_comes_as_a_stub(make_mail, poisoned, poison, translated):
    raw = make_mail(f"Hello, {poison}\n")
    first = translated(raw)
    record = frame.pack(("t",), b"", codec.encode(first.envelope))
    anew = read_anew(kept_of(record), raw, "", poisoned)
    assert anew.envelope.id == first.envelope.id
    assert anew.envelope.data.facts.unreadable == FAILED
