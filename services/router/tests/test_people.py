"""Contacts and companies in the router's transaction: addresses, blocks, domains, merged sets, and their look-ups."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.commands import EraseContact, UpdateContact
from events.contact_commands import (
    AddContactAddress,
    AddContactNote,
    BlockContact,
    ChangeCompany,
    ChangeContactProperty,
    CreateCompany,
    CreateContact,
    DefineContactProperty,
    DeleteContactProperty,
    LinkCompany,
    MergeContacts,
    RemoveContactAddress,
    UnblockContact,
    UnmergeContact,
)
from events.values import Handle
from router.rebuild import rebuild
from router.testing import COMMANDS, Workbench, envelope, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
TABLES = ("handles", "former_handles", "holdings", "filtered", "merged", "blocked", "company_domains", "blobs")
MARIA, WORK = "maria@customer.example", "maria@work.example"


@pytest.fixture
def bench(bench: Workbench) -> Workbench:
    bench.set_up_workspace()
    return bench


def person(*addresses: str, **card: Any) -> CreateContact:
    return CreateContact(handles=tuple(Handle("email", address) for address in addresses), **card)


def writes(bench: Workbench, address: str, **more: Any) -> list[Any]:
    return bench.receive(mail(address, **more))


def test_who_was_added_by_hand_is_recognised_when_they_write(bench: Workbench) -> None:
    rosa = new_id()
    outcome = bench.command(person("Rosa@c.example", "rosa@home.example", name="Rosa"), rosa)
    assert (outcome.state, outcome.resource_id) == ("done", rosa)
    for address in ("rosa@c.example", "ROSA@home.example"):
        events = writes(bench, address)
        assert kinds(events) == ["ConversationOpened", "ConversationRouted"]
        assert events[0].data.contact_id == rosa


def test_an_address_in_use_is_refused_and_with_update_leads_to_its_contact(bench: Workbench) -> None:
    rosa = writes(bench, "rosa@c.example")[0].stream
    refused = bench.command(person("rosa@c.example"), new_id())
    assert (refused.code, str(rosa) in refused.detail) == ("conflict.handle-in-use", True)
    before = bench.last_position()
    wish = {"phone": "1", "update": True, "known_as": rosa}
    done = bench.command(person("rosa@c.example", "rosa@home.example", **wish), new_id())
    assert (done.state, done.resource_id) == ("done", rosa)
    events = bench.events(after=before)[:-1]
    assert [(event.type, event.stream) for event in events] == [("HandleLinked", rosa), ("ContactUpdated", rosa)]
    assert bench.command(UpdateContact(name="R"), rosa).state == "done", "sequences have no holes"


def test_who_writes_from_an_address_that_was_added_is_the_contact_and_from_one_taken_away_is_not(
    bench: Workbench,
) -> None:
    rosa = writes(bench, "rosa@c.example")[0].stream
    assert bench.command(AddContactAddress(address="Rosa@home.example"), rosa).state == "done"
    assert writes(bench, "rosa@home.example")[0].data.contact_id == rosa
    gone = RemoveContactAddress(address="rosa@c.example", first="rosa@home.example")
    before = bench.last_position()
    assert bench.command(gone, rosa).state == "done"
    (unlinked,) = bench.events(after=before)[:-1]
    assert (unlinked.type, unlinked.data.personal.first.value) == ("HandleUnlinked", "rosa@home.example")
    anew = writes(bench, "rosa@c.example")
    assert kinds(anew)[0] == "ContactCreated" and anew[0].stream != rosa
    assert writes(bench, "rosa@home.example")[0].data.contact_id == rosa
    before = bench.last_position()
    assert bench.command(gone, rosa).state == "done", "it has it no more"
    assert kinds(bench.events(after=before)) == ["CommandHandled"]
    taken = bench.command(AddContactAddress(address="rosa@c.example"), rosa)
    assert (taken.code, str(anew[0].stream) in taken.detail) == ("conflict.handle-in-use", True)
    last = RemoveContactAddress(address="rosa@home.example")
    assert bench.command(last, rosa).state == "done", "the last one may go"


def test_an_address_goes_from_one_to_another_within_one_batch(bench: Workbench) -> None:
    rosa, sam = (writes(bench, f"{name}@c.example")[0].stream for name in ("rosa", "sam"))
    wishes = [
        envelope(AddContactAddress(address="x@c.example"), stream=rosa),
        envelope(RemoveContactAddress(address="x@c.example"), stream=rosa),
        envelope(RemoveContactAddress(address="rosa@c.example"), stream=rosa),
        envelope(AddContactAddress(address="rosa@c.example"), stream=sam),
        envelope(AddContactAddress(address="x@c.example"), stream=rosa),
    ]
    bench.handle(bench.records(*wishes, topic=COMMANDS))
    assert writes(bench, "rosa@c.example")[0].data.contact_id == sam
    assert writes(bench, "x@c.example")[0].data.contact_id == rosa


def test_an_address_of_one_who_was_merged_is_taken_away_from_that_contact(bench: Workbench) -> None:
    maria, work = merged(bench)
    before = bench.last_position()
    assert bench.command(RemoveContactAddress(address=WORK), maria).state == "done"
    assert kinds(bench.events(after=before)) == ["CommandHandled"], "it is not the survivor's own"
    assert bench.command(RemoveContactAddress(address=WORK), work).state == "done"
    assert kinds(writes(bench, WORK))[0] == "ContactCreated"


def test_what_is_kept_by_an_address_that_was_taken_away_goes_with_the_person(bench: Workbench) -> None:
    rosa = writes(bench, "rosa@c.example", blobs=["r/1"])[0].stream
    bench.command(BlockContact(), rosa)
    kept_out = writes(bench, "rosa@c.example")[0]
    bench.command(RemoveContactAddress(address="rosa@c.example"), rosa)
    digest = bench.parts.decoder.hashes.handle("email", "rosa@c.example")
    by_hash = "SELECT count(*) FROM router.participants WHERE handle_hash = %s"
    assert bench.rows(by_hash, digest) == [(1,)]
    bench.command(EraseContact(), rosa)
    assert bench.rows(by_hash, digest) == [(0,)] and bench.count("former_handles") == 0
    assert bench.events(stream=kept_out.stream)[0].data.personal is None


def test_what_somebody_else_has_by_that_address_now_stays_with_them(bench: Workbench) -> None:
    rosa = writes(bench, "rosa@c.example")[0].stream
    bench.command(RemoveContactAddress(address="rosa@c.example"), rosa)
    conversation = writes(bench, "rosa@c.example", message_id="new@c")[1].stream
    bench.command(EraseContact(), rosa)
    digest = bench.parts.decoder.hashes.handle("email", "rosa@c.example")
    held = bench.rows("SELECT conversation_id FROM router.participants WHERE handle_hash = %s", digest)
    assert (conversation,) in held


def test_nobody_is_updated_whom_the_wish_does_not_name(bench: Workbench) -> None:
    rosa, sam = (writes(bench, f"{name}@c.example")[0].stream for name in ("rosa", "sam"))
    before = bench.last_position()
    for known_as in (None, sam, new_id()):
        refused = bench.command(person("rosa@c.example", name="X", update=True, known_as=known_as), new_id())
        assert (refused.code, str(rosa) in refused.detail) == ("conflict.handle-in-use", True)
    both = person("rosa@c.example", "sam@c.example", name="X", update=True, known_as=rosa)
    assert bench.command(both, new_id()).code == "conflict.handle-in-use"
    assert set(kinds(bench.events(after=before))) == {"CommandHandled"}


def test_two_contacts_of_one_address_in_one_batch_are_one(bench: Workbench) -> None:
    first = new_id()
    wishes = [
        envelope(person("rosa@c.example", name="R", update=True), stream=first),
        envelope(person("rosa@c.example", name="Rosa", update=True, known_as=first), stream=new_id()),
        envelope(person("rosa@c.example", name="Rose", update=True), stream=new_id()),
    ]
    events = bench.handle(bench.records(*wishes, topic=COMMANDS))
    assert kinds(events) == ["ContactCreated", "ContactUpdated", *["CommandHandled"] * 3]
    assert events[0].stream == events[1].stream
    assert [event.data.state for event in events[2:]] == ["done", "done", "refused"]


def test_properties_are_checked_by_what_the_workspace_defined(bench: Workbench) -> None:
    rosa, level = writes(bench, "rosa@c.example")[0].stream, new_id()
    wish = UpdateContact(properties={str(level): "gold"})
    assert bench.command(wish, rosa).code == "invalid.property-value-invalid"
    define = DefineContactProperty(property_id=level, name="Level", kind="choice", choices=("gold",))
    assert bench.command(define, DEFAULT_WORKSPACE_ID).resource_id == level
    assert bench.command(wish, rosa).state == "done"
    assert bench.command(ChangeContactProperty(property_id=level, choices=("silver",)), DEFAULT_WORKSPACE_ID).code == ""
    assert bench.command(wish, rosa).code == "invalid.property-value-invalid"
    assert bench.command(DeleteContactProperty(property_id=level), DEFAULT_WORKSPACE_ID).resource_id == level
    assert "no such property" in bench.command(wish, rosa).detail
    note = new_id()
    assert bench.command(AddContactNote(note_id=note, text="likes tea"), rosa).resource_id == note


def test_a_blocked_persons_mail_is_kept_out_and_let_in_again_at_once(bench: Workbench) -> None:
    rosa = writes(bench, "rosa@c.example")[0].stream
    bench.command(BlockContact(), rosa)
    events = writes(bench, "rosa@c.example", blobs=["r/1"])
    assert kinds(events) == ["InboundFiltered"]
    filtered = events[0].data
    assert (filtered.contact_id, filtered.filter_version, filtered.personal is not None) == (rosa, 0, True)
    assert bench.tallies[-1] == {"filtered": 1}
    assert kinds(writes(bench, "sam@c.example"))[0] == "ContactCreated", "nobody else is concerned"
    bench.command(UnblockContact(), rosa)
    assert kinds(writes(bench, "rosa@c.example")) == ["ConversationOpened", "ConversationRouted"]
    bench.command(EraseContact(), rosa)
    assert bench.events(stream=events[0].stream)[0].data.personal is None, "what was kept out goes with the person"
    assert bench.count("blocked") == 0


def test_who_writes_from_a_companys_domain_belongs_to_it(bench: Workbench) -> None:
    acme, globex = new_id(), new_id()
    bench.command(CreateCompany(name="Acme", domains=("acme.example",)), acme)
    events = writes(bench, "rosa@ACME.example")
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationRouted"]
    assert events[0].data.company_id == acme
    assert writes(bench, "sam@other.example")[0].data.company_id is None
    taken = bench.command(CreateCompany(name="Globex", domains=("acme.example",)), globex)
    assert (taken.code, str(acme) in taken.detail) == ("conflict.company-domain-taken", True)
    bench.command(ChangeCompany(domains=("acme.test",)), acme)
    assert bench.command(CreateCompany(name="Globex", domains=("acme.example",)), globex).state == "done"
    assert writes(bench, "kim@acme.example")[0].data.company_id == globex
    assert bench.command(LinkCompany(company_id=acme), events[0].stream).state == "done"
    assert bench.command(LinkCompany(company_id=new_id()), events[0].stream).code == "not_found.company-not-found"


def test_an_address_added_later_is_of_its_companys_domain_and_a_public_providers_of_none(bench: Workbench) -> None:
    acme = new_id()
    bench.command(CreateCompany(name="Acme", domains=("acme.example",)), acme)
    rosa = writes(bench, "rosa@other.example")[0].stream
    before = bench.last_position()
    assert bench.command(AddContactAddress(address="rosa@gmail.com"), rosa).state == "done"
    assert bench.command(AddContactAddress(address="Rosa@ACME.example"), rosa).state == "done"
    assert [kind for kind in kinds(bench.events(after=before)) if kind != "CommandHandled"] == [
        "HandleLinked",
        "HandleLinked",
        "CompanyLinked",
    ]


def test_a_domain_that_moves_within_one_batch_is_the_last_ones(bench: Workbench) -> None:
    acme, globex = new_id(), new_id()
    bench.command(CreateCompany(name="Acme", domains=("acme.example", "acme.test")), acme)
    drop = envelope(ChangeCompany(domains=("acme.test",)), stream=acme)
    take = envelope(CreateCompany(name="Globex", domains=("acme.example",)), stream=globex)
    bench.handle(bench.records(drop, take, topic=COMMANDS))
    assert set(bench.rows("SELECT domain, company_id FROM router.company_domains")) == {
        ("acme.test", acme),
        ("acme.example", globex),
    }


def merged(bench: Workbench) -> tuple[UUID, UUID]:
    """Maria, who wrote from home, and the contact of her address at work, merged into her."""
    maria, work = writes(bench, MARIA)[0].stream, writes(bench, WORK, message_id="work@x", blobs=["w/1"])[0].stream
    assert bench.command(MergeContacts(from_id=work), maria).state == "done"
    return maria, work


def test_merging_tells_both_streams_and_the_addresses_lead_to_the_survivor(bench: Workbench) -> None:
    before = bench.last_position()
    maria, work = merged(bench)
    told = [(event.type, event.stream) for event in bench.events(after=before) if event.type.startswith("Contact")]
    assert told[-2:] == [("ContactsMerged", maria), ("ContactMergedInto", work)]
    events = writes(bench, WORK)
    assert kinds(events) == ["ConversationOpened", "ConversationRouted"]
    assert events[0].data.contact_id == maria and events[0].data.personal is not None
    answer = writes(bench, WORK, in_reply_to=["work@x"])
    assert kinds(answer)[0] == "MessageAppended" and answer[0].data.contact_id == maria
    assert bench.command(MergeContacts(from_id=work), maria).state == "done", "once more changes nothing"
    assert bench.command(MergeContacts(from_id=maria), work).code == "conflict.contact-is-merged"
    assert bench.command(MergeContacts(from_id=maria), maria).code == "invalid.merge-with-itself"


def test_a_survivor_takes_its_own_along_and_a_block_of_the_survivor_counts_for_all(bench: Workbench) -> None:
    maria, work = merged(bench)
    sam = writes(bench, "sam@c.example")[0].stream
    assert bench.command(MergeContacts(from_id=maria), sam).state == "done"
    assert set(bench.rows("SELECT contact_id, survivor_id FROM router.merged")) == {(maria, sam), (work, sam)}
    bench.command(BlockContact(), sam)
    assert kinds(writes(bench, WORK)) == kinds(writes(bench, MARIA)) == ["InboundFiltered"]
    assert bench.command(UnmergeContact(from_id=work), sam).state == "done"
    events = writes(bench, WORK)
    assert kinds(events) == ["ConversationOpened", "ConversationRouted"] and events[0].data.contact_id == work
    assert kinds(writes(bench, MARIA)) == ["InboundFiltered"]


@pytest.mark.parametrize("of_the_survivor", [True, False])
def test_erasing_anyone_of_a_merged_set_erases_all_of_it(bench: Workbench, of_the_survivor: bool) -> None:
    maria, work = merged(bench)
    writes(bench, WORK, message_id="later@x")
    outcome = bench.command(EraseContact(), maria if of_the_survivor else work)
    assert outcome.state == "done"
    gone = bench.rows("SELECT key_id FROM keyring.keys WHERE wrapped IS NULL AND erased_at IS NOT NULL")
    assert {key for (key,) in gone} == {maria, work}
    left = [event for event in bench.events() if getattr(event.data, "contact_id", None) in (maria, work)]
    assert left and all(getattr(event.data, "personal", None) is None for event in left)
    for table in ("handles", "holdings", "thread_keys", "dedupe", "blobs"):
        owners = {row[0] for row in bench.rows(f"SELECT contact_id FROM router.{table}")}
        assert not owners & {maria, work}, table
    assert bench.count("merged") == 0
    assert bench.rows("SELECT name FROM router.blobs_to_delete") == [("w/1",)]
    assert kinds(writes(bench, WORK))[0] == "ContactCreated"
    assert bench.command(MergeContacts(from_id=work), maria).code == "conflict.contact-is-erased"


def test_look_ups_made_anew_equal_those_that_grew(bench: Workbench) -> None:
    acme = new_id()
    bench.command(CreateCompany(name="Acme", domains=("acme.example", "a.example")), acme)
    bench.command(ChangeCompany(domains=("a.example", "b.example")), acme)
    maria, _ = merged(bench)
    blocked = writes(bench, "rosa@c.example")[0].stream
    bench.command(BlockContact(), blocked)
    writes(bench, "rosa@c.example")
    let_in = writes(bench, "kim@c.example")[0].stream
    bench.command(BlockContact(), let_in)
    bench.command(UnblockContact(), let_in)
    one, two = (writes(bench, f"{name}@d.example")[0].stream for name in ("one", "two"))
    bench.command(MergeContacts(from_id=two), one)
    bench.command(UnmergeContact(from_id=two), one)
    three = writes(bench, "three@d.example")[0].stream
    bench.command(MergeContacts(from_id=two), three)
    bench.command(BlockContact(), three)
    bench.command(EraseContact(), two)
    bench.command(AddContactAddress(address="further@c.example"), maria)
    bench.command(RemoveContactAddress(address=MARIA, first="further@c.example"), maria)
    bench.command(AddContactAddress(address=MARIA), let_in)
    grown = {table: sorted(bench.rows(f"SELECT t::text FROM router.{table} t")) for table in TABLES}
    assert all(grown.values())
    rebuild(bench.parts, page_events=3)
    assert {table: sorted(bench.rows(f"SELECT t::text FROM router.{table} t")) for table in TABLES} == grown
