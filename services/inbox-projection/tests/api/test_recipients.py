"""To whom a reply goes, from where, and under which References."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.values import Address
from service_kit.recipients import (
    MAX_REFERENCES,
    Answered,
    Chosen,
    NoAddressOfOurs,
    NoRecipient,
    OwnAddress,
    OwnChannel,
    Recipients,
    TooManyRecipients,
    answer_references,
    answer_subject,
    answered_id,
    make_address,
    parse_address,
    recipients,
    sending_channel,
)

OURS = frozenset({"support@acme.test", "support-abc234@mail.test", "sales@acme.test"})
ZOFIA = Address("zofia@client.test", "Zofia Nowak")
JAN = Address("jan@client.test")


def to(mails: tuple[Address, ...]) -> list[str]:
    return [one.address for one in mails]


def answered(**parts: object) -> Answered:
    return Answered(**({"sender": ZOFIA, "to": (Address("support@acme.test"),)} | parts))  # type: ignore[arg-type]


def test_a_reply_goes_to_who_wrote() -> None:
    assert recipients(answered(), Chosen(), OURS) == Recipients((ZOFIA,))


def test_reply_to_goes_before_from() -> None:
    assert to(recipients(answered(reply_to=(JAN,)), Chosen(), OURS).to) == ["jan@client.test"]


def test_a_reply_to_of_ours_is_passed_over_for_from() -> None:
    own = Address("Support-ABC234+token@mail.test")
    assert to(recipients(answered(reply_to=(own,)), Chosen(), OURS).to) == ["zofia@client.test"]


def test_everybody_else_is_in_cc_but_us_with_or_without_a_token() -> None:
    message = answered(
        to=(Address("SUPPORT@acme.test"), JAN, Address("zofia@CLIENT.test")),
        cc=(Address("sales+x@acme.test"), Address("boss@client.test"), Address("jan@client.test", "Jan")),
    )
    assert to(recipients(message, Chosen(), OURS).cc) == ["jan@client.test", "boss@client.test"]


def test_without_reply_all_nobody_is_in_cc() -> None:
    assert recipients(answered(cc=(JAN,)), Chosen(reply_all=False), OURS).cc == ()


def test_bcc_of_the_answered_message_is_nobodys_business() -> None:
    assert recipients(answered(), Chosen(), OURS).bcc == ()


def test_chosen_recipients_replace_the_default_and_to_alone_means_no_cc() -> None:
    message = answered(cc=(JAN,))
    assert recipients(message, Chosen(to=(JAN,)), OURS) == Recipients((JAN,))
    assert recipients(message, Chosen(cc=()), OURS) == Recipients((ZOFIA,))
    assert to(recipients(message, Chosen(to=(JAN,), cc=(ZOFIA,)), OURS).cc) == ["zofia@client.test"]


def test_nobody_is_addressed_twice() -> None:
    twice = Chosen(to=(JAN, Address("JAN@client.test")), cc=(JAN, ZOFIA), bcc=(ZOFIA, Address("x@y.test")))
    assert recipients(answered(), twice, OURS) == Recipients((JAN,), (ZOFIA,), (Address("x@y.test"),))


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_choosing_ourselves_is_refused(field: str) -> None:
    with pytest.raises(OwnAddress):
        recipients(answered(), Chosen(**{field: (Address("sales+1@acme.test"),)}), OURS)  # type: ignore[arg-type]


def test_a_message_from_nobody_needs_a_chosen_recipient() -> None:
    for sender in ("", "no-at-sign", "two words@x.test", "support@acme.test", "a@b\r\nBcc: c@d.test"):
        with pytest.raises(NoRecipient):
            recipients(Answered(Address(sender)), Chosen(), OURS)
    assert recipients(Answered(Address("")), Chosen(to=(JAN,)), OURS).to == (JAN,)


def test_what_cannot_be_reached_is_left_out_of_the_default() -> None:
    odd = (Address("undisclosed-recipients:;"), Address("a@" + "x" * 300), Address("ok@x.test", "A\r\nBcc: b@c.test"))
    found = recipients(answered(cc=odd), Chosen(), OURS)
    assert found.cc == (Address("ok@x.test", "A Bcc: b@c.test"),)


def test_more_than_fifty_recipients_are_refused() -> None:
    many = tuple(Address(f"p{number}@client.test") for number in range(60))
    with pytest.raises(TooManyRecipients):
        recipients(answered(cc=many), Chosen(), OURS)


A, B, F = (UUID(int=number) for number in (1, 2, 3))
FALLBACK = OwnChannel(F, "support-abc234@mail.test", fallback=True)
FIRST, SECOND = OwnChannel(A, "support@acme.test"), OwnChannel(B, "sales@acme.test")


@pytest.mark.parametrize(
    ("channels", "through", "expected"),
    [
        ((FALLBACK,), (F,), F),
        ((FALLBACK, FIRST), (F,), A),
        ((FALLBACK, FIRST, SECOND), (B,), B),
        ((FALLBACK, FIRST, SECOND), (F, B), B),
        ((FALLBACK, FIRST), (B,), A),
        ((FALLBACK,), (B,), F),
        ((FALLBACK, FIRST, SECOND), (), A),
    ],
)
def test_the_address_that_was_written_to_answers_and_a_connected_one_before_the_fallback(
    channels: tuple[OwnChannel, ...], through: tuple[UUID, ...], expected: UUID
) -> None:
    assert sending_channel(channels, through).id == expected


def test_without_any_address_nothing_can_answer() -> None:
    with pytest.raises(NoAddressOfOurs):
        sending_channel((), (A,))


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Order 4711", "Re: Order 4711"),
        ("Re: Order 4711", "Re: Order 4711"),
        ("RE: re: AW: Re[2]: Odp: Order", "Re: Order"),
        ("re:Order", "Re: Order"),
        ("Fwd: Order", "Re: Fwd: Order"),
        ("Regarding: x", "Re: Regarding: x"),
        ("", "Re:"),
        ("Re:", "Re:"),
        ("a\r\nBcc: x@y.test\x00", "Re: a Bcc: x@y.test"),
    ],
)
def test_the_subject_has_re_once(subject: str, expected: str) -> None:
    assert answer_subject(subject) == expected
    assert answer_subject(answer_subject(subject)) == expected


def test_references_are_the_parents_and_the_parent() -> None:
    assert answer_references(answered(external_id="c@x", references=("a@x", "b@x"))) == ("a@x", "b@x", "c@x")
    assert answer_references(answered(external_id="c@x", in_reply_to=("a@x",))) == ("a@x", "c@x")
    assert answer_references(answered(external_id="c@x", in_reply_to=("a@x", "b@x"))) == ("c@x",)
    assert answer_references(answered()) == () and answered_id(answered()) is None


def test_long_references_keep_the_first_and_the_newest() -> None:
    ids = tuple(f"{number}@x" for number in range(100))
    found = answer_references(answered(external_id="own@x", references=ids))
    assert len(found) == MAX_REFERENCES
    assert (found[0], found[1], found[-2], found[-1]) == ("0@x", "82@x", "99@x", "own@x")


def test_ids_that_could_break_a_header_are_left_out() -> None:
    message = answered(external_id="own@x", references=("a b@x", "a>\r\nX: y", "ok@x", "ok@x", "x" * 500))
    assert answer_references(message) == ("ok@x", "own@x")
    assert answered_id(answered(external_id="a\nb@x")) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.test", Address("a@b.test")),
        ("  a+c@b.test ", Address("a+c@b.test")),
        ("Ann Lee <a@b.test>", Address("a@b.test", "Ann Lee")),
        ('"Lee, Ann" <a@b.test>', Address("a@b.test", "Lee, Ann")),
        ("Zażółć <a@żółw.test>", Address("a@xn--w-uga1v8h.test", "Zażółć")),
    ],
)
def test_addresses_are_read_as_people_write_them(text: str, expected: Address) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@",
        "a@",
        "@b",
        "a b@c.test",
        "a@b c",
        "a@b@c",
        "a..b@c.test",
        ".a@c.test",
        "a@-b.test",
        "a@b\r\nc",
        "a\x00@b.test",
        "<a@b.test",
        "a@" + "b." * 130 + "test",
        "x" * 65 + "@b.test",
        "A\nB <a@b.test>",
        "a@b,c@d.test",
    ],
)
def test_what_is_no_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"valid|characters"):
        parse_address(text)


@given(st.text(), st.text(), st.lists(st.text(), max_size=5), st.text())
def test_nothing_of_a_customers_mail_reaches_a_header_unfit(
    sender: str, subject: str, references: list[str], name: str
) -> None:
    message = Answered(Address(sender, name), sender, (), (), (Address(subject, name),), subject, tuple(references))
    try:
        found = recipients(message, Chosen(), OURS)
    except NoRecipient:
        found = Recipients((ZOFIA,))
    texts = [answer_subject(subject), *answer_references(message), answered_id(message) or ""]
    texts += [part for one in (*found.to, *found.cc) for part in (one.address, one.name)]
    assert all(text.isprintable() or not any(char in "\r\n\x00\u2028\u2029\x85" for char in text) for text in texts)


@given(st.text(max_size=80))
def test_reading_an_address_refuses_or_gives_one_that_reads_the_same(text: str) -> None:
    try:
        found = parse_address(text)
    except ValueError:
        return
    assert make_address(found.address, found.name) == found
