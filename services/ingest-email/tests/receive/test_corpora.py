"""Mails and replies that nobody here wrote, read beside the checkout; each test is skipped where they are absent."""

from __future__ import annotations

import re
from email import policy
from email.parser import BytesParser

import pytest

from events import codec
from ingest_email.automation import sign_of
from ingest_email.html_text import text_of
from ingest_email.parse import parse
from ingest_email.quotes import split

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
    "correct_sig.txt": None,
    "email_1_1.txt": None,
    "email_1_2.txt": None,
    "email_1_3.txt": "On 01/03/11 7:07 PM, Russell Brown wrote:",
    "email_1_4.txt": "On Aug 22, 2011, at 7:37 PM, defunkt<",
    "email_1_5.txt": None,
    "email_1_6.txt": "On Dec 16, 2011, at 12:47 PM, Corey Donohoe",
    "email_1_7.txt": "On Tue, Sep 25, 2012 at 8:59 AM, Chris Wanstrath",
    "email_1_8.txt": None,
    "email_2_1.txt": " ------------------------------\n\n*From:*",
    "email_2_2.txt": "________________________________________\nFrom:",
    "email_2_3.txt": "From: CRM Comments",
    "email_BlackBerry.txt": None,
    "email_bullets.txt": "On Fri, Feb 24, 2012 at 10:19 AM,",
    "email_iPhone.txt": None,
    "email_long_quote.txt": None,
    "email_multi_word_sent_from_my_mobile_device.txt": None,
    "email_one_is_not_on.txt": "On Oct 1, 2012, at 11:55 PM, Dave Tapley wrote:",
    "email_sent_from_my_not_signature.txt": None,
    "email_sig_delimiter_in_middle_of_line.txt": None,
    "greedy_on.txt": "On 9 Jan 2014, at 2:47, George Plymale wrote:",
    "pathological.txt": 'On Dec 8, 2013 2:10 PM, "John Sullivan"',
}
"""Where the quotation of each reply begins; None where all of it is new (answers between or below the quotation)."""


def test_github_replies_are_split_where_their_authors_would(corpus):
    wrong = []
    for path in corpus("github-email_reply_parser"):
        quoted = split(path.read_text())[1]
        expected = GITHUB[path.name]
        if not (quoted.startswith(expected) if expected else quoted == ""):
            wrong.append(path.name)

    assert wrong == []


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def test_talon_replies_have_their_new_words(corpus):
    paths = [path for path in corpus("talon") if path.parent.name == "standard_replies" and path.suffix == ".eml"]
    expected = {path.name: path.with_name(f"{path.stem}_reply_text") for path in paths}
    wrong = []
    for path in paths:
        known = expected[path.name]
        wanted = known.read_text() if known.exists() else "Hello"
        new = split(parse(path.read_bytes()).bodies.text)[0]
        if _words(new) != _words(wanted):
            wrong.append((path.name, _words(new)[:100]))

    assert len(wrong) <= len(paths) // 10, wrong


def test_talon_html_replies_have_their_new_words(corpus):
    wrong = []
    paths = [path for path in corpus("talon") if path.parent.name == "html_replies"]
    for path in paths:
        new = split(text_of(path.read_text(errors="replace")))[0]
        if _words(new) != "Hi. I am fine. Thanks, Alex":
            wrong.append((path.name, _words(new)[:200]))

    assert len(wrong) <= len(paths) // 10, wrong
