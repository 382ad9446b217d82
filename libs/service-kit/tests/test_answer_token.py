from service_kit import answer_token, reply_token
from service_kit.ids import new_id

KEY = bytes(32)
MAIL = new_id()
TOKEN = answer_token.sign(MAIL, KEY)


def test_a_token_names_its_mail_in_whatever_case_it_comes_back() -> None:
    assert answer_token.verify(TOKEN, KEY) == MAIL
    assert answer_token.mail_of(["", "news", TOKEN.upper()], KEY) == MAIL


def test_a_token_signed_with_another_key_or_for_another_purpose_names_nothing() -> None:
    assert answer_token.verify(TOKEN, b"1" * 32) is None
    assert answer_token.mail_of([reply_token.sign(MAIL, KEY)], KEY) is None
    assert reply_token.verify(TOKEN, KEY) is None


def test_every_changed_character_is_noticed() -> None:
    for index, old in enumerate(TOKEN):
        for new in "a7":
            forged = TOKEN[:index] + new + TOKEN[index + 1 :]
            # the last character carries two bits that no byte uses
            if new != old and index < len(TOKEN) - 1:
                assert answer_token.verify(forged, KEY) is None


def test_garbage_names_nothing() -> None:
    for garbage in ("", "a", "!" * 36, "ż" * 36, "1" * 36, TOKEN[:-1], TOKEN + "a"):
        assert answer_token.verify(garbage, KEY) is None


def test_an_address_with_a_token_fits_the_local_part() -> None:
    address = reply_token.plus_address("a-slug-of-20-chars-a-abc123@mail.test", TOKEN)
    assert len(address.rpartition("@")[0]) <= 64
