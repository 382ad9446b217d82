"""What is read out of a mail."""

from __future__ import annotations

from datetime import UTC, datetime

from events.values import Address
from ingest_email.parse import instant, message_ids, parse


def test_a_plain_mail_gives_its_people_subject_date_and_text(make_mail):
    mail = parse(make_mail())

    assert mail.sender == Address("jane@example.com", "Jane Doe")
    assert mail.to == (Address("support@postroom.localhost", "Support"),)
    assert mail.subject == "My order"
    assert mail.message_id == "first@example.com"
    assert mail.sent_at == datetime(2026, 8, 25, 6, 59, tzinfo=UTC)
    assert mail.bodies.text == "Hello,\nwhere is my order?"
    assert mail.bodies.html is None
    assert mail.unreadable is None


def test_text_and_html_of_an_alternative_are_two_forms_of_one_body(make_mail):
    mail = parse(make_mail("Hi", html="<p>Hi <b>there</b></p>"))

    assert mail.bodies.text == "Hi"
    assert mail.bodies.html is not None and "<b>there</b>" in mail.bodies.html
    assert mail.bodies.files == ()


def test_a_mail_of_html_alone_gets_its_text_from_the_html():
    mail = parse(b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p>Hello<br>there</p><p>Bye</p>")

    assert mail.bodies.text == "Hello\nthere\n\nBye"


def test_an_empty_text_part_gives_way_to_the_html(make_mail):
    assert parse(make_mail("\n \n", html="<p>Real words</p>")).bodies.text == "Real words"


def test_texts_around_an_attachment_are_one_body(stored_mail):
    mail = parse(stored_mail("text__around_a_picture.eml"))

    assert mail.bodies.text == "Before the picture.\n\nAfter the picture."
    assert [file.name for file in mail.bodies.files] == ["dot.png"]


def test_attachments_keep_name_type_and_bytes(make_mail):
    content = bytes(range(256))
    mail = parse(make_mail(files=[("Rechnung März.pdf", "application/pdf", content)]))

    (file,) = mail.bodies.files
    assert (file.name, file.content_type, file.content) == ("Rechnung März.pdf", "application/pdf", content)


def test_a_text_file_is_an_attachment_and_no_body(make_mail):
    mail = parse(make_mail("See file", files=[("notes.txt", "text/plain", b"the notes")]))

    assert mail.bodies.text == "See file"
    assert mail.bodies.files[0].content == b"the notes"


def test_a_forwarded_message_is_an_attachment_with_its_own_bytes(stored_mail):
    mail = parse(stored_mail("forward__as_attachment.eml"))

    (file,) = mail.bodies.files
    assert file.name == "message.eml"
    assert file.content_type == "message/rfc822"
    assert file.content.startswith(b"From: Carol")


def test_a_mail_without_a_header_is_all_body():
    mail = parse(b"just words, no header")

    assert mail.bodies.text == "just words, no header"
    assert mail.sender == Address("unknown@sender.invalid")
    assert mail.unreadable is None


def test_an_empty_mail_is_a_mail():
    assert parse(b"").bodies.text == ""


def test_a_sender_without_an_address_gets_one_of_a_reserved_domain():
    assert parse(b"From: MAILER-DAEMON\r\n\r\n").sender == Address("mailer-daemon@sender.invalid", "MAILER-DAEMON")


def test_the_envelope_tells_the_sender_where_the_header_does_not():
    assert parse(b"Subject: x\r\n\r\n", "jane@example.com").sender == Address("jane@example.com")


def test_a_line_of_an_mbox_before_the_header_is_passed_over():
    assert parse(b"From jane Tue Aug 25\r\nSubject: Hello\r\n\r\nx").subject == "Hello"


def test_a_multipart_without_parts_is_shown_as_text():
    mail = parse(b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno borders here")

    assert mail.bodies.text == "no borders here"


def test_a_multipart_that_is_never_closed_keeps_its_last_part():
    mail = parse(b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nthe end is missing")

    assert mail.bodies.text == "the end is missing"


def test_a_boundary_that_begins_like_another_is_not_taken_for_it(stored_mail):
    mail = parse(stored_mail("boundary__prefix_of_another.eml"))

    assert mail.bodies.text == "plain"
    assert mail.bodies.html == "<p>html</p>"
    assert [file.content for file in mail.bodies.files] == [b"outer file"]


def test_nul_and_lone_surrogates_never_get_into_the_text():
    raw = b"Subject: a\0b =?utf-7?q?+2AA-?=\r\nContent-Type: text/plain; charset=utf-7\r\n\r\nx\0y +2AA-"
    mail = parse(raw)

    assert mail.bodies.text.startswith("xy ")
    (mail.bodies.text + mail.subject).encode()
    assert "\0" not in mail.subject


def test_references_are_ids_in_their_order_each_once():
    assert message_ids(["<a@x> <b@x>\t<a@x>", "<c@x>"]) == ("a@x", "b@x", "c@x")


def test_of_too_many_references_the_first_and_the_last_stay():
    ids = message_ids([" ".join(f"<{n}@x>" for n in range(1000))])

    assert len(ids) == 100
    assert (ids[0], ids[1], ids[-1]) == ("0@x", "901@x", "999@x")


def test_an_id_without_brackets_is_an_id():
    assert parse(b"Message-ID: bare@example.com\r\n\r\n").message_id == "bare@example.com"


def test_dates_of_all_common_forms_are_instants():
    expected = datetime(2026, 8, 25, 6, 59, tzinfo=UTC)
    for date in (
        "Tue, 25 Aug 2026 08:59:00 +0200",
        "25 Aug 2026 08:59:00 +0200 (CEST)",
        "Tue, 25 Aug 2026 06:59:00 GMT",
        "Tue, 25 Aug 2026 06:59 +0000",
        "Tue, 25 Aug 2026 06:59:00 -0000",
    ):
        assert instant(date) == expected, date


def test_dates_that_are_none_are_none():
    for date in ("", "yesterday", "Tue, 99 Foo 2026 25:61:00 +0200", "Tue, 25 Aug 0001 08:59:00 +0200", "\x00", "1"):
        assert instant(date) is None, date


def test_a_subject_of_encoded_words_is_decoded_even_where_a_character_is_cut_in_two():
    raw = b"Subject: =?utf-8?B?xIU=?= =?utf-8?q?_z=C5?=\r\n =?utf-8?q?=82o?= plain\r\n\r\n"

    assert parse(raw).subject == "ą zło plain"


def test_eight_bit_headers_are_read_as_utf8_or_else_guessed():
    assert parse("Subject: zażółć\r\n\r\n".encode()).subject == "zażółć"
    assert parse("Subject: Müller\r\n\r\n".encode("latin-1")).subject == "Müller"
