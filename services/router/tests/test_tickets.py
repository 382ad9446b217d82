"""Tickets on real rows: opened with their conversation, moved with it, in the same transaction; found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import topics
from events.commands import (
    ChangeChannel,
    ConnectChannel,
    CreateInbox,
    DraftRules,
    ElapseReply,
    EraseContact,
    PublishRules,
    SendReply,
)
from events.conversations import ReplyContent
from events.envelope import AnyEnvelope
from events.inbound import DeliveryRefused
from events.outcomes import CommandHandled
from events.pipelines import DEFAULT_PIPELINE_ID, Stage, TicketAutomation
from events.rules import AddLabels, All, OpenTicket, Rule, Test
from events.ticket_commands import (
    ChangePipeline,
    ChangeTicket,
    CreatePipeline,
    LinkTicket,
    UnlinkTicket,
)
from events.ticket_commands import OpenTicket as OpenTicketCommand
from events.values import Address, Bounce
from events.workspace import EmailSettings
from router.testing import ANNA, BORIS, CHANNEL, INBOX, NOON, SUPPORT, Workbench, envelope, kinds, mail
from service_kit.ids import new_id
from service_kit.producer import partition_of
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
MARIA = "maria@customer.example"
AUTOMATION = TicketAutomation(pipeline_id=DEFAULT_PIPELINE_ID, priority="high", owner=BORIS)


def done(outcome: CommandHandled) -> CommandHandled:
    assert outcome.state == "done", outcome
    return outcome


def switched(bench: Workbench, automation: TicketAutomation | None = AUTOMATION) -> None:
    """The workspace, whose e-mail channel opens a ticket for each new conversation."""
    bench.set_up_workspace()
    settings = EmailSettings(address=SUPPORT, from_name="S", ticket_automation=automation)
    done(bench.command(ChangeChannel(channel_id=CHANNEL, email=settings), DEFAULT_WORKSPACE_ID))
    bench.tallies.clear()


def open_one(bench: Workbench, *conversations: UUID, title: str = "A parcel", **changes: Any) -> UUID:
    """A ticket as an agent opens it."""
    ticket_id = new_id()
    done(bench.command(OpenTicketCommand(title=title, conversation_ids=conversations, **changes), ticket_id))
    return ticket_id


def reply(bench: Workbench, conversation: UUID, **changes: Any) -> UUID:
    reply_id = new_id()
    content = ReplyContent(
        external_id="", sender=Address(SUPPORT, "S"), to=(Address(MARIA),), subject="Re", text="It is on its way."
    )
    asked = SendReply(reply_id=reply_id, channel_id=CHANNEL, content=content, **changes)
    done(bench.command(asked, conversation))
    return reply_id


def first(bench: Workbench, **changes: Any) -> tuple[UUID, UUID]:
    """A first mail; the conversation and its ticket."""
    events = bench.receive(mail(message_id="one@c", **changes))
    (opened,) = [event for event in events if event.type == "TicketOpened"]
    return opened.data.links[0].conversation_id, opened.stream


def last(bench: Workbench, ticket: UUID) -> AnyEnvelope:
    return bench.events(stream=ticket)[-1]


def test_a_switched_on_channel_opens_a_ticket_in_the_transaction_of_the_conversation(bench: Workbench) -> None:
    switched(bench)
    received = mail(subject="My parcel")
    events = bench.receive(received)
    assert kinds(events) == ["ContactCreated", "ConversationOpened", "ConversationRouted", "TicketOpened"]
    contact, conversation, _, ticket = events
    data = ticket.data
    assert (data.number, data.stage, data.priority, data.assignee_id) == (1, "New", "high", BORIS)
    assert (data.contact_id, data.channel_id, data.rule_id) == (contact.stream, CHANNEL, None)
    assert [(link.conversation_id, link.inbox_id) for link in data.links] == [(conversation.stream, INBOX)]
    assert data.personal.title == "My parcel"
    assert (str(ticket.actor), ticket.causation_id) == (f"rule:channel:{CHANNEL}", received.id)
    assert ticket.correlation_id == received.correlation_id
    assert bench.tallies == [{"appended": 1}]


def test_a_fallback_address_opens_tickets_with_no_other_channel_connected(bench: Workbench) -> None:
    inbox = new_id()
    workspace = DEFAULT_WORKSPACE_ID
    done(bench.command(CreateInbox(inbox_id=inbox, name="Only"), workspace))
    (issued,) = [event.data for event in bench.events() if event.type == "FallbackAddressIssued"]
    settings = EmailSettings(
        address=issued.address, fallback=True, ticket_automation=TicketAutomation(pipeline_id=DEFAULT_PIPELINE_ID)
    )
    done(bench.command(ChangeChannel(channel_id=issued.channel_id, email=settings), workspace))
    events = bench.receive(mail(inbox_id=inbox, known={"channel_id": issued.channel_id}))
    assert [event.data.channel_id for event in events if event.type == "TicketOpened"] == [issued.channel_id]


def test_a_ticket_moves_with_its_conversation_from_mail_to_answer_to_mail(bench: Workbench) -> None:
    switched(bench)
    conversation, ticket = first(bench)
    reply(bench, conversation)
    assert (last(bench, ticket).data.stage, last(bench, ticket).data.reason) == ("Waiting on customer", "we_answered")
    received = mail(in_reply_to=["one@c"])
    assert kinds(bench.receive(received)) == ["MessageAppended", "TicketMoved"]
    moved = last(bench, ticket)
    assert (moved.data.stage, moved.data.reason) == ("Waiting on us", "customer_wrote")
    assert (str(moved.actor), moved.causation_id) == ("rule:customer_wrote", received.id)
    assert moved.data.conversation_id == conversation
    done(bench.command(ChangeTicket(stage="Closed"), ticket))
    assert kinds(bench.receive(mail(in_reply_to=["one@c"]))) == ["MessageAppended", "TicketReopened"]
    assert last(bench, ticket).data.stage == "Waiting on us"
    sequences = [event.sequence for event in bench.events(stream=ticket)]
    assert sequences == list(range(1, len(sequences) + 1))


def test_an_answer_is_shown_where_its_ticket_has_moved_too(bench: Workbench) -> None:
    switched(bench)
    conversation, ticket = first(bench)
    content = ReplyContent(
        external_id="", sender=Address(SUPPORT), to=(Address(MARIA),), subject="Re", text="It is on its way."
    )
    outcome = bench.command(SendReply(reply_id=new_id(), channel_id=CHANNEL, content=content), conversation)
    assert {one.topic for one in outcome.shown_at} == {topics.CONVERSATIONS.name, topics.TICKETS.name}
    places = {one.topic: one.partition for one in outcome.shown_at}
    assert places[topics.TICKETS.name] == partition_of(str(ticket).encode(), topics.TICKETS.partitions)


def test_a_reply_that_waits_moves_nothing_before_it_goes_out(bench: Workbench) -> None:
    switched(bench)
    conversation, ticket = first(bench)
    reply(bench, conversation, undo_seconds=10)
    assert last(bench, ticket).type == "TicketOpened"
    timer_id = bench.events(stream=conversation)[-1].data.hold.timer_id
    bench.command(ElapseReply(timer_id=timer_id), conversation, id=timer_id, at=NOON + timedelta(seconds=10))
    assert last(bench, ticket).data.reason == "we_answered"


def test_a_reply_that_fails_leaves_the_ticket_to_us(bench: Workbench) -> None:
    switched(bench)
    conversation, ticket = first(bench)
    reply_id = reply(bench, conversation)
    refused = DeliveryRefused(
        channel="email",
        reply_id=reply_id,
        attempt=1,
        reported_at=NOON,
        code="550",
        reason="no such user",
        can_retry=False,
    )
    bench.receive(envelope(refused, stream=conversation))
    assert (last(bench, ticket).data.stage, last(bench, ticket).data.reason) == ("Waiting on us", "reply_failed")


def test_a_bounce_is_no_customer_but_says_that_our_answer_failed(bench: Workbench) -> None:
    switched(bench)
    conversation, ticket = first(bench)
    reply_id = reply(bench, conversation)
    known = {"automated": "bounce", "automated_kind": "bounce", "bounced_reply_id": reply_id}
    bench.receive(mail("mailer@customer.example", token=conversation, known=known, bounce=Bounce(status="5.1.1")))
    assert [event.data.reason for event in bench.events(stream=ticket)[1:]] == ["we_answered", "reply_failed"]


def test_what_a_machine_answers_opens_and_moves_nothing(bench: Workbench) -> None:
    switched(bench)
    conversation, _ = first(bench)
    reply(bench, conversation)
    for kind in ("bounce", "auto_reply", "delayed"):
        known = {"automated": "auto-submitted", "automated_kind": kind}
        assert "TicketMoved" not in kinds(bench.receive(mail(in_reply_to=["one@c"], known=known)))
        assert "TicketOpened" not in kinds(bench.receive(mail(f"{kind}@c.example", known=known)))


def test_mails_of_one_batch_see_each_others_tickets_and_second_copies_open_none(bench: Workbench) -> None:
    switched(bench)
    events = bench.receive(
        mail(dedupe_key="one", message_id="one@c"),
        mail(dedupe_key="one", message_id="one@c"),
        mail(in_reply_to=["one@c"]),
        mail("other@c.example"),
    )
    found = [(event.type, event.sequence) for event in events if event.type.startswith("Ticket")]
    assert found == [("TicketOpened", 1), ("TicketMoved", 2), ("TicketOpened", 1)]
    assert [event.data.number for event in events if event.type == "TicketOpened"] == [1, 2]
    assert bench.receive(mail(dedupe_key="one")) == []


def publish(bench: Workbench, *rules: Rule) -> None:
    done(bench.command(DraftRules(rules=rules), DEFAULT_WORKSPACE_ID))
    done(bench.command(PublishRules(), DEFAULT_WORKSPACE_ID))


URGENT = Rule(
    id=UUID(int=5),
    name="Urgent",
    when=Test("message.subject", "contains", "urgent"),
    then=(OpenTicket(stage="Waiting on us", priority="urgent", owner=ANNA),),
)
LABEL = Rule(id=UUID(int=6), name="Label", when=All(()), then=(AddLabels(labels=("all",)),))


def test_a_rule_opens_a_ticket_and_the_decision_records_it(bench: Workbench) -> None:
    switched(bench)
    publish(bench, URGENT, LABEL)
    events = bench.receive(mail(subject="urgent: my parcel"))
    (routed,) = [event.data for event in events if event.type == "ConversationRouted"]
    (ticket,) = [event for event in events if event.type == "TicketOpened"]
    assert (routed.ticket.ticket_id, routed.ticket.rule_id) == (ticket.stream, URGENT.id)
    assert (routed.ticket.stage, routed.ticket.priority, routed.ticket.assignee_id) == ("Waiting on us", "urgent", ANNA)
    assert (ticket.data.rule_id, ticket.data.channel_id, ticket.data.stage) == (URGENT.id, None, "Waiting on us")
    assert str(ticket.actor) == f"rule:{URGENT.id}"
    (plain,) = [event.data for event in bench.receive(mail("b@c.example")) if event.type == "ConversationRouted"]
    assert plain.ticket is None


def test_a_rule_opens_a_ticket_for_an_old_conversation_once(bench: Workbench) -> None:
    bench.set_up_workspace()
    publish(bench, URGENT)
    bench.receive(mail(message_id="one@c"))
    urgent = [mail(subject="urgent", in_reply_to=["one@c"]) for _ in range(2)]
    assert kinds(bench.receive(urgent[0])) == ["MessageAppended", "ConversationRouted", "TicketOpened"]
    again = bench.receive(urgent[1])
    assert kinds(again) == ["MessageAppended", "ConversationRouted"]
    assert again[1].data.ticket is None


def test_commands_open_link_and_part(bench: Workbench) -> None:
    bench.set_up_workspace()
    one, two = (bench.receive(mail(f"{n}@c.example"))[1].stream for n in range(2))
    ticket = open_one(bench, one)
    outcome = done(bench.command(LinkTicket(conversation_id=two), ticket))
    assert [place.topic for place in outcome.shown_at] == [topics.TICKETS.name]
    done(bench.command(UnlinkTicket(conversation_id=one), ticket))
    assert bench.rows("SELECT conversation_id, ticket_id FROM router.ticket_links") == [(two, ticket)]
    unchanged = done(bench.command(UnlinkTicket(conversation_id=one), ticket))
    assert [place.topic for place in unchanged.shown_at] == [topics.TICKETS.name]
    bench.receive(mail("1@c.example", token=two))
    assert last(bench, ticket).data.reason == "customer_wrote"
    refused = bench.command(LinkTicket(conversation_id=new_id()), ticket)
    assert refused.code == "not_found.conversation-not-found"


def test_numbers_count_up_apart_from_conversations_and_who_has_no_contact_has_a_key(bench: Workbench) -> None:
    bench.set_up_workspace()
    bench.receive(mail(), mail("b@c.example"))
    opened = [open_one(bench) for _ in range(2)]
    asked = envelope(OpenTicketCommand(title="Third"), stream=new_id(), actor=bench.events()[-1].actor)
    bench.handle(bench.records(asked, topic=topics.COMMANDS.name), bench.built())
    numbers = [event.data.number for event in bench.events() if event.type == "TicketOpened"]
    assert numbers == [1, 2, 3]
    assert last(bench, opened[0]).data.personal.title == "A parcel"
    assert bench.rows("SELECT 1 FROM keyring.keys WHERE key_id = %s", opened[0]) == [(1,)], "a key of its own"
    done(bench.command(ChangeTicket(title="Order more paper"), opened[0]))
    assert last(bench, opened[0]).data.personal.title == "Order more paper"


def test_the_title_is_erased_with_the_contact(bench: Workbench) -> None:
    switched(bench)
    conversation, ticket = first(bench, subject="Maria's parcel")
    contact = bench.events(stream=ticket)[0].data.contact_id
    erased = done(bench.command(EraseContact(), contact))
    assert topics.TICKETS.name in {place.topic for place in erased.shown_at}
    opened, noted = bench.events(stream=ticket)
    assert (opened.data.personal, noted.type) == (None, "TicketTitleErased")
    assert bench.count("tickets") == 0
    assert bench.command(ChangeTicket(title="Maria"), ticket).code == "conflict.ticket-is-erased"
    assert opened.data.links[0].conversation_id == conversation, "what happened to it stays"


def test_a_stage_in_use_stays_until_its_tickets_have_left(bench: Workbench) -> None:
    bench.set_up_workspace()
    pipeline, workspace = new_id(), DEFAULT_WORKSPACE_ID
    begun, done_, other = Stage("A", "A", "open"), Stage("Z", "Z", "closed"), Stage("B", "B", "open")
    done(bench.command(CreatePipeline(pipeline_id=pipeline, name="P", stages=(begun, done_)), workspace))
    ticket = open_one(bench, pipeline_id=pipeline)
    without = ChangePipeline(pipeline_id=pipeline, stages=(other, done_))
    assert bench.command(without, workspace).code == "conflict.stage-in-use"
    done(bench.command(ChangeTicket(stage="Z"), ticket))
    done(bench.command(without, workspace))
    stages = bench.rows("SELECT stage, tickets FROM router.ticket_stages WHERE tickets > 0")
    assert stages == [("Z", 1)]
    asked = [
        envelope(OpenTicketCommand(title="T", pipeline_id=pipeline), stream=new_id()),
        envelope(ChangePipeline(pipeline_id=pipeline, stages=(begun, done_)), stream=workspace),
    ]
    events = bench.handle(bench.records(*asked, topic=topics.COMMANDS.name))
    assert [event.data.code for event in events if event.type == "CommandHandled"] == ["", "conflict.stage-in-use"]


def test_a_channel_that_is_switched_off_opens_nothing_and_leaves_no_row(bench: Workbench) -> None:
    switched(bench, None)
    other = EmailSettings(address="other@example.com", ticket_automation=replace(AUTOMATION, owner=None))
    connect = ConnectChannel(channel_id=new_id(), inbox_id=INBOX, kind="email", email=other)
    done(bench.command(connect, DEFAULT_WORKSPACE_ID))
    conversation = bench.receive(mail())[1].stream
    reply(bench, conversation)
    assert not [event for event in bench.events() if event.type.startswith("Ticket")]
    assert [bench.count(table) for table in ("tickets", "ticket_links", "ticket_stages")] == [0, 0, 0]
