"""Header fields, encoded words, parameters, mailboxes."""

from __future__ import annotations

from events.values import Address
from ingest_email.headers import block_end, decode_words, parameters, read
from ingest_email.mailboxes import mailboxes, sender


def test_folded_fields_are_unfolded():
    assert read(b"Subject: one\r\n two\r\n\tthree\r\nTo: x").first("subject") == "one two\tthree"


def test_a_line_that_is_no_field_does_not_end_the_header():
    headers = read(b"Subject: x\r\nthis is no field\r\nTo: a@b\r\n")

    assert headers.first("to") == "a@b"


def test_names_are_matched_without_case_and_repeated_fields_are_kept():
    headers = read(b"RECEIVED: one\r\nReceived: two\r\n")

    assert headers.all("received") == ["one", "two"]


def test_the_body_begins_behind_the_first_empty_line():
    for raw in (b"A: b\r\n\r\nbody", b"A: b\n\nbody", b"A: b\n\r\nbody"):
        assert raw[block_end(raw)[1] :] == b"body", raw
    assert block_end(b"\r\nbody") == (0, 2)
    assert block_end(b"A: b") == (4, 4)


def test_encoded_words_are_decoded_and_what_looks_like_one_stays():
    assert decode_words("=?utf-8?q?J=C3=B6rg?= =?iso-8859-1?q?M=FCller?=") == "JörgMüller"
    assert decode_words("a =?utf-8?b?w6k=?= b") == "a é b"
    assert decode_words("=?utf-8?x?abc?=") == "=?utf-8?x?abc?="
    assert decode_words("=?broken") == "=?broken"
    assert decode_words("=?utf-8?q?line=0D=0Abreak?=") == "line break"


def test_parameters_of_all_kinds_are_read():
    assert parameters('text/plain; charset="utf-8"; format=flowed') == (
        "text/plain",
        {"charset": "utf-8", "format": "flowed"},
    )
    assert parameters("attachment; filename*=utf-8''%e2%82%ac%20rates.txt")[1]["filename"] == "€ rates.txt"
    assert parameters('attachment; filename*0="a long "; filename*1="name.txt"')[1]["filename"] == "a long name.txt"
    assert parameters("attachment; filename*0*=iso-8859-1''%fc; filename*1=ber.txt")[1]["filename"] == "über.txt"
    assert parameters(r'attachment; filename="a \"b\".txt"')[1]["filename"] == 'a "b".txt'
    assert parameters("TEXT/HTML") == ("text/html", {})
    assert parameters("") == ("", {})


def test_mailboxes_are_read_in_all_their_forms():
    assert mailboxes("jane@example.com") == (Address("jane@example.com"),)
    assert mailboxes("<jane@example.com>") == (Address("jane@example.com"),)
    assert mailboxes("Jane Doe <jane@example.com>") == (Address("jane@example.com", "Jane Doe"),)
    assert mailboxes('"Doe, Jane" <jane@example.com>') == (Address("jane@example.com", "Doe, Jane"),)
    assert mailboxes("jane@example.com (Jane Doe)") == (Address("jane@example.com", "Jane Doe"),)
    assert mailboxes("a@x, B <b@x>") == (Address("a@x"), Address("b@x", "B"))
    assert mailboxes("Team: a@x, b@x;, c@x") == (Address("a@x"), Address("b@x"), Address("c@x"))
    assert mailboxes("undisclosed-recipients:;") == ()
    assert mailboxes("=?utf-8?q?J=C3=B6rg?= <j@x>") == (Address("j@x", "Jörg"),)


def test_an_address_inside_an_encoded_name_is_no_address():
    (mailbox,) = mailboxes("=?utf-8?q?boss=40example=2Ecom=2C_=3Cceo=40example=2Ecom=3E?= <mallory@evil.example>")

    assert mailbox.address == "mallory@evil.example"


def test_an_address_in_a_broken_field_is_found():
    assert mailboxes('"Jane <jane@example.com>') == (Address("jane@example.com"),)


def test_the_sender_is_the_first_that_any_field_names():
    assert sender("", "carol@example.com", "jane@example.com").address == "carol@example.com"
    assert sender("", "", "").address == "unknown@sender.invalid"
    assert sender("Internet Mail Delivery").address == "internet-mail-delivery@sender.invalid"
