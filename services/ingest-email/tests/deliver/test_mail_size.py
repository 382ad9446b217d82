"""A mail is never larger than it was said to become, so one that was accepted is taken by a server of 25 MiB."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.conversations import QuotedHistory
from events.values import Address, Attachment
from ingest_email.limits import MAX_MAIL_BYTES
from ingest_email.testing import SENT_AT, content, rendered
from service_kit.mail_size import MAX_FILES, MAX_MAIL, of_content, of_files

ODD = ["=", "ż", "𝛑", "\n", "\r\n", " ", "\t", '"', "<&>", "http://a ", "x", "> ", "\x00", "."]
TEXTS = st.builds(
    lambda one, times: one * times, st.lists(st.sampled_from(ODD), max_size=6).map("".join), st.integers(0, 3000)
)


def file(size: int, number: int = 1, name: str = "plan.pdf") -> Attachment:
    return Attachment(UUID(int=number), name, "application/pdf", size, f"upload/{number}")


def sent(size_of: Any) -> int:
    files = {one.blob: bytes(one.size) for one in size_of.attachments}
    return len(rendered(size_of, files).content)


def test_both_ends_speak_of_the_same_limit() -> None:
    assert MAX_MAIL == MAX_MAIL_BYTES


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.none() | TEXTS, st.none() | TEXTS, st.lists(st.integers(0, 5000), max_size=3))
def test_no_mail_is_larger_than_it_was_said_to_become(
    text: str, html: str | None, quoted: str | None, sizes: list[int]
) -> None:
    history = None if quoted is None else QuotedHistory(sender=Address("a@b.test", "Ann"), sent_at=SENT_AT, text=quoted)
    files = tuple(file(size, number, "ż" * 200) for number, size in enumerate(sizes, 1))
    made = content(text=text, html=html, history=history, attachments=files)
    assert sent(made) <= of_content(made)


def test_a_mail_with_all_that_may_be_attached_fits_and_the_raw_sum_did_not() -> None:
    most = content(attachments=(file(MAX_FILES),))
    assert sent(most) <= of_content(most) <= MAX_MAIL
    raw_sum = content(attachments=(file(MAX_MAIL),))
    assert sent(raw_sum) > MAX_MAIL, "what was taken before was refused by our own receiver"


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 1_000_000])
def test_base64_is_counted_to_the_line(size: int) -> None:
    with_file, without = content(attachments=(file(size),)), content()
    assert 0 <= of_files([("plan.pdf", size)]) - (sent(with_file) - sent(without)) <= 1200
