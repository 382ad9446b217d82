from service_kit import reply_token
from service_kit.ids import new_id

KEY = bytes(32)
CONVERSATION = new_id()
TOKEN = reply_token.sign(CONVERSATION, KEY)


def test_a_token_names_its_conversation() -> None:
    assert reply_token.verify(TOKEN, KEY) == CONVERSATION


def test_a_token_signed_with_another_key_names_nothing() -> None:
    assert reply_token.verify(TOKEN, b"1" * 32) is None


def test_every_changed_character_is_noticed() -> None:
    for index, old in enumerate(TOKEN):
        for new in "a7":
            forged = TOKEN[:index] + new + TOKEN[index + 1 :]
            # the last character carries two bits that no byte uses
            if new != old and index < len(TOKEN) - 1:
                assert reply_token.verify(forged, KEY) is None


def test_garbage_names_nothing() -> None:
    for garbage in ("", "a", "!" * 36, "ż" * 36, "1" * 36, TOKEN[:-1], TOKEN + "a"):
        assert reply_token.verify(garbage, KEY) is None


def test_a_message_id_leads_back_to_its_conversation_only_on_our_domain() -> None:
    external_id = reply_token.message_id(new_id(), CONVERSATION, KEY, "mail.test")
    assert reply_token.conversation_of(external_id, KEY, "mail.test") == CONVERSATION
    assert reply_token.conversation_of(external_id, KEY, "other.test") is None
    assert reply_token.conversation_of("nothing@mail.test", KEY, "mail.test") is None
    assert reply_token.conversation_of("", KEY, "mail.test") is None


def test_a_plus_address_is_split_again_and_fits_the_local_part() -> None:
    address = reply_token.plus_address("a-slug-of-20-chars-a-abc123@mail.test", TOKEN)
    assert reply_token.split_plus(address) == ("a-slug-of-20-chars-a-abc123@mail.test", TOKEN)
    assert len(address.partition("@")[0]) <= 64


def test_an_address_without_a_plus_part_stays() -> None:
    for address in ("sales@mail.test", "+odd@mail.test", ""):
        assert reply_token.split_plus(address) == (address, "")


def test_the_side_thread_has_a_token_of_its_own_that_leads_to_the_same_conversation() -> None:
    side = reply_token.sign(CONVERSATION, KEY, side=True)
    assert side != TOKEN and side[:20] == TOKEN[:20]
    assert reply_token.verify(side, KEY) == CONVERSATION
    external_id = reply_token.message_id(new_id(), CONVERSATION, KEY, "mail.test", side=True)
    assert side in external_id and reply_token.conversation_of(external_id, KEY, "mail.test") == CONVERSATION
