"""A mail and its envelope become MessageReceived."""

from __future__ import annotations

from uuid import UUID

import pytest

from events import codec
from events.testing import MOMENT
from events.values import MAX_HEADER, Address
from ingest_email.addresses import Found, OurAddress
from ingest_email.intake import MAX_RECORD_BYTES, destinations_of, encoded
from ingest_email.limits import MAX_INLINE_BYTES
from ingest_email.translate import Destination, Received, read, translate
from service_kit import answer_token, reply_token
from service_kit.ids import derived_id

CONVERSATION = UUID("01900000-0000-7000-8000-0000000000ee")
OTHER_EVENT = UUID("01900000-0000-7000-8000-0000000000c1")
OTHER_INBOX = UUID("01900000-0000-7000-8000-0000000000ab")


def test_the_event_says_where_when_and_what(make_mail, translated):
    raw = make_mail()
    envelope = translated(raw).envelope
    fact, content, facts = envelope.data, envelope.data.content, envelope.data.facts

    assert envelope.type == "MessageReceived"
    assert (envelope.sequence, str(envelope.actor)) == (0, "contact")
    assert content.external_id == "first@example.com"
    assert content.sender == Address("jane@example.com", "Jane Doe")
    assert content.delivered_to == "support@postroom.localhost"
    assert content.new_text == "Hello,\nwhere is my order?"
    assert facts.size == len(raw)
    assert facts.message_id == derived_id(envelope.id, "message")
    assert fact.reply_to_conversation is None


def test_headers_by_which_people_sort_mail_travel_with_it_and_others_do_not(make_mail, translated):
    headers = {"List-Id": "=?utf-8?q?Nowo=C5=9Bci?= <news.example.com>", "X-Spam-Flag": "YES", "X-Secret": "no"}
    kept = translated(make_mail(headers={**headers, "Precedence": "b" * 600})).envelope.data.content.headers
    assert kept == {"list-id": "Nowości <news.example.com>", "x-spam-flag": "YES", "precedence": "b" * MAX_HEADER}
    assert translated(make_mail()).envelope.data.content.headers == {}


def test_the_event_survives_the_wire(make_mail, translated, keys):
    translation = translated(make_mail(html="<p>Hello</p>", files=[("a.pdf", "application/pdf", b"%PDF")]))
    record = codec.encode(translation.envelope)

    assert codec.decode(record.headers, record.value) == translation.envelope


def test_headers_and_key_of_the_record_hold_no_personal_data(make_mail, translated):
    translation = translated(make_mail())
    record = codec.encode(translation.envelope)
    said = repr(record.headers) + translation.key.decode()

    assert "jane" not in said and "example.com" not in said


def test_blobs_are_named_by_event_and_hash_with_the_raw_mail_first(make_mail, translated):
    raw = make_mail(files=[("a.pdf", "application/pdf", b"%PDF"), ("b.pdf", "application/pdf", b"%PDF")])
    translation = translated(raw)
    facts, content = translation.envelope.data.facts, translation.envelope.data.content

    assert translation.blobs[0][1] == raw
    assert content.raw is not None and content.raw.name == translation.blobs[0][0] == facts.blobs[0]
    assert [name for name, _ in translation.blobs] == list(facts.blobs)
    assert len(facts.blobs) == 2, "equal files are one blob"
    assert all(name.startswith(f"{translation.envelope.id}/") for name in facts.blobs)
    assert [attachment.blob for attachment in content.attachments] == [facts.blobs[1], facts.blobs[1]]


def test_the_same_mail_has_the_same_dedupe_key_whatever_way_it_came(make_mail, translated):
    raw = make_mail(files=[("a.pdf", "application/pdf", b"%PDF")])
    by_imap = b"Return-Path: <jane@example.com>\r\nReceived: from a by b; now\r\n" + raw.replace(b"\r\n", b"\n")
    first, second = translated(raw), translated(by_imap, event_id=OTHER_EVENT, envelope_sender=None)

    assert first.envelope.data.dedupe_key == second.envelope.data.dedupe_key
    assert first.envelope.id != second.envelope.id


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Other words"},
        {"html": "<p>x</p>"},
        {"files": [("a.pdf", "application/pdf", b"%PDF")]},
        {"headers": {"Subject": "Another"}},
        {"headers": {"Date": "Tue, 25 Aug 2026 09:00:00 +0200"}},
        {"headers": {"From": "Carol <carol@example.com>"}},
        {"headers": {"Message-ID": "<second@example.com>"}},
    ],
)
def test_a_constant_message_id_of_different_mails_has_different_dedupe_keys(changed, make_mail, translated):
    one, other = translated(make_mail()), translated(make_mail(**changed))

    assert one.envelope.data.dedupe_key != other.envelope.data.dedupe_key


def test_files_of_other_content_make_another_mail(make_mail, translated):
    keys = {
        translated(make_mail(files=[("a.bin", "application/x-y", content)])).envelope.data.dedupe_key
        for content in (b"one", b"two")
    }

    assert len(keys) == 2


def test_a_mail_without_a_message_id_gets_one_that_every_copy_shares(make_mail, translated):
    raw = make_mail(headers={"Message-ID": None})
    first, second = translated(raw), translated(raw, event_id=OTHER_EVENT)

    assert first.envelope.data.content.external_id == second.envelope.data.content.external_id
    assert first.envelope.data.content.external_id.endswith("@missing.invalid")


def test_mails_with_neither_message_id_nor_date_are_told_apart_by_all_their_bytes(make_mail, translated):
    bare: dict[str, str | None] = {"Message-ID": None, "Date": None}
    one, other = (make_mail(headers={**bare, "X-Alarm": number}) for number in ("1", "2"))
    keys = [translated(raw).envelope.data.dedupe_key for raw in (one, one, other)]
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


def test_copies_of_an_unreadable_mail_share_a_dedupe_key(translated):
    body = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nhi\r\n" * 200
    keys = {translated(head + body).envelope.data.dedupe_key for head in (b"", b"Received: from a by b\r\n")}

    assert len(keys) == 1


def test_a_stub_shows_its_header_and_the_raw_mail(translated):
    raw = b"From: jane@example.com\r\nSubject: Too much\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    raw += b"--x\r\n\r\nhi\r\n" * 10_000
    translation = translated(raw)
    content, facts = translation.envelope.data.content, translation.envelope.data.facts
    (attachment,) = content.attachments

    assert facts.unreadable is not None
    assert (content.subject, content.sender.address) == ("Too much", "jane@example.com")
    assert (attachment.name, attachment.content_type, attachment.size) == ("original.eml", "message/rfc822", len(raw))
    assert attachment.blob == facts.blobs[0]
    assert translation.blobs == ((facts.blobs[0], raw),)


def test_long_text_and_html_are_cut_and_whole_in_blobs(make_mail, translated):
    text, html = "zażółć " * 20_000, "<p>" + "gęś " * 30_000 + "</p>"
    translation = translated(make_mail(text, html=html))
    content, blobs = translation.envelope.data.content, dict(translation.blobs)

    assert len(content.text.encode()) <= MAX_INLINE_BYTES
    assert text.startswith(content.text)
    assert content.text_blob is not None and blobs[content.text_blob.name].decode().startswith("zażółć")
    assert content.html is not None and len(content.html.encode()) <= MAX_INLINE_BYTES
    assert content.html_blob is not None and blobs[content.html_blob.name].decode().strip().endswith("</p>")


def test_only_files_that_the_html_shows_have_a_content_id(stored_mail, translated):
    content = translated(stored_mail("html__inline_picture.eml")).envelope.data.content

    assert [(file.name, file.content_id) for file in content.attachments] == [
        ("dot.png", "dot@example.com"),
        ("attachment-2.gif", None),
    ]


def test_the_answered_conversation_is_read_from_our_own_message_ids(make_mail, translated, keys):
    ours = reply_token.message_id(OTHER_EVENT, CONVERSATION, keys.reply_token_key, keys.mail_domain)
    by_parent = make_mail(headers={"In-Reply-To": f"<{ours}>"})
    by_ancestor = make_mail(headers={"References": f"<{ours}> <foreign@example.com>"})
    forged = make_mail(headers={"In-Reply-To": f"<{ours.replace('.', '.a', 1)}>"})

    assert translated(by_parent).envelope.data.reply_to_conversation == CONVERSATION
    assert translated(by_ancestor).envelope.data.reply_to_conversation == CONVERSATION
    assert translated(forged).envelope.data.reply_to_conversation is None


def test_the_token_of_the_recipient_comes_before_the_references(make_mail, translated):
    fact = translated(make_mail(), conversation_id=CONVERSATION).envelope.data

    assert fact.reply_to_conversation == CONVERSATION


def test_mails_of_one_sender_to_one_inbox_share_a_key(make_mail, translated):
    upper = make_mail(headers={"From": "JANE@Example.com"})

    assert translated(make_mail()).key == translated(upper).key
    assert translated(make_mail()).key != translated(make_mail(), inbox_id=OTHER_INBOX).key


def test_a_text_of_control_characters_still_fits_into_an_event(make_mail, keys, translated):
    raw = b"Subject: x\r\n\r\n" + bytes(range(1, 9)) * 100_000
    received = Received(raw, "", translated(raw).envelope.recorded_at, CONVERSATION)
    to = Destination(OTHER_INBOX, OTHER_INBOX, "support@postroom.localhost")
    translation, record = encoded(read(received), received, to, OTHER_EVENT, keys)

    assert len(record.value) <= MAX_RECORD_BYTES
    assert translation.envelope.data.facts.unreadable is None


def test_an_answer_token_names_the_notification_mail_and_no_conversation(make_mail, keys):
    ours = OurAddress("support-abc@postroom.localhost", OTHER_INBOX, OTHER_INBOX, True)
    token = answer_token.sign(OTHER_EVENT, keys.reply_token_key)
    (to,) = destinations_of([Found(ours, "news"), Found(ours, token.upper())], keys.reply_token_key)
    assert (to.answers_mail, to.conversation_id) == (OTHER_EVENT, None)
    (forged,) = destinations_of([Found(ours, token)], b"1" * 32)
    assert (forged.answers_mail, forged.conversation_id) == (None, None)
    received = Received(make_mail(), "bob@acme.test", MOMENT, OTHER_EVENT)
    fact = translate(read(received), received, to, OTHER_EVENT, keys).envelope.data
    assert (fact.answers_mail, fact.reply_to_conversation) == (OTHER_EVENT, None)


def test_each_inbox_gets_its_own_event_by_its_best_address(keys):
    def found(address: str, inbox: UUID, fallback: bool, plus: str = "") -> Found:
        return Found(OurAddress(address, derived_id(inbox, address), inbox, fallback), plus)

    token = reply_token.sign(CONVERSATION, keys.reply_token_key)
    destinations = destinations_of(
        [
            found("support-abc@postroom.localhost", OTHER_INBOX, True, token.upper()),
            found("help@example.com", OTHER_INBOX, False),
            found("sales-abc@postroom.localhost", CONVERSATION, True, "no-token"),
        ],
        keys.reply_token_key,
    )

    assert [(to.inbox_id, to.address, to.conversation_id) for to in destinations] == [
        (OTHER_INBOX, "help@example.com", CONVERSATION),
        (CONVERSATION, "sales-abc@postroom.localhost", None),
    ]
