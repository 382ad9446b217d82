"""A quarantined mail is read anew as it came the first time."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from events import codec, frame
from events.conversations import QuarantineRetryRequested
from events.testing import MOMENT, envelope
from events.topics import INBOUND_EMAIL
from ingest_email.imap_mails import UNGIVEN
from ingest_email.parsing_anew import RecordUnreadable, answer, kept_of, new_blobs, read_anew
from ingest_email.translate import Translated

CONVERSATION = UUID("01900000-0000-7000-8000-0000000000ee")
PDF = ("a.pdf", "application/pdf", b"%PDF")


def quarantined(translation: Translated, **damage: object) -> bytes:
    """The blob of the quarantined record, `damage` done to its data on the wire."""
    record = codec.encode(translation.envelope)
    body = msgspec.json.decode(record.value)
    body["data"].update(damage)
    return frame.pack((INBOUND_EMAIL.name,), b"key", codec.Record(record.headers, msgspec.json.encode(body)))


def test_read_by_the_same_parser_a_mail_is_what_it_was(make_mail, translated, keys):
    first = translated(make_mail(html="<p>Hello</p>", files=[PDF]), conversation_id=CONVERSATION)
    kept = kept_of(quarantined(first))
    again = read_anew(kept, first.blobs[0][1], "", keys)

    assert again == first
    assert new_blobs(again, kept) == []


def test_what_was_wrong_with_the_record_does_not_matter(make_mail, translated, keys):
    first = translated(make_mail(files=[PDF]))
    facts = msgspec.to_builtins(first.envelope.data.facts) | {
        "sent_at": "yesterday",
        "blobs": first.envelope.data.facts.blobs[:1],
    }
    content = {"delivered_to": "support@postroom.localhost", "attachments": [{"nonsense": True}], "subject": 7}
    kept = kept_of(quarantined(first, facts=facts, content=content, dedupe_key=None))
    again = read_anew(kept, first.blobs[0][1], "", keys)

    assert again.envelope == first.envelope
    assert new_blobs(again, kept) == list(first.blobs[1:])


def test_what_the_mail_itself_does_not_say_comes_from_the_record(make_mail, translated, keys):
    without_from = translated(make_mail(headers={"From": None}), envelope_sender="jane@example.com")
    bounce = translated(make_mail(), envelope_sender="")
    again = [read_anew(kept_of(quarantined(one)), one.blobs[0][1], "", keys) for one in (without_from, bounce)]

    assert again[0].envelope.data.content.sender.address == "jane@example.com"
    assert again[1].envelope.data.facts.automated == bounce.envelope.data.facts.automated == "null-sender"


def test_a_mail_whose_body_was_withheld_stays_a_stub(make_mail, translated, keys):
    first = translated(make_mail())
    facts = replace(first.envelope.data.facts, unreadable=UNGIVEN)
    kept = kept_of(quarantined(first, facts=facts))

    assert read_anew(kept, first.blobs[0][1], "", keys).envelope.data.facts.unreadable == UNGIVEN


def test_a_mail_that_could_not_be_read_is_read_now(make_mail, translated, keys):
    first = translated(make_mail())
    facts = replace(first.envelope.data.facts, unreadable="the parser failed with KeyError")
    again = read_anew(kept_of(quarantined(first, facts=facts)), first.blobs[0][1], "", keys)

    assert again.envelope.data.facts.unreadable is None
    assert again.envelope.data.content.new_text == "Hello,\nwhere is my order?"


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"nonsense",
        frame.pack((INBOUND_EMAIL.name,), b"", codec.Record([], b"{}")),
        frame.pack((INBOUND_EMAIL.name,), b"", codec.Record([("ce_id", b"no id")], b"{}")),
        frame.pack((INBOUND_EMAIL.name,), b"", codec.Record([("ce_id", str(CONVERSATION).encode())], b"\xff{")),
    ],
)
def test_a_record_that_does_not_say_where_the_mail_is_is_refused(record):
    with pytest.raises(RecordUnreadable):
        kept_of(record)


def test_a_record_without_a_raw_mail_is_refused(make_mail, translated):
    first = translated(make_mail())
    facts = replace(first.envelope.data.facts, blobs=())
    with pytest.raises(RecordUnreadable):
        kept_of(quarantined(first, facts=facts))


def test_the_answer_to_a_retry_is_always_the_same_event(make_mail, translated):
    retry = envelope(QuarantineRetryRequested(raw="a/b"))
    received = translated(make_mail()).envelope
    answers = [answer(retry, MOMENT, received), answer(retry, MOMENT, None, "why")]

    assert len({one.id for one in answers}) == 1
    assert {(one.stream, one.data.quarantine_id, one.data.retry_id) for one in answers} == {
        (retry.stream, retry.stream, retry.id)
    }
    assert (answers[0].data.received_id, answers[0].data.received) == (received.id, received.data)
    assert (answers[1].data.received, answers[1].data.reason) == (None, "why")
