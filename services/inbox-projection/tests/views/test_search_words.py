"""Words of the search: case and accents make no difference, however a text is written."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_projection.views.search.words import LONGEST, WORD, _lower, distinct, fold, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Zażółć GĘŚLĄ jaźń", ["zazolc", "gesla", "jazn"]),
        ("Łódź, łóżko", ["lodz", "lozko"]),
        ("straße Ærø œuvre", ["strasse", "aero", "oeuvre"]),
        ("İstanbul ıslak", ["istanbul", "islak"]),
        ("Σίσυφος", ["σισυφοσ"]),
        ("anna_nowak@client.test", ["anna", "nowak", "client", "test"]),
        ("№ 5 – “4711”…", ["no", "5", "4711"][1:]),
        ("日本語 \U0001f43f", ["日本語"]),
        ("", []),
    ],
)
def test_texts_become_plain_words(text: str, found: list[str]) -> None:
    assert words(text) == found
    assert words(normalize("NFD", text)) == found, "letters and accents apart are the same"
    assert list(distinct(text)) == list(dict.fromkeys(found))


def test_words_are_cut_where_nobody_reads_on() -> None:
    assert words("x" * 100) == ["x" * LONGEST] == list(distinct("x" * 100))
    assert len(words("ß" * 100)[0]) <= LONGEST


POLISH = st.text("abcąćęłńóśźżĄĆĘŁŃÓŚŹŻßäöüŐŽ .,_-–„”\n1", max_size=80)


@given(st.text(max_size=80) | POLISH)
def test_the_fast_way_gives_what_the_plain_way_gives(text: str) -> None:
    expected = [fold(word) for word in WORD.findall(_lower(text))]
    assert words(text) == expected
    assert list(distinct(text)) == list(dict.fromkeys(expected))
    assert all(word and len(word) <= LONGEST for word in expected)
