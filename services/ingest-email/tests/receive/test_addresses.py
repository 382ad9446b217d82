"""Which addresses exist."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID

import pytest

from events import codec
from events.envelope import Envelope
from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    EmailSettings,
    FallbackAddressIssued,
    InboxChanged,
    TeamDeleted,
)
from ingest_email.addresses import AddressBook, normal
from ingest_email.intake import destinations_of
from ingest_email.workspace_reader import WorkspaceReader
from service_kit.clock import utc_now
from service_kit.ids import new_id

INBOX, FALLBACK, CONNECTED = (UUID(int=number) for number in (1, 2, 3))
ISSUED = FallbackAddressIssued(inbox_id=INBOX, channel_id=FALLBACK, address="support-abc234@postroom.localhost")
JOINED = ChannelConnected(
    channel_id=CONNECTED, inbox_id=INBOX, kind="email", email=EmailSettings(address="Help@Example.com")
)


@pytest.fixture
def book() -> AddressBook:
    book = AddressBook()
    book.apply(ISSUED)
    book.apply(JOINED)
    return book


def test_fallback_and_connected_addresses_exist_in_any_case(book):
    assert book.find("Support-ABC234@Postroom.Localhost").ours.channel_id == FALLBACK
    assert book.find("help@example.COM").ours.channel_id == CONNECTED
    assert book.find("nobody@example.com") is None
    assert book.find("") is None


def test_a_plus_part_leads_to_the_same_address(book):
    found = book.find("support-abc234+Token@postroom.localhost")

    assert found.ours.address == "support-abc234@postroom.localhost"
    assert found.plus == "token"
    assert book.find("help+de@example.com").ours.channel_id == CONNECTED


def test_an_address_that_is_connected_with_its_plus_part_comes_first(book):
    book.apply(
        ChannelConnected(
            channel_id=UUID(int=9), inbox_id=INBOX, kind="email", email=EmailSettings(address="help+de@example.com")
        )
    )

    assert book.find("help+de@example.com").ours.channel_id == UUID(int=9)


def test_a_disconnected_channel_has_no_address(book):
    book.apply(ChannelDisconnected(channel_id=CONNECTED))

    assert book.find("help@example.com") is None
    assert book.find("support-abc234@postroom.localhost") is not None


def test_a_changed_channel_has_its_new_address_alone(book):
    book.apply(ChannelChanged(channel_id=CONNECTED, email=EmailSettings(address="hello@example.com")))

    assert book.find("help@example.com") is None
    assert book.find("hello@example.com").ours.inbox_id == INBOX


def test_an_archived_inbox_keeps_its_fallback_address_alone_until_it_is_back(book):
    book.apply(InboxChanged(inbox_id=INBOX, name="Support", archived=True))
    assert book.find("help@example.com") is None
    assert book.find("support-abc234@postroom.localhost") is not None

    book.apply(InboxChanged(inbox_id=INBOX, name="Support"))
    assert book.find("help@example.com") is not None


def test_a_channel_names_the_server_whose_word_on_senders_counts(book):
    assert book.find("help@example.com").ours.authserv_id == ""
    settings = EmailSettings(address="help@example.com", authserv_id="mx.example.com")
    book.apply(ChannelChanged(channel_id=CONNECTED, email=settings))

    assert book.find("help@example.com").ours.authserv_id == "mx.example.com"
    assert [to.authserv_id for to in destinations_of([book.find("help@example.com")], b"k")] == ["mx.example.com"]


def test_other_events_and_channels_change_nothing(book):
    book.apply(TeamDeleted(team_id=UUID(int=7)))
    book.apply(ChannelConnected(channel_id=UUID(int=8), inbox_id=INBOX, kind="chat"))
    book.apply(ChannelDisconnected(channel_id=UUID(int=8)))

    assert book.find("help@example.com") is not None


def test_international_domains_and_quoted_names_are_compared_in_one_form():
    assert normal("info@Bücher.example") == "info@xn--bcher-kva.example"
    assert normal('"help"@example.com.') == "help@example.com"
    assert normal("a@" + "ü" * 300) == "a@" + "ü" * 300
    assert normal("Postmaster") == "postmaster"


def record(fact: object, position: int = 1, **changed: bytes | None) -> SimpleNamespace:
    now = utc_now()
    envelope = Envelope(
        id=new_id(),
        stream=INBOX,
        sequence=position,
        occurred_at=now,
        recorded_at=now,
        workspace_id=INBOX,
        correlation_id=INBOX,
        data=fact,
    )
    encoded = codec.encode(envelope)
    headers = codec.with_position(encoded.headers, "main/1", position)
    return SimpleNamespace(
        topic="workspace.v1", partition=0, offset=position, key=b"k", headers=headers, value=encoded.value
    )


def test_records_are_read_into_the_book():
    reader = WorkspaceReader(AddressBook())
    reader.read([record(ISSUED, 1), record(JOINED, 2)])

    assert reader.book.find("help@example.com") is not None
    assert not reader.doubtful


def test_a_record_that_comes_again_does_not_undo_a_later_one():
    reader = WorkspaceReader(AddressBook())
    reader.read([record(JOINED, 1), record(ChannelDisconnected(channel_id=CONNECTED), 2), record(JOINED, 1)])

    assert reader.book.find("help@example.com") is None


def test_a_damaged_record_about_addresses_makes_every_no_doubtful_until_it_is_a_dead_letter():
    reader = WorkspaceReader(AddressBook())
    broken = record(JOINED)
    broken.value = b"{not json"
    reader.read([broken, record(ISSUED, 2)])

    assert reader.doubtful
    assert reader.book.find("support-abc234@postroom.localhost") is not None
    letters = list(reader.unreadable)
    assert [letter for letter, _ in letters] == [broken]
    reader.read([broken])
    reader.buried(letters)
    assert reader.doubtful and len(reader.unreadable) == 1, "another one came meanwhile"
    reader.buried(letters)
    assert not reader.doubtful


def test_a_record_newer_than_this_process_makes_every_no_doubtful_for_good():
    reader = WorkspaceReader(AddressBook())
    newer = record(JOINED)
    newer.headers = [(name, b"99" if name == "ce_version" else value) for name, value in newer.headers]
    reader.read([newer, record(ISSUED, 2)])
    reader.buried(list(reader.unreadable))

    assert reader.doubtful and reader.unreadable == []
    assert reader.book.find("support-abc234@postroom.localhost") is not None


def test_records_of_unknown_types_are_passed_over_and_garbage_is_set_aside():
    reader = WorkspaceReader(AddressBook())
    unknown = record(JOINED)
    unknown.headers = [(name, b"SomethingNewer" if name == "ce_type" else value) for name, value in unknown.headers]
    garbage = record(JOINED)
    garbage.headers, garbage.value = [], b"\xff"
    reader.read([unknown, garbage])

    assert not reader.doubtful
    assert [letter for letter, _ in reader.unreadable] == [garbage]
