"""A reply is split into what is new and what it quotes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_email.quotes import pieces_of, split

NEW = "Thank you,\nthat works.\n\n"
QUOTE = "> Did you try this?\n> Please tell us.\n"

ATTRIBUTIONS = [
    "On Tue, Sep 25, 2012 at 8:59 AM, Chris Doe <chris@example.com> wrote:",
    "On 9 Jan 2014, at 2:47, George Doe wrote:",
    "On Dec 16, 2011, at 12:47 PM, Corey Doe\n<reply@example.com>\nwrote:",
    "On 25/08/2026 08:59, Support wrote:",
    "2015-12-01 10:00 GMT+01:00 Jan Kowalski <jan@example.com>:",
    "W dniu 12.03.2020 o 12:00, Jan Kowalski pisze:",
    "W dniu 2020-03-12 12:00, użytkownik Jan Kowalski napisał:",
    "wt., 12 mar 2020 o 12:00 Jan Kowalski <jan@example.com> napisał(a):",
    "Wiadomość napisana przez Jan Kowalski <jan@example.com> w dniu 12 mar 2020, o godz. 12:00:",
    "Am 12.03.2020 um 12:00 schrieb Max Mustermann:",
    "Am Do., 12. März 2020 um 12:00 Uhr schrieb Max Mustermann <max@example.com>:",
    "Max Mustermann <max@example.com> schrieb am Do., 12. März 2020, 12:00:",
    "Max Mustermann hat am 12.03.2020 12:00 geschrieben:",
    "Le 12/03/2020 à 12:00, Jeanne Dupont a écrit :",
    "Le jeu. 12 mars 2020 à 12:00, Jeanne Dupont <jeanne@example.com> a écrit\xa0:",
    "El 12/03/2020 a las 12:00, Juan Pérez escribió:",
    "El jue, 12 mar 2020 a las 12:00, Juan Pérez (<juan@example.com>) escribió:",
    "Il giorno gio 12 mar 2020 alle ore 12:00 Mario Rossi <mario@example.com> ha scritto:",
    "Em qui., 12 de mar. de 2020 às 12:00, João <joao@example.com> escreveu:",
    "Op do 12 mrt. 2020 om 12:00 schreef Jan Jansen <jan@example.com>:",
    "Den tors 12 mars 2020 kl 12:00 skrev Sven <sven@example.com>:",
    "čt 12. 3. 2020 v 12:00 odesílatel Jan Novák <jan@example.com> napsal:",
    "чт, 12 мар. 2020 г. в 12:00, Иван Иванов <ivan@example.com>:",
    "12.03.2020 12:00, Иван Иванов пишет:",
    "2020年3月12日(木) 12:00 Taro <taro@example.com>:",
    "于2020年3月12日周四 12:00写道：",
]

BLOCKS = [
    "-----Original Message-----\nFrom: Support\nSent: Tuesday\nTo: Jane\nSubject: Order\n\n",
    "-----Ursprüngliche Nachricht-----\nVon: Support\nGesendet: Dienstag\nAn: Jane\nBetreff: Bestellung\n\n",
    "From: Support <support@example.com>\nSent: Tuesday, August 25, 2026 8:59 AM\nTo: Jane\nSubject: Order\n\n",
    "Von: Support\nGesendet: Dienstag, 25. August 2026 08:59\nAn: Jane\nBetreff: Bestellung\n\n",
    "Od: Support\nWysłano: wtorek, 25 sierpnia 2026 08:59\nDo: Jane\nTemat: Zamówienie\n\n",
    "De : Support\nEnvoyé : mardi 25 août 2026 08:59\nÀ : Jane\nObjet : Commande\n\n",
    "De: Support\nEnviado el: martes, 25 de agosto de 2026 08:59\nPara: Jane\nAsunto: Pedido\n\n",
    "Da: Support\nInviato: martedì 25 agosto 2026 08:59\nA: Jane\nOggetto: Ordine\n\n",
    "________________________________\nFrom: Support\nSent: Tuesday\nTo: Jane\nSubject: Order\n\n",
    "Date: Thu, 26 Jun 2014 13:53:45 +0400\nSubject: Order\nFrom: support@example.com\nTo: jane@example.com\n\n",
    "*From:* Support\n*Sent:* Tuesday\n*To:* Jane\n*Subject:* Order\n\n",
    "-------- Original message --------\nFrom: Support\nDate: 25/08/2026 08:59 (GMT+01:00)\nTo: Jane\n\n",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_attribution_and_the_marked_lines_below_it_are_quoted(attribution):
    assert split(NEW + attribution + "\n\n" + QUOTE) == (NEW, attribution + "\n\n" + QUOTE)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_attribution_quotes_unmarked_lines_too(attribution):
    rest = attribution + "\nDid you try this?\nPlease tell us.\n"

    assert split(NEW + rest) == (NEW, rest)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_as_outlook_writes_it_begins_the_quotation(block):
    assert split(NEW + block + "Did you try this?\n") == (NEW, block + "Did you try this?\n")


def test_marked_lines_at_the_end_are_quoted_without_an_announcement():
    assert split(NEW + QUOTE) == (NEW, QUOTE)


def test_a_signature_is_folded_with_the_quotation_above_or_below_it():
    signature = "-- \nJane Doe\nExample Ltd\n"

    assert split(NEW + signature) == (NEW, signature)
    assert split(NEW + signature + QUOTE) == (NEW, signature + QUOTE)
    assert split(NEW + QUOTE + "\n" + signature) == (NEW, QUOTE + "\n" + signature)
    assert pieces_of(NEW + signature + QUOTE) == (NEW, signature, QUOTE)


def test_answers_between_the_quoted_lines_stay_and_what_is_quoted_below_the_last_is_folded():
    text = "Hello,\nOn Tue, Jane <j@x> wrote:\n> Did you try?\n\nYes, I did.\n\n> And this?\n\nNo.\n\n"

    assert split(text) == (text, "")
    assert split(text + "> Bye\n") == (text, "> Bye\n")


def test_marked_lines_that_nobody_announced_stay_where_words_are_between_them():
    text = "First run\n> make\nthen\n> make install\n"

    assert split(text) == (text, "")


def test_an_answer_below_the_quotation_stays_whole():
    text = "On 25/08/2026, Jane <j@x> wrote:\n> Did you try?\n> And this?\n\nYes, I did.\n"

    assert split(text) == (text, "")


def test_a_forward_stays_whole():
    text = (
        "See below.\n\n---------- Forwarded message ---------\nFrom: A <a@x>\nDate: now\nSubject: s\nTo: b\n\nNews.\n"
    )

    assert split(text) == (text, "")


def test_a_text_that_is_nothing_but_quotation_stays_new():
    assert split(QUOTE) == (QUOTE, "")
    assert split("On 1 Jan, a@b wrote:\n" + QUOTE) == ("On 1 Jan, a@b wrote:\n" + QUOTE, "")


def test_a_line_that_a_mailer_broke_is_no_answer():
    quote = "> " + "a rather long line of words that goes on and on until a mailer " + "\nbreaks it\n> here\n"

    assert split(NEW + quote) == (NEW, quote)


@pytest.mark.parametrize(
    "text",
    [
        "On Monday we open at 9:\nplease come.\n",
        "From: Berlin\nto the sea: 300 km\n",
        "Please book\nFrom: Berlin\nTo: Rome\nDate: Monday\nThank you\n",
        "Options:\n- one\n- two\nDate: tomorrow\n",
        "x > y\nand y > z\n",
        "See https://example.com:8080/ and note: nothing is quoted\n",
        "Am Montag um 9 Uhr:\nBitte kommen.\n",
        "A table\n--------------------\na | b\n",
    ],
)
def test_texts_that_only_look_like_quotations_stay_whole(text):
    assert split(text) == (text, "")


def test_a_long_history_of_mixed_styles_is_cut_at_its_first_announcement():
    text = NEW + BLOCKS[2] + "Older words.\n\nOn Mon, Jan 1, 2024, J <j@x> wrote:\n> oldest\n\nregards\n"

    assert split(text)[0] == NEW


SIGNATURES = ["-- ", "---", "Jane Doe", "-Jane", "Sent from my iPhone", "Regards,", "_" * 30, "https://example.com"]
PIECES = st.sampled_from(
    [*ATTRIBUTIONS, *BLOCKS, *SIGNATURES, "> q", "", "answer", ">> deep", "PS: call me.", "x" * 100, "\r", "\x85"]
)


@given(st.lists(PIECES, max_size=20), st.sampled_from(["", "Jane Doe", "J", " ", "-"]))
def test_new_signature_and_history_are_the_text_whatever_it_holds(lines, sender):
    text = "\n".join(lines)

    assert "".join(pieces_of(text, sender)) == text
    assert "".join(split(text, sender)) == text


@given(st.text(alphabet=st.sampled_from("> \n\r\x0b:ab1@-_On wrote"), max_size=200))
def test_both_parts_together_are_the_text(text):
    new, quoted = split(text)

    assert new + quoted == text


@given(st.lists(st.sampled_from([*ATTRIBUTIONS, *BLOCKS, "> q", "", "answer", "-- ", ">> deep"]), max_size=12))
def test_both_parts_together_are_the_text_whatever_is_quoted(lines):
    text = "\n".join(lines)
    new, quoted = split(text)

    assert new + quoted == text
    assert new.strip() or not text.strip()


@pytest.mark.parametrize(
    "unit",
    [
        "On 1, a@b wrote:\n> x\nanswer\n",
        "On 1, a@b\n",
        "a: b\n",
        "From: b\n\n",
        "From: b\nTo: c\n",
        "> x\n",
        "> x\ny\n",
        "\n",
        "-",
        "1",
        "1-",
        " ",
        "----------\n",
        "-Jane\n",
        "Jane Doe ",
        "Regards, ",
        "Sent from my ",
        "1 2 ",
    ],
)
def test_time_grows_with_the_length_alone(unit, within):
    with within(0.5):
        split(unit * (64_000 // len(unit)), unit)


def test_an_ordinary_reply_is_split_in_a_fraction_of_a_millisecond():
    text = "".join(f"Some words of line {number}, as people write them.\n" for number in range(15))
    text += (
        "\nOn Tue, Sep 25, 2012 at 8:59 AM, Chris Doe\n<chris@example.com> wrote:\n\n" + "> quoted words here\n" * 25
    )
    best = min(_seconds(text) for _ in range(7))

    assert best < 0.000_2, f"{best * 1e6:.0f} µs"


def _seconds(text: str) -> float:
    began = time.process_time()
    for _ in range(100):
        split(text)
    return (time.process_time() - began) / 100
