"""What a forward carries; pure."""

from __future__ import annotations

from datetime import UTC, datetime

from events.values import Address, Attachment, Blob, MessageContent
from inbox_projection.forwarding import MAX_ORIGINAL, Original, carried, subject_of
from service_kit.ids import new_id

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
FILE = Attachment(new_id(), "a.png", "image/png", 3, "x/1", content_id="pic@x")


def original(text: str = "Where is it?", html: str | None = None, **fields: object) -> Original:
    content = MessageContent(
        external_id="one@c",
        sender=Address("zofia@client.test", "Zofia"),
        to=(Address("support@acme.test"),),
        bcc=(Address("secret@client.test"),),
        subject="My <parcel>",
        new_text=text,
        html=html,
        raw=Blob("raw/1", 900, "message/rfc822", "0"),
        attachments=(FILE,),
        **fields,  # type: ignore[arg-type]
    )
    return Original(content, NOON)


def test_the_note_stands_above_each_original_with_its_head() -> None:
    made = carried("Please look", [original(), original("And now?")])
    assert made.text.split("\n\n")[:2] == [
        "Please look",
        "---------- Forwarded message ----------\nFrom: Zofia <zofia@client.test>\nDate: Wed, 04 Mar 2026 12:00 UTC\n"
        "Subject: My <parcel>\nTo: support@acme.test",
    ]
    assert made.text.endswith("And now?") and made.html is None and made.files == (FILE,)
    assert "secret" not in made.text


def test_html_is_carried_safely_and_what_is_text_is_escaped() -> None:
    made = carried("<b>note</b>", [original(html='<p onclick="x()">Hi <img src="cid:pic@x"></p><script>x</script>')])
    assert made.html is not None and "cid:pic@x" in made.html
    assert "onclick" not in made.html and "<script" not in made.html
    assert "&lt;b&gt;note" in made.html and "My &lt;parcel&gt;" in made.html


def test_a_mail_that_does_not_fit_comes_along_whole() -> None:
    made = carried("", [original("x" * (MAX_ORIGINAL + 1), html="<p>" + "y" * 200_000)])
    assert made.html is None and len(made.text) < MAX_ORIGINAL + 300
    assert [(file.name, file.blob) for file in made.files] == [("a.png", "x/1"), ("message.eml", "raw/1")]


def test_the_subject_is_marked_once_and_on_one_line() -> None:
    assert subject_of("My\r\nparcel") == "Fwd: My parcel"
    assert subject_of("FWD: My parcel") == "FWD: My parcel"
    assert subject_of("") == "Fwd:"
