"""The language of the search: whatever is written means something, in linear time."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_projection.views.search.language import LONGEST_QUERY, MOST_TERMS, Phrase, Query, TooManyWords, parse
from inbox_projection.views.search.matching import AllOf, Sender, Term


def test_words_are_beginnings_of_words_when_they_are_long_enough() -> None:
    assert parse("faktura VAT za ż* a*").wanted == (
        Term("faktura", prefix=True),
        Term("vat", prefix=True),
        Term("za"),
        Term("z"),
        Term("a"),
    )
    assert parse("za*").wanted == (Term("za", prefix=True),)


def test_quotes_ask_for_words_as_they_are_and_after_each_other() -> None:
    assert parse('"faktura"').wanted == (Term("faktura"),)
    query = parse('"Żółta kartka" "never closed')
    assert query.phrases == (Phrase(("zolta", "kartka")), Phrase(("never", "closed")))
    assert query.wanted[0] == AllOf((Term("zolta"), Term("kartka")))


def test_an_address_and_a_number_with_signs_are_phrases() -> None:
    assert parse("anna.nowak@client.test").phrases == (Phrase(("anna", "nowak", "client", "test"), prefix=True),)
    assert parse("FV/2026/07").phrases == (Phrase(("fv", "2026", "07")),)


def test_operators_say_what_is_meant() -> None:
    query = parse(
        'from:"Anna Nowak" to:support subject:vat label:vip -label:old assignee:me is:open is:closed inbox:Sales'
        " channel:email has:attachment after:2026-01 before:2026-02-03 #42"
    )
    assert query.wanted == (
        Sender((Term("anna", prefix=True), Term("nowak", prefix=True))),
        Term("t:support", prefix=True),
        Term("s:vat", prefix=True),
        Term("=file"),
    )
    assert (query.labels, query.without_labels, query.assignee) == (("vip",), ("old",), "me")
    assert (query.statuses, query.inboxes, query.channel) == (("open", "resolved"), ("Sales",), "email")
    assert (query.since, query.before) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC))
    assert query.number == 42
    assert parse("is:unassigned").assignee == "none"


@pytest.mark.parametrize(
    ("text", "words"),
    [("foo:bar", ("foo", "bar")), ("is:happy", ("is", "happy")), ("before:yesterday", ("before", "yesterday"))],
)
def test_what_is_no_operator_or_has_no_value_is_words(text: str, words: tuple[str, ...]) -> None:
    assert parse(text).phrases == (Phrase(words, prefix=True),)


def test_without_operators_all_is_words() -> None:
    assert parse("from:anna", operators=False).phrases == (Phrase(("from", "anna"), prefix=True),)


def test_a_minus_asks_for_what_is_not_there() -> None:
    query = parse('order -refund -from:anna -"two words"')
    assert query.unwanted == (Term("refund", prefix=True), Sender((Term("anna", prefix=True),)))
    assert query.unwanted_phrases == (Phrase(("two", "words")),)
    assert not query.is_empty
    assert parse("-refund -label:x").is_empty, "nothing is named that is to be found"


@pytest.mark.parametrize("text", ["", "   ", "!?", '""', "-", "from:", ":", "*", '"', "…", "\0"])
def test_what_has_no_words_asks_for_nothing(text: str) -> None:
    query = parse(text)
    assert query == Query() or query.is_empty or query.wanted


def test_too_many_words_are_refused() -> None:
    parse(" ".join(f"word{n}" for n in range(MOST_TERMS)))
    for text in (" ".join(f"word{n}" for n in range(MOST_TERMS + 1)), "-" + "/".join("abc" for _ in range(30))):
        with pytest.raises(TooManyWords):
            parse(text)


@given(st.text(max_size=2 * LONGEST_QUERY) | st.text('"-:*#ab ', max_size=2 * LONGEST_QUERY))
def test_any_text_is_a_query_or_too_much(text: str) -> None:
    try:
        query = parse(text)
    except TooManyWords:
        return
    for clause in query.wanted:
        assert clause


@pytest.mark.parametrize(
    "text", ["a" * 100_000, '"' * 100_000, "a:" * 50_000, "-" * 100_000, "from:" * 20_000, " " * 100_000]
)
def test_long_input_takes_no_time(text: str) -> None:
    began = time.process_time()
    with suppress(TooManyWords):
        parse(text)
    assert time.process_time() - began < 0.25


@pytest.mark.parametrize(
    ("said", "zone", "since"),
    [
        ("after:2026-07-01", "Europe/Warsaw", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("after:2026-01-01", "America/New_York", datetime(2026, 1, 1, 5, tzinfo=UTC)),
        ("after:0001-01-01", "Asia/Tokyo", None),
        ("after:9999-12-31", "America/New_York", datetime(9999, 12, 31, 5, tzinfo=UTC)),
    ],
)
def test_days_begin_where_who_asks_lives(said: str, zone: str, since: datetime | None) -> None:
    assert parse(said, zone=ZoneInfo(zone)).since == since
