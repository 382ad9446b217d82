"""Mails and replies that nobody here wrote, read beside the checkout; each test is skipped where they are absent."""

from __future__ import annotations

import re
from email import policy
from email.parser import BytesParser

import pytest

from events import codec
from ingest_email.authentication import failures
from ingest_email.automatic_mail import automatic
from ingest_email.automation import sign_of
from ingest_email.html_text import text_of
from ingest_email.parse import parse
from ingest_email.quotes import pieces_of, split

pytestmark = pytest.mark.corpus

MAIL_CORPORA = ("cpython-test_email", "ruby-mail", "mail-parser", "flufl-bounce", "authentication")


@pytest.mark.parametrize("name", MAIL_CORPORA)
def test_every_mail_becomes_one_message_or_one_stub(name, corpus, translated):
    for path in corpus(name):
        translation = translated(path.read_bytes())
        record = codec.encode(translation.envelope)

        assert codec.decode(record.headers, record.value) == translation.envelope, path.name
        assert translation.envelope.data.content.raw is not None


@pytest.mark.parametrize("name", MAIL_CORPORA)
def test_none_of_them_is_too_much(name, corpus):
    assert [path.name for path in corpus(name) if parse(path.read_bytes()).unreadable] == []


@pytest.mark.parametrize("name", ["ruby-mail", "mail-parser", "cpython-test_email"])
def test_parts_are_those_that_the_standard_library_finds(name, corpus):
    differing = []
    for path in corpus(name):
        raw = path.read_bytes()
        theirs = BytesParser(policy=policy.compat32).parsebytes(raw)
        if any(part.defects for part in theirs.walk()):
            continue
        expected = sorted(
            bytes(part.get_payload(decode=True) or b"").strip()
            for part in theirs.walk()
            if not part.is_multipart() and part.get_content_type() not in ("text/plain", "text/html")
            and part.get_content_maintype() != "message"
        )  # fmt: skip
        inside = any(part.get_content_maintype() == "message" for part in theirs.walk())
        ours = sorted(
            file.content.strip()
            for file in parse(raw).bodies.files
            if file.content_type not in ("text/plain", "text/html") and not file.content_type.startswith("message/")
        )
        if not inside and ours != expected:
            differing.append(path.name)

    assert differing == []


def test_every_bounce_is_recognised_as_automatic_by_its_envelope_and_nearly_all_by_what_they_say(corpus):
    mails = {path.name: parse(path.read_bytes()) for path in corpus("flufl-bounce")}
    by_content = [name for name, mail in mails.items() if sign_of(mail) is None]

    assert all(sign_of(mail, "") is not None for mail in mails.values())
    assert by_content == ["groupwise_03.txt"], "the one that a person wrote"


GITHUB = {
    "correct_sig.txt": "-- \nrick",
    "email_1_1.txt": "-Abhishek Kona",
    "email_1_2.txt": "> \n> -Abhishek Kona",
    "email_1_3.txt": "-Abhishek Kona\n\nOn 01/03/11 7:07 PM, Russell Brown wrote:",
    "email_1_4.txt": "On Aug 22, 2011, at 7:37 PM, defunkt<",
    "email_1_5.txt": None,
    "email_1_6.txt": "On Dec 16, 2011, at 12:47 PM, Corey Donohoe",
    "email_1_7.txt": "On Tue, Sep 25, 2012 at 8:59 AM, Chris Wanstrath",
    "email_1_8.txt": ">\n> -- Tim\n>\n> On Tue, April 29, 2014",
    "email_2_1.txt": " ------------------------------\n\n*From:*",
    "email_2_2.txt": "________________________________________\nFrom:",
    "email_2_3.txt": "From: CRM Comments",
    "email_BlackBerry.txt": "Sent from my BlackBerry",
    "email_bullets.txt": "On Fri, Feb 24, 2012 at 10:19 AM,",
    "email_iPhone.txt": "Sent from my iPhone",
    "email_long_quote.txt": "-Abhishek Kona",
    "email_multi_word_sent_from_my_mobile_device.txt": "Sent from my Verizon Wireless BlackBerry",
    "email_one_is_not_on.txt": "On Oct 1, 2012, at 11:55 PM, Dave Tapley wrote:",
    "email_sent_from_my_not_signature.txt": None,
    "email_sig_delimiter_in_middle_of_line.txt": None,
    "greedy_on.txt": "On 9 Jan 2014, at 2:47, George Plymale wrote:",
    "pathological.txt": 'On Dec 8, 2013 2:10 PM, "John Sullivan"',
}
"""Where what their library hides at the end of each reply begins, signature or quotation; None where it hides none."""


def test_github_replies_are_split_where_their_authors_would(corpus):
    paths = corpus("github-email_reply_parser")
    wrong = []
    for path in paths:
        text = path.read_text()
        new, rest = split(text)
        expected = GITHUB[path.name]
        assert new + rest == text
        if not (rest.startswith(expected) if expected else rest == ""):
            wrong.append(path.name)

    print(f"github-email_reply_parser: {len(paths) - len(wrong)} of {len(paths)}, missed {wrong}")
    assert len(wrong) * 10 <= len(paths), wrong


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def test_talon_replies_have_their_new_words(corpus):
    paths = [path for path in corpus("talon") if path.parent.name == "standard_replies" and path.suffix == ".eml"]
    expected = {path.name: path.with_name(f"{path.stem}_reply_text") for path in paths}
    wrong = []
    for path in paths:
        known = expected[path.name]
        wanted = known.read_text() if known.exists() else "Hello"
        pieces = pieces_of(parse(path.read_bytes()).bodies.text)
        new = pieces.new + pieces.signature
        if _words(new) != _words(wanted):
            wrong.append((path.name, _words(new)[:100]))

    print(f"talon, replies: {len(paths) - len(wrong)} of {len(paths)}, missed {wrong}")
    assert len(wrong) * 10 <= len(paths), wrong


def test_talon_html_replies_have_their_new_words(corpus):
    wrong = []
    paths = [path for path in corpus("talon") if path.parent.name == "html_replies"]
    for path in paths:
        new = split(text_of(path.read_text(errors="replace")))[0]
        if _words(new) != "Hi. I am fine. Thanks, Alex":
            wrong.append((path.name, _words(new)[:200]))

    print(f"talon, HTML replies: {len(paths) - len(wrong)} of {len(paths)}, missed {wrong}")
    assert len(wrong) * 10 <= len(paths), wrong


def test_talon_signatures_are_found(corpus):
    bodies = [path for path in corpus("talon") if path.parent.name == "stripped" and path.name.endswith("_body")]
    wrong = []
    for path in bodies:
        sender, expected = (path.with_name(path.name.replace("_body", end)) for end in ("_sender", "_signature"))
        text, known = (one.read_text().replace("#sig#", "") for one in (path, expected))
        found = pieces_of(text, sender.read_text().strip().partition("@")[0])
        if _words(found.signature + found.history) != _words(known):
            wrong.append((path.name, found.signature))

    print(f"talon, signatures: {len(bodies) - len(wrong)} of {len(bodies)}, missed {wrong}")
    assert len(wrong) * 10 <= len(bodies), wrong


OTHER_THAN_BOUNCE = {
    **dict.fromkeys(
        [
            "dsn_05.txt", "dsn_06.txt", "dsn_07.txt", "dsn_08.txt", "dsn_17.txt", "simple_03.txt", "simple_21.txt",
            "simple_22.txt", "simple_28.txt", "simple_35.txt", "simple_40.txt",
        ],
        "delayed",
    ),
    "qmail_08.txt": "auto_reply",
    "groupwise_03.txt": None,
}  # fmt: skip
"""What flufl.bounce finds to be temporary, an automatic answer, and a mail that a person wrote; all else is final."""


def test_nearly_all_bounces_are_classed_as_final_or_delayed(corpus):
    paths = corpus("flufl-bounce")
    wrong, nameless = [], []
    for path in paths:
        known = automatic(parse(path.read_bytes()), None, b"k" * 32, "postroom.localhost")
        expected = OTHER_THAN_BOUNCE.get(path.name, "bounce")
        if known.kind != expected:
            wrong.append((path.name, known.kind))
        elif expected in ("bounce", "delayed") and (known.bounce is None or not known.bounce.recipient):
            nameless.append(path.name)
        assert known.bounced is None

    print(f"flufl-bounce: {len(paths) - len(wrong)} of {len(paths)} classed right, missed {wrong}, nameless {nameless}")
    assert len(wrong) * 20 <= len(paths), wrong
    assert len(nameless) * 10 <= len(paths), nameless


def test_nobody_is_believed_who_is_not_our_own_server(corpus):
    for path in corpus("authentication"):
        assert failures(path.read_bytes(), "mx.postroom.example") == "", path.name
