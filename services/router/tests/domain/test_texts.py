"""Names, headers and mail addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.texts import is_header_safe, is_mail_address, is_plain, mailbox_key, slug_of, without_plus


@pytest.mark.parametrize(
    "address",
    [
        "rosa@customer.test",
        "rosa+tag@customer.test",
        "r.o_s-a!#$%&'*/=?^`{|}~@customer.test",
        '"rosa garcia"@customer.test',
        '"a@b"@customer.test',
        "root@localhost",
        "rosa@[192.0.2.1]",
        "rosa@[IPv6:2001:db8::1]",
        "róża@żółw.test",
        "用户@例子.test",
        "rosa@xn--bcher-kva.test",
        "a" * 64 + "@customer.test",
    ],
)
def test_these_are_mail_addresses(address: str) -> None:
    assert is_mail_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "rosa",
        "rosa@",
        "@customer.test",
        "rosa@customer..test",
        "rosa@.test",
        "rosa@customer.test.",
        "rosa@-customer.test",
        "rosa@customer-.test",
        "ro sa@customer.test",
        "rosa@cust omer.test",
        "rosa\u00a0x@customer.test",
        "rosa\u3000x@customer.test",
        "rosa@customer\u2003.test",
        ".rosa@customer.test",
        "rosa.@customer.test",
        "ro..sa@customer.test",
        "ro<sa>@customer.test",
        "rosa@customer.test, sam@elsewhere.test",
        "rosa@customer.test\r\n",
        "rosa@customer.test\0",
        "a" * 65 + "@customer.test",
        "rosa@" + "a" * 64 + ".test",
        "rosa@" + ".".join(["abc"] * 70),
        "ü" * 125 + "@customer.test",
        "\ud800@customer.test",
    ],
)
def test_these_are_none(address: str) -> None:
    assert not is_mail_address(address)


@given(st.text())
def test_no_text_whatever_makes_the_questions_fail(text: str) -> None:
    assert isinstance(is_mail_address(text), bool)
    assert isinstance(is_plain(text, 10), bool)
    assert slug_of(text)
    without_plus(text)


@given(st.text())
def test_a_header_safe_text_is_one_line(text: str) -> None:
    if is_header_safe(text):
        assert len(text.splitlines()) <= 1 and "\0" not in text
        text.encode()


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Support", "support"),
        ("Sales & Marketing", "sales-marketing"),
        ("Obsługa klienta", "obsluga-klienta"),
        ("Straße Øst", "strasse-ost"),
        ("Ένα", "inbox"),
        ("日本", "inbox"),
        ("--", "inbox"),
        ("An inbox with a very long name", "an-inbox-with-a-very"),
        ("abcdefghij klmnopqrs tuv", "abcdefghij-klmnopqrs"),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_addresses_are_compared_without_case_and_detail() -> None:
    assert mailbox_key(" Rosa+X@Customer.Test ") == "rosa+x@customer.test"
    assert without_plus("Rosa+X+Y@Customer.Test") == "rosa@customer.test"
    assert without_plus("rosa@a+b.test") == "rosa@a+b.test"
