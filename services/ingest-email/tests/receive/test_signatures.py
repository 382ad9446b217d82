"""A signature at the end of what somebody wrote is told from what they wrote."""

from __future__ import annotations

import pytest

from ingest_email.signatures import signature_from

WORDS = "Hello,\nplease send it to the new address.\n\n"


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nJane Doe\nExample Ltd\n",
        "--\nJane Doe\n\nThis mail is confidential. If it is not meant for you, please delete it at once.\n",
        "---\nJane\n",
        "Sent from my iPhone",
        "Sent from Outlook for Android\n",
        "Sent wirelessly from my BlackBerry device on the Bell network.\n",
        "Get Outlook for iOS<https://aka.ms/o0ukef>\n",
        "Von meinem iPhone gesendet\n",
        "Gesendet mit der GMX Mail App\n",
        "Wysłane z iPhone'a\n",
        "Wysłano z systemu Android\n",
        "Envoyé de mon iPhone\n",
        "Enviado desde mi iPhone\n",
        "Enviado do meu iPhone\n",
        "Inviato da iPhone\n",
        "Verzonden vanaf mijn iPhone\n",
        "Skickat från min iPhone\n",
        "Отправлено с iPhone\n",
        "-Jane\n",
        "-Jane\n\nSent from my HTC smartphone\n",
        "_______________________________________________\nusers mailing list\nusers@example.com\n",
    ],
)
def test_signatures_of_all_kinds_are_found(signature):
    assert signature_from(WORDS + signature) == len(WORDS)


@pytest.mark.parametrize(
    "signature",
    [
        "Jane Doe\n",
        "Jane Doe\nvia mobile\n",
        "Jane\n+48 600 100 200\nwww.example.com\n",
        "Kind regards,\nJane Doe\nExample Ltd\n",
        "Pozdrawiam,\nJane Doe\n",
        "Mit freundlichen Grüßen\n\nJane Doe\n",
        "Thanks!\nJane\n",
    ],
)
def test_the_writers_own_name_begins_one_with_the_closing_words_above_it(signature):
    assert signature_from(WORDS + signature, "Jane Doe") == len(WORDS)
    assert signature_from(WORDS + signature, "Max Mustermann") == len(WORDS + signature)


@pytest.mark.parametrize(
    "text",
    [
        "Sent from my desk, is much easier than my phone.",
        "Please buy:\n-Milk\n-Eggs\n",
        "Please buy:\n- Milk\n",
        "A table\n--------------------\na | b\n",
        "Regards,\nJane Doe\n\nPS: please call me before five, I have to leave then.\n",
        "Jane Doe\nis my name, and I would like to know when the parcel comes to my house.\n",
        "Jane will you come tomorrow?\n",
        "Did you see this?\nJane Doe asked:\n",
        "It is ok -- really.\n",
        "First\n---\nSecond, which goes on with a sentence of many words that nobody signs with.\n",
    ],
)
def test_what_people_say_is_no_signature(text):
    whole = "Hello,\n" + text

    assert signature_from(whole, "Jane Doe") == len(whole)


def test_a_text_that_is_nothing_but_a_signature_has_none():
    assert signature_from("-- \nJane\n", "Jane") == len("-- \nJane\n")
    assert signature_from("Jane Doe", "Jane Doe") == len("Jane Doe")
    assert signature_from("") == 0


def test_only_the_end_of_a_long_text_is_looked_at(within):
    with within(0.05):
        for unit in ("Jane Doe\n", "-- \n", "-Jane\n", "x ", "-", "1 "):
            signature_from(unit * 10_000, "Jane Doe")
