"""Erasing a person: keys, rows and blobs go, the log keeps its shape."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from events.commands import EraseContact
from router.housekeeping import Housekeeping
from router.testing import Workbench, kinds, mail
from service_kit.blobs import BlobNotFound, Blobs, file_of

pytestmark = pytest.mark.real


def test_erasing_a_contact_touches_every_conversation_that_holds_the_persons_data(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact, own = bench.receive(mail(message_id="one@c"))[:2]
    other, foreign = bench.receive(mail("other@c.example", message_id="two@c", cc=["maria@customer.example"]))[:2]
    bench.receive(mail(in_reply_to=["two@c"]))
    bench.receive(mail("third@c.example"))
    before = bench.last_position()
    outcome = bench.command(EraseContact(), contact.stream)
    assert outcome.state == "done"
    events = bench.events(after=before)
    assert kinds(events) == ["ContactErased", "PersonalDataErased", "PersonalDataErased", "CommandHandled"]
    assert {event.stream for event in events[1:3]} == {own.stream, foreign.stream}
    assert set(events[0].data.conversation_ids) == {own.stream, foreign.stream}
    assert bench.rows("SELECT key_id FROM keyring.keys WHERE wrapped IS NULL AND erased_at IS NOT NULL") == [
        (contact.stream,)
    ]
    again = bench.events(stream=foreign.stream)
    assert again[0].data.personal is not None, "the other person's words stay"
    assert next(event for event in again if event.type == "MessageAppended").data.personal is None
    assert bench.events(stream=own.stream)[0].data.personal is None
    assert bench.events(stream=other.stream)[0].data.personal is not None


def test_no_row_of_the_person_stays(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact = bench.receive(mail(message_id="one@c", in_reply_to=["zero@c"], blobs=["raw/1", "part/2"]))[0]
    bench.receive(mail("other@c.example", cc=["maria@customer.example"]))
    bench.command(EraseContact(), contact.stream)
    digest = bench.parts.decoder.hashes.handle("email", "maria@customer.example")
    assert bench.rows("SELECT 1 FROM router.participants WHERE handle_hash = %s", digest) == []
    assert bench.rows("SELECT 1 FROM router.handles WHERE contact_id = %s", contact.stream) == []
    for table in ("thread_keys", "dedupe", "holdings", "blobs"):
        owners = [row[0] for row in bench.rows(f"SELECT contact_id FROM router.{table}")]
        assert contact.stream not in owners, table
    assert bench.rows("SELECT name FROM router.blobs_to_delete ORDER BY name") == [("part/2",), ("raw/1",)]


def test_erasing_twice_changes_nothing_the_second_time(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact = bench.receive(mail())[0]
    bench.command(EraseContact(), contact.stream)
    before = bench.last_position()
    outcome = bench.command(EraseContact(), contact.stream)
    assert outcome.state == "done"
    assert kinds(bench.events(after=before)) == ["CommandHandled"]
    assert [one.topic for one in outcome.shown_at] == ["contacts.v1"]


def test_an_erased_person_who_writes_again_is_a_new_contact(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact, own = bench.receive(mail(message_id="one@c"))[:2]
    bench.command(EraseContact(), contact.stream)
    events = bench.receive(mail(in_reply_to=["one@c"]))
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationRouted"]
    assert events[0].stream != contact.stream
    assert events[1].stream != own.stream


async def test_blobs_are_deleted_after_the_commit_and_their_rows_after_them(bench: Workbench, tmp_path: Path) -> None:
    bench.set_up_workspace()
    blobs = Blobs(tmp_path.as_uri())
    await blobs.put("event/raw", b"a mail")
    await blobs.put("event/other", b"of somebody else")
    contact = bench.receive(mail(blobs=["event/raw", "event/never-written"]))[0]
    bench.command(EraseContact(), contact.stream)
    housekeeping = Housekeeping(bench.dsn, blobs)
    assert await housekeeping.delete_blobs() == 2
    with pytest.raises(BlobNotFound):
        await blobs.get("event/raw")
    assert await blobs.get("event/other") == b"of somebody else"
    assert bench.count("blobs_to_delete") == 0
    await housekeeping.close()


async def test_the_sweeper_deletes_old_blobs_that_no_row_names(bench: Workbench, tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    for name in ("named", "unnamed", "young"):
        await blobs.put(f"event/{name}", b"bytes")
    long_ago = time.time() - timedelta(days=16).total_seconds()
    for name in ("named", "unnamed"):
        os.utime(tmp_path / file_of(f"event/{name}"), (long_ago, long_ago))
    housekeeping = Housekeeping(bench.dsn, blobs)
    assert await housekeeping.sweep() == 0, "with no named blob at all nothing is swept"
    bench.receive(mail(blobs=["event/named"]))
    assert await housekeeping.sweep() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [file_of("event/named"), file_of("event/young")]
    await housekeeping.close()


async def test_outcomes_are_forgotten_after_thirty_days(bench: Workbench, tmp_path: Path) -> None:
    bench.set_up_workspace()
    later = datetime.now(UTC)
    assert bench.count("command_outcomes") > 0
    housekeeping = Housekeeping(bench.dsn, Blobs(tmp_path.as_uri()), lambda: later)
    bench.rows("UPDATE router.command_outcomes SET handled_at = %s RETURNING 1", later - timedelta(days=29))
    await housekeeping.prune()
    assert bench.count("command_outcomes") > 0
    bench.rows("UPDATE router.command_outcomes SET handled_at = %s RETURNING 1", later - timedelta(days=31))
    await housekeeping.prune()
    assert bench.count("command_outcomes") == 0
    await housekeeping.close()
