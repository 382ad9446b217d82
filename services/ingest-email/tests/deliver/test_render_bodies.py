"""What a reply says comes as text and as HTML, with its pictures in place and the quoted history below."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from events.conversations import QuotedHistory
from events.values import Address
from ingest_email.testing import a_file, body_of, content, read, rendered


def test_text_html_pictures_and_files_nest_as_alternative_related_and_mixed() -> None:
    picture = a_file("logo.png", content_type="image/png", content_id="logo@p", blob="upload/2")
    message = read(
        rendered(
            content(html='<p>Hi <img src="cid:logo@p"></p>', attachments=(a_file(), picture)),
            {"upload/1": b"%PDF", "upload/2": b"\x89PNG"},
        )
    )
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    by_kind = {part.get_content_type(): part for part in message.walk()}
    assert by_kind["image/png"].get_content() == b"\x89PNG"
    assert by_kind["image/png"]["Content-ID"] == "<logo@p>"
    assert by_kind["image/png"].get_content_disposition() == "inline"
    assert by_kind["application/pdf"].get_content() == b"%PDF"
    assert by_kind["application/pdf"].get_filename() == "terms.pdf"
    assert [part["MIME-Version"] for part in message.walk()].count("1.0") == 1


def test_a_picture_that_the_html_does_not_show_is_attached() -> None:
    picture = a_file("logo.png", content_type="image/png", content_id="logo@p")
    for html in (None, "<p>no picture</p>"):
        message = read(rendered(content(html=html, attachments=(picture,)), {"upload/1": b"x"}))
        assert [part.get_filename() for part in message.iter_attachments()] == ["logo.png"]


ASKED = datetime(2026, 11, 22, 11, 15, 30, tzinfo=timezone(timedelta(hours=1)))


def history(text: str = "Where is it?\n\n> earlier\nAnn", **sender: str) -> QuotedHistory:
    person = Address(**({"address": "ann@example.org", "name": "Ann Example"} | sender))
    return QuotedHistory(sender=person, sent_at=ASKED, text=text)


def test_quoted_history_stands_below_the_reply_in_text_and_in_html() -> None:
    message = read(rendered(content(history=history(), bcc=(Address("secret@example.net", "Secret"),))))
    assert body_of(message, "plain").split("\n") == [
        "Good morning",
        "",
        "On 2026-11-22 10:15 UTC, Ann Example <ann@example.org> wrote:",
        "> Where is it?",
        ">",
        ">> earlier",
        "> Ann",
    ]
    html = body_of(message, "html")
    above, _, below = html.partition('<blockquote type="cite">')
    assert "Good morning" in above and "Ann Example &lt;ann@example.org&gt; wrote:" in above
    assert "Where is it?<br><br>&gt; earlier<br>Ann" in below and below.endswith("</blockquote>")
    assert b"secret" not in rendered(content(history=history(), bcc=(Address("secret@example.net"),))).content


def test_quoted_history_stands_below_the_html_that_the_agent_wrote() -> None:
    message = read(rendered(content(text="Hi", html="<p>Hi <b>Ann</b></p>", history=history("<script>x</script>"))))
    html = body_of(message, "html")
    assert html.startswith("<p>Hi <b>Ann</b></p>\n<p>On 2026-11-22")
    assert "&lt;script&gt;" in html and "<script>" not in html
    assert "> <script>x</script>" in body_of(message, "plain")


@pytest.mark.parametrize("name", ["", "a\r\nBcc: x@y.z", "a\u2028b\u202e", "<evil>", "n" * 999])
def test_whose_words_are_quoted_is_one_line_whatever_the_name(name: str) -> None:
    line = body_of(read(rendered(content(history=history("x", name=name)))), "plain").split("\n")[2]
    assert line.startswith("On 2026-11-22 10:15 UTC, ") and line.endswith(
        "ann@example.org> wrote:" if name else "wrote:"
    )
    assert line.isprintable() and line.count("<") <= 1 and len(line) < 500


def test_a_reply_that_is_html_only_gets_a_readable_text() -> None:
    html = '<h1>Hi</h1><p>Read <a href="https://example.com/help?a=1&amp;b=2" rel="x">our help</a> or <br>write</p>'
    message = read(rendered(content(text=" ", html=html)))
    assert body_of(message, "plain") == "Hi\n\nRead our help <https://example.com/help?a=1&b=2> or\nwrite"
    assert body_of(message, "html") == html


def test_the_html_of_a_text_reply_keeps_lines_and_links_and_escapes_the_rest() -> None:
    html = body_of(read(rendered(content(text='a < b & "c"\n  https://example.com/x?a=1&b=2, <i>no</i>'))), "html")
    assert html == (
        '<div style="white-space: pre-wrap">a &lt; b &amp; &quot;c&quot;<br>  '
        '<a href="https://example.com/x?a=1&amp;b=2">https://example.com/x?a=1&amp;b=2</a>, &lt;i&gt;no&lt;/i&gt;</div>'
    )


def test_a_picture_is_shown_only_by_its_whole_name_and_once() -> None:
    files = [
        a_file(f"{number}.png", content_type="image/png", content_id=content_id, blob=f"upload/{number}")
        for number, content_id in enumerate(["logo@p", "logo@p.2", "logo@p", "a b", "odd%id@p"])
    ]
    html = '<img src="cid:logo%40p"><img src="cid:odd%25id@p"><img src="cid:a%20b">'
    mail = rendered(content(html=html, attachments=tuple(files)), {file.blob: b"x" for file in files})
    parts = [part for part in read(mail).walk() if part.get_content_type() == "image/png"]
    assert {part.get_filename(): (part.get_content_disposition(), part["Content-ID"]) for part in parts} == {
        "0.png": ("inline", "<logo@p>"),
        "4.png": ("inline", "<odd%id@p>"),
        "1.png": ("attachment", None),
        "2.png": ("attachment", None),
        "3.png": ("attachment", None),
    }


def test_an_empty_reply_with_a_file_has_no_empty_html() -> None:
    message = read(rendered(content(text="", attachments=(a_file(),)), {"upload/1": b"x"}))
    assert [part.get_content_type() for part in message.walk()] == ["multipart/mixed", "text/plain", "application/pdf"]
