"""Filtered mails that are let in on real rows: once, in their thread, with their time, and gone with their person."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest

from events.commands import (
    EraseContact,
    MarkConversationAsSpam,
    ReopenConversation,
    SendReply,
    SetEmailFilters,
    TrashConversation,
)
from events.contact_commands import AddContactAddress, CreateContact, RemoveContactAddress, UpdateContact
from events.conversations import ReplyContent
from events.envelope import AnyEnvelope
from events.filtering import AdmitFiltered, FilterSwitches, SpamBlock
from events.outcomes import CommandHandled
from events.values import Address, Handle
from events.workspace import EmailFilter
from router.rebuild import rebuild
from router.testing import AS_ANNA, CHANNEL, COMMANDS, INBOX, NOON, SUPPORT, TEAM, Workbench, envelope, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
SENDER = "offers@spam.example"
BLOCKED = EmailFilter(id=UUID(int=1), kind="block", field="domain", value="spam.example")
TABLES = ("filtered", "blobs", "dedupe", "handles", "corresponded", "conversations", "holdings", "participants")


def blocking(bench: Workbench, *filters: EmailFilter, switches: tuple[FilterSwitches, ...] = ()) -> None:
    command = SetEmailFilters(filters=filters, switches=switches)
    assert bench.command(command, DEFAULT_WORKSPACE_ID).state == "done"


def kept_out(bench: Workbench, received: Any) -> AnyEnvelope:
    (event,) = bench.receive(received)
    assert event.type == "InboundFiltered"
    return event


def admitted(bench: Workbench, stream: UUID) -> tuple[CommandHandled, list[AnyEnvelope]]:
    before = bench.last_position()
    outcome = bench.command(AdmitFiltered(), stream)
    return outcome, bench.events(after=before)[:-1]


def rows(bench: Workbench, table: str) -> list[Any]:
    return bench.rows(f"SELECT t::text FROM router.{table} t ORDER BY 1")


def test_a_filtered_mail_becomes_a_conversation_as_if_nothing_had_caught_it(bench: Workbench) -> None:
    bench.set_up_workspace()
    blocking(bench, BLOCKED)
    earlier = NOON - timedelta(days=20)
    kept = kept_out(bench, mail(SENDER, dedupe_key="one", blobs=["raw/1"], at=earlier, message_id="one@s"))
    outcome, events = admitted(bench, kept.stream)
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationRouted", "FilteredAdmitted"]
    opened, routed, told = events[1:]
    assert (outcome.state, outcome.resource_id) == ("done", opened.stream)
    assert opened.data.message == kept.data.message and opened.data.personal.message == kept.data.personal
    assert (opened.occurred_at, opened.data.message.received_at) == (earlier, earlier)
    assert str(opened.actor) == f"contact:{opened.data.contact_id}" and routed.data.team_id == TEAM
    assert (told.stream, told.sequence, told.actor) == (kept.stream, 2, AS_ANNA)
    assert (told.data.conversation_id, told.data.received_at) == (opened.stream, earlier)
    assert {event.causation_id for event in events} == {outcome.command_id}
    owner = bench.rows("SELECT conversation_id, contact_id FROM router.blobs WHERE name = 'raw/1'")
    assert owner == [(opened.stream, opened.data.contact_id)]
    assert bench.receive(mail(SENDER, dedupe_key="one")) == [], "a second copy is a duplicate still"
    assert kinds(bench.receive(mail(SENDER, in_reply_to=["one@s"]))) == ["InboundFiltered"], "the filter stays"


def test_letting_it_in_twice_is_once(bench: Workbench) -> None:
    bench.set_up_workspace()
    blocking(bench, BLOCKED)
    kept = kept_out(bench, mail(SENDER))
    first, _ = admitted(bench, kept.stream)
    again, events = admitted(bench, kept.stream)
    assert (again.state, again.resource_id, events) == ("done", first.resource_id, [])
    assert bench.count("conversations") == 1


def test_it_joins_the_thread_that_it_belongs_to(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(SENDER, message_id="one@s"))[1]
    by_token = bench.receive(mail("friend@good.example"))[1]
    blocking(bench, BLOCKED)
    kept = kept_out(bench, mail(SENDER, in_reply_to=["one@s"]))
    outcome, events = admitted(bench, kept.stream)
    assert (kinds(events)[0], outcome.resource_id) == ("MessageAppended", opened.stream)
    blocking(bench, EmailFilter(id=UUID(int=9), kind="block", field="address", value="friend@good.example"))
    kept = kept_out(bench, mail("friend@good.example", token=by_token.stream))
    outcome, events = admitted(bench, kept.stream)
    assert (kinds(events)[0], outcome.resource_id) == ("MessageAppended", by_token.stream)


def test_what_is_not_there_or_erased_is_refused(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact, opened = bench.receive(mail(SENDER))[:2]
    for stranger in (new_id(), opened.stream):
        outcome, events = admitted(bench, stranger)
        assert (outcome.code, events) == ("not_found.filtered-message-not-found", [])
    blocking(bench, BLOCKED)
    kept = kept_out(bench, mail(SENDER))
    bench.command(EraseContact(), contact.stream)
    outcome, events = admitted(bench, kept.stream)
    assert (outcome.code, events) == ("conflict.filtered-message-erased", [])


def test_a_router_that_dies_before_the_commit_leaves_nothing_and_its_successor_lets_it_in(bench: Workbench) -> None:
    bench.set_up_workspace()
    blocking(bench, BLOCKED)
    kept = kept_out(bench, mail(SENDER))
    records = bench.records(envelope(AdmitFiltered(), stream=kept.stream, actor=AS_ANNA), topic="commands.v1")
    before = bench.last_position()
    died = bench.built()
    died.handler._written = _dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        died.handler.handle(records)
    assert bench.last_position() == before
    assert kinds(bench.handle(records, bench.built()))[-2:] == ["FilteredAdmitted", "CommandHandled"]


def _dies(*_: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize("sender", [SENDER, ""])
def test_erasing_the_person_erases_both_places(bench: Workbench, sender: str) -> None:
    bench.set_up_workspace()
    blocking(bench, EmailFilter(id=UUID(int=1), kind="block", field="subject", value="A question"))
    kept = kept_out(bench, mail(sender, blobs=["raw/1"]))
    outcome, events = admitted(bench, kept.stream)
    contact = next(event for event in events if event.type == "ContactCreated").stream
    assert bench.command(EraseContact(), contact).state == "done"
    assert [one.data.personal for one in bench.events(stream=kept.stream)[:1]] == [None]
    assert bench.events(stream=outcome.resource_id)[0].data.personal is None
    assert bench.rows("SELECT name FROM router.blobs_to_delete") == [("raw/1",)]
    assert bench.count("filtered") == 0


def test_look_ups_are_rebuilt_as_they_are(bench: Workbench) -> None:
    bench.set_up_workspace()
    blocking(bench, EmailFilter(id=UUID(int=1), kind="block", field="subject", value="Buy"))
    for number, sender in enumerate((SENDER, "")):
        admitted(bench, kept_out(bench, mail(sender, subject="Buy", blobs=[f"raw/{number}"])).stream)
    answered(bench, bench.receive(mail("friend@good.example"))[1].stream, "friend@good.example")
    rosa = vouched(bench)
    grown = {table: rows(bench, table) for table in TABLES}
    assert len(grown["corresponded"]) == 6 and len(grown["filtered"]) == 2 and rosa is not None
    rebuild(bench.parts)
    assert {table: rows(bench, table) for table in TABLES} | {"dedupe": grown["dedupe"]} == grown
    rebuild(bench.built(), page_events=2, kept=1)
    assert {table: rows(bench, table) for table in TABLES} | {"dedupe": grown["dedupe"]} == grown


def answered(bench: Workbench, conversation: UUID, to: str) -> None:
    content = ReplyContent(external_id="", sender=Address(SUPPORT, "S"), to=(Address(to),), subject="R", text="No")
    sent = bench.command(SendReply(reply_id=new_id(), channel_id=CHANNEL, content=content), conversation)
    assert sent.state == "done", sent


def test_a_ready_made_filter_catches_strangers_and_lets_through_to_whom_we_have_written(bench: Workbench) -> None:
    bench.set_up_workspace()
    machine = {"automated": "auto-submitted", "automated_kind": "other"}
    known = bench.receive(mail("robot@known.example", known=machine))[1]
    seen = bench.receive(mail("robot@seen.example", known=machine))[1]
    answered(bench, known.stream, "Robot@known.example")
    blocking(bench, switches=(FilterSwitches(inbox_id=INBOX, automated=True),))
    assert "ConversationOpened" in kinds(bench.receive(mail("robot@known.example", known=machine)))
    caught = kept_out(bench, mail("robot@seen.example", known=machine))
    assert (caught.data.switch, caught.data.filter_id, str(caught.actor)) == ("automated", INBOX, "rule")
    assert seen.data.contact_id is not None, "who wrote before, but never had an answer, is no known contact"
    assert "ConversationOpened" in kinds(bench.receive(mail("person@seen.example")))
    blocking(bench)
    assert "ConversationOpened" in kinds(bench.receive(mail("robot@seen.example", known=machine))), "off at once"


MACHINE = {"automated": "auto-submitted", "automated_kind": "other"}


def vouched(bench: Workbench) -> UUID:
    """An agent makes a contact and adds an address; fills in one who wrote, who loses the address afterwards."""
    made, rosa = new_id(), bench.receive(mail("rosa@client.example"))[0].stream
    wish = CreateContact(name="Client", handles=(Handle("email", "Info@client.example"),))
    assert bench.command(wish, made).state == "done"
    for command, stream in (
        (AddContactAddress(address="billing@client.example"), made),
        (UpdateContact(name="Rosa"), rosa),
        (AddContactAddress(address="rosa@home.example"), rosa),
        (RemoveContactAddress(address="rosa@client.example", first="rosa@home.example"), rosa),
    ):
        assert bench.command(command, stream).state == "done"
    return rosa


def test_a_ready_made_filter_lets_through_whose_contact_an_agent_made_or_filled_in(bench: Workbench) -> None:
    bench.set_up_workspace()
    vouched(bench)
    blocking(bench, switches=(FilterSwitches(automated=True, role_addresses=True),))
    for address in ("info@client.example", "billing@client.example", "rosa@client.example", "rosa@home.example"):
        assert "ConversationOpened" in kinds(bench.receive(mail(address, known=MACHINE))), address
    for address in ("info@other.example", "someone@client.example"):
        assert kinds(bench.receive(mail(address, known=MACHINE))) == ["InboundFiltered"], address


def test_a_ready_made_filter_lets_through_of_whom_an_agent_let_a_mail_in(bench: Workbench) -> None:
    bench.set_up_workspace()
    blocking(bench, switches=(FilterSwitches(automated=True),))
    kept = kept_out(bench, mail("info@client.example", known=MACHINE))
    admit = envelope(AdmitFiltered(), stream=kept.stream, actor=AS_ANNA)
    admitted_events = bench.handle(bench.records(admit, topic="commands.v1"))
    assert "FilteredAdmitted" in kinds(admitted_events)
    assert "ConversationOpened" in kinds(bench.receive(mail("info@client.example", known=MACHINE, message_id="2@c")))
    contact = next(event for event in admitted_events if event.type == "ContactCreated").stream
    bench.command(EraseContact(), contact)
    assert kinds(bench.receive(mail("info@client.example", known=MACHINE, message_id="3@c"))) == ["InboundFiltered"]


def test_whom_agents_knew_before_all_this_is_known_when_it_is_installed(bench: Workbench) -> None:
    bench.set_up_workspace()
    bench.receive(mail("stranger@other.example"))
    vouched(bench)
    blocking(bench, BLOCKED)
    admitted(bench, kept_out(bench, mail(SENDER)).stream)
    known = rows(bench, "corresponded")
    former = bench.parts.decoder.hashes.handle("email", "rosa@client.example")
    bench.connection.execute("DELETE FROM router.corresponded")
    script = files("router.migrations").joinpath("0015_known_contacts.sql").read_text("utf-8")
    bench.connection.execute(script.encode())
    bench.connection.execute("INSERT INTO router.corresponded (handle_hash) VALUES (%s)", (former,))
    assert rows(bench, "corresponded") == known and len(known) == 5


def test_in_one_batch_with_the_answer_the_next_mail_passes(bench: Workbench) -> None:
    bench.set_up_workspace()
    blocking(bench, switches=(FilterSwitches(role_addresses=True),))
    opened = bench.receive(mail("ann@shop.example"))[1]
    answered(bench, opened.stream, "noreply@shop.example")
    assert "ConversationOpened" in kinds(bench.receive(mail("noreply@shop.example")))
    assert kinds(bench.receive(mail("noreply@other.example"))) == ["InboundFiltered"]


def test_who_is_erased_is_no_longer_known(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact, opened = bench.receive(mail("noreply@shop.example"))[:2]
    answered(bench, opened.stream, "noreply@shop.example")
    assert bench.count("corresponded") == 1
    bench.command(EraseContact(), contact.stream)
    assert bench.count("corresponded") == 0


def test_marked_as_spam_with_a_block_and_not_spam_again(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(SENDER))[1]
    before = bench.last_position()
    spam = bench.command(MarkConversationAsSpam(block=SpamBlock(field="domain", value="spam.example")), opened.stream)
    assert {shown.topic for shown in spam.shown_at} == {"conversations.v1", "workspace.v1"}
    marked, filters, _ = bench.events(after=before)
    assert marked.data.block_id == filters.data.filters[-1].id and filters.actor == AS_ANNA
    kept_out(bench, mail("another@spam.example"))
    assert bench.command(ReopenConversation(), opened.stream).state == "done"
    assert "ConversationOpened" in kinds(bench.receive(mail("another@spam.example")))
    public = bench.command(MarkConversationAsSpam(block=SpamBlock(field="domain", value="gmail.com")), opened.stream)
    assert public.code == "invalid.blocked-domain-public"
    assert bench.rows("SELECT status FROM router.conversations WHERE conversation_id = %s", opened.stream) == [
        ("open",)
    ]


def test_out_of_the_trash_it_is_not_spam_again_either(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(SENDER))[1]
    bench.command(MarkConversationAsSpam(block=SpamBlock(field="domain", value="spam.example")), opened.stream)
    assert bench.command(TrashConversation(), opened.stream).state == "done"
    kept_out(bench, mail("another@spam.example"))
    again = envelope(ReopenConversation(), stream=opened.stream)
    done = bench.handle(bench.records(again, topic=COMMANDS), bench.built())
    assert kinds(done)[:2] == ["ConversationReopened", "EmailFiltersSet"]
    assert "ConversationOpened" in kinds(bench.receive(mail("another@spam.example")))


def test_to_whom_we_had_written_before_all_this_is_known_when_it_is_installed(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail("ann@shop.example"))[1]
    bench.receive(mail("noreply@other.example"))
    answered(bench, opened.stream, "ann@shop.example")
    known = rows(bench, "corresponded")
    bench.connection.execute("DROP TABLE router.corresponded")
    bench.connection.execute("ALTER TABLE router.filtered DROP COLUMN contact_id")
    script = files("router.migrations").joinpath("0011_correspondents.sql").read_text("utf-8")
    bench.connection.execute(script.encode())
    assert rows(bench, "corresponded") == known and len(known) == 1
