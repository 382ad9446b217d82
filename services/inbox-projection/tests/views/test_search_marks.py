"""What is marked in a message that was found, and that no markup of it gets through."""

from __future__ import annotations

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from inbox_projection.views.search.documents import Correspondent, File, Said
from inbox_projection.views.search.language import TooManyWords, parse
from inbox_projection.views.search.marks import LENGTH, Wanted, has_phrases, of_message, of_text

MESSAGE = Said(
    sender=Correspondent("anna@client.test", "Anna Żółć"),
    to=(Correspondent("support@postroom.test"),),
    subject="Faktura VAT",
    new_text="Proszę o fakturę za <b>lipiec</b> & sierpień.\nDziękuję, Anna",
    attachments=(File("faktura-07.pdf"), File("other.txt")),
)


def marked(q: str, message: Said = MESSAGE) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in of_message(message, Wanted(parse(q).wanted)):
        found.setdefault(each.field, []).extend(piece.text for piece in each.pieces if piece.match)
    return found


def test_every_field_with_a_match_is_shown_and_its_words_are_marked_as_they_are_written() -> None:
    assert marked("faktur") == {"subject": ["Faktura"], "text": ["fakturę"], "file": ["faktura"]}
    assert marked("zolc") == {"from": ["Żółć"]}
    assert marked("to:support") == {"to": ["support"]}
    assert marked("subject:vat dzieku") == {"subject": ["VAT"], "text": ["Dziękuję"]}
    assert marked("from:anna") == {"from": ["Anna", "anna"]}, "a name in the text is not who wrote it"
    assert marked("is:open") == {"text": []}, "the beginning of the text"


def test_pieces_are_escaped_and_are_the_whole_text() -> None:
    (text,) = [each for each in of_message(MESSAGE, Wanted(parse("lipiec").wanted)) if each.field == "text"]
    assert "<" not in "".join(piece.text for piece in text.pieces)
    assert unescape("".join(piece.text for piece in text.pieces)) == MESSAGE.new_text


def test_of_a_long_text_a_piece_around_the_first_match_is_shown() -> None:
    found = of_text("text", "before " * 100 + "needle " + "after " * 100, Wanted(parse("needle").wanted))
    text = "".join(piece.text for piece in found.pieces)
    assert text.startswith("…")
    assert text.endswith("…")
    assert "before needle after" in text
    assert len(text) <= LENGTH + 2


def test_a_phrase_is_words_in_their_order_within_one_text() -> None:
    for q, is_there in (
        ('"prosze o fakture"', True),
        ('"o prosze"', False),
        ('"vat prosze"', False),
        ("anna@client.tes", True),
        ("-faktura/vat anna", False),
        ('subject:"faktura vat"', True),
        ('subject:"prosze o"', False),
        ('to:"support postroom"', True),
    ):
        assert has_phrases(MESSAGE, parse(q)) is is_there, q


@given(st.text(max_size=300), st.text(max_size=20))
def test_whatever_is_written_and_asked_nothing_is_lost_or_let_through(text: str, q: str) -> None:
    try:
        wanted = Wanted(parse(q).wanted)
    except TooManyWords:
        return
    for each in of_message(Said(new_text=text, subject=text), wanted):
        shown = "".join(piece.text for piece in each.pieces)
        assert "<" not in shown
        assert '"' not in shown
        assert len(unescape(shown)) <= LENGTH + 42
