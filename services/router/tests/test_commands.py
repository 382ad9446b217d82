"""Commands: one stored outcome each, after the events it names; a repetition gets the first answer."""

from __future__ import annotations

from uuid import UUID

import pytest

from events import topics
from events.commands import (
    AddComment,
    AddLabel,
    AssignConversation,
    ChangePriority,
    ChangeProfile,
    CreateInbox,
    EraseContact,
    InviteAgent,
    ResolveConversation,
    SendReply,
)
from events.conversations import ReplyContent
from events.outcomes import ShownAt
from events.values import Address
from router.testing import ANNA, AS_ANNA, BORIS, COMMANDS, INBOX, NOON, Workbench, envelope, kinds, mail
from service_kit.ids import new_id
from service_kit.producer import partition_of
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real


def shown(bench: Workbench, topic: str, stream: UUID) -> tuple[ShownAt, ...]:
    """Where a stream's last event is shown."""
    position = bench.rows("SELECT max(notification_id) FROM router.stored_events WHERE originator_id = %s", stream)
    return (ShownAt(topic, partition_of(str(stream).encode(), topics.BY_NAME[topic].partitions), position[0][0]),)


def opened(bench: Workbench) -> UUID:
    bench.set_up_workspace()
    return bench.receive(mail())[1].stream


def test_a_command_is_done_and_its_outcome_names_where_to_see_it(bench: Workbench) -> None:
    conversation = opened(bench)
    outcome = bench.command(AddComment(comment_id=new_id(), text="He called twice."), conversation)
    assert outcome.state == "done"
    assert outcome.shown_at == shown(bench, "conversations.v1", conversation)
    comment = bench.events(stream=conversation)[-1]
    assert (comment.type, comment.data.personal.text) == ("CommentAdded", "He called twice.")
    assert str(comment.actor) == f"agent:{ANNA}"


def test_the_outcome_is_stored_after_the_events_it_names(bench: Workbench) -> None:
    conversation = opened(bench)
    asked = [
        envelope(data, stream=conversation, actor=AS_ANNA) for data in (AddLabel(label="vip"), ResolveConversation())
    ]
    events = bench.handle(bench.records(*asked, topic=COMMANDS))
    assert kinds(events) == ["LabelAdded", "ConversationResolved", "CommandHandled", "CommandHandled"]
    assert [event.data.command_id for event in events[2:]] == [one.id for one in asked]


def test_the_same_command_again_gets_the_same_outcome_and_changes_nothing(bench: Workbench) -> None:
    conversation = opened(bench)
    data, command_id = AddComment(comment_id=new_id(), text="Once."), new_id()
    first = bench.command(data, conversation, id=command_id)
    before = len(bench.events(stream=conversation))
    assert bench.command(data, conversation, id=command_id) == first
    assert len(bench.events(stream=conversation)) == before
    assert [event.sequence for event in bench.events(stream=command_id)] == [1, 2]


def test_the_same_command_twice_in_a_batch_is_handled_once(bench: Workbench) -> None:
    conversation = opened(bench)
    asked = envelope(AddComment(comment_id=new_id(), text="Once."), stream=conversation, actor=AS_ANNA)
    events = bench.handle(bench.records(asked, asked, topic=COMMANDS))
    assert kinds(events) == ["CommentAdded", "CommandHandled", "CommandHandled"]
    assert events[1].data == events[2].data


def test_the_same_id_with_another_body_is_refused(bench: Workbench) -> None:
    conversation, command_id = opened(bench), new_id()
    bench.command(AddLabel(label="vip"), conversation, id=command_id)
    outcome = bench.command(AddLabel(label="new"), conversation, id=command_id)
    assert (outcome.state, outcome.code) == ("refused", "invalid.idempotency-key-reused")
    assert bench.command(AddLabel(label="vip"), conversation, id=command_id).state == "done"


def test_a_command_handled_before_its_outcome_was_pruned_is_handled_anew(bench: Workbench) -> None:
    conversation, command_id = opened(bench), new_id()
    bench.command(AddLabel(label="vip"), conversation, id=command_id)
    bench.rows("DELETE FROM router.command_outcomes RETURNING 1")
    assert bench.command(AddLabel(label="vip"), conversation, id=command_id).state == "done"


def test_a_command_that_changes_nothing_names_the_head_of_its_stream(bench: Workbench) -> None:
    conversation = opened(bench)
    bench.command(AddLabel(label="vip"), conversation)
    fresh = bench.built()
    for router in (bench.parts, fresh):
        asked = envelope(AddLabel(label="vip"), stream=conversation, actor=AS_ANNA)
        events = bench.handle(bench.records(asked, topic=COMMANDS), router)
        assert kinds(events) == ["CommandHandled"]
        assert events[0].data.shown_at == shown(bench, "conversations.v1", conversation)


def test_a_refusal_has_a_code_and_no_events(bench: Workbench) -> None:
    bench.set_up_workspace()
    outcome = bench.command(AddLabel(label="vip"), new_id())
    assert (outcome.state, outcome.code) == ("refused", "not_found.conversation-not-found")
    assert outcome.shown_at == ()


def test_a_command_to_a_stream_of_another_kind_is_refused(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact = bench.receive(mail())[0].stream
    assert bench.command(AddLabel(label="vip"), contact).code == "not_found.conversation-not-found"
    assert bench.command(EraseContact(), new_id()).code == "not_found.contact-not-found"


def test_a_reply_goes_to_its_conversation_and_to_the_outbound_topic_sealed(bench: Workbench) -> None:
    conversation = opened(bench)
    routed = bench.events(stream=conversation)[0].data
    content = ReplyContent(
        external_id="",
        sender=Address("support@example.com", "S"),
        to=(Address("maria@customer.example"),),
        subject="Re: A question",
        text="It is on its way.",
    )
    reply_id = new_id()
    reply = SendReply(reply_id=reply_id, channel_id=routed.channel_id, content=content)
    outcome = bench.command(reply, conversation)
    assert (outcome.state, outcome.resource_id) == ("done", reply_id)
    assert [one.topic for one in outcome.shown_at] == ["conversations.v1"]
    queued = bench.events(stream=conversation)[-1]
    assert queued.data.personal.text == "It is on its way."
    assert queued.data.personal.external_id.startswith(reply_id.hex)
    answer = bench.receive(mail(in_reply_to=[queued.data.personal.external_id]))
    assert (kinds(answer), answer[0].stream) == (["MessageAppended"], conversation)


def test_assigning_moves_the_load(bench: Workbench) -> None:
    conversation = opened(bench)
    bench.command(AssignConversation(agent_id=BORIS, team_id=None), conversation)
    loads = dict(bench.rows("SELECT agent_id, open_conversations FROM router.agent_load"))
    assert loads[BORIS] == 1
    bench.command(ResolveConversation(), conversation)
    loads = dict(bench.rows("SELECT agent_id, open_conversations FROM router.agent_load"))
    assert loads[BORIS] == 0


def test_an_inbox_gets_its_fallback_address_in_the_same_transaction(bench: Workbench) -> None:
    inbox = new_id()
    outcome = bench.command(CreateInbox(inbox_id=inbox, name="Billing"), DEFAULT_WORKSPACE_ID)
    assert (outcome.state, outcome.resource_id) == ("done", inbox)
    events = bench.events(stream=DEFAULT_WORKSPACE_ID)
    assert kinds(events)[:1] == ["InboxCreated"]
    assert any(event.type == "FallbackAddressIssued" for event in events)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


def test_two_agents_cannot_have_one_address_until_the_first_has_another(bench: Workbench) -> None:
    workspace = DEFAULT_WORKSPACE_ID

    def invite(agent: UUID, email: str) -> str:
        return bench.command(InviteAgent(agent_id=agent, name="A", email=email, role="agent"), workspace).state

    assert invite(ANNA, "anna@example.com") == "done"
    assert invite(BORIS, "Anna@example.com") == "refused"
    moved = ChangeProfile(agent_id=ANNA, name="Anna", email="anna@new.example")
    assert bench.command(moved, workspace).state == "done"
    assert invite(BORIS, "anna@example.com") == "done"
    assert bench.command(moved, workspace).state == "done"


def test_an_agents_identity_is_sealed_with_the_agents_key(bench: Workbench) -> None:
    bench.set_up_workspace()
    assert bench.rows("SELECT count(*) FROM keyring.keys WHERE key_id = ANY(%s)", [ANNA, BORIS]) == [(2,)]
    assert bench.events(stream=DEFAULT_WORKSPACE_ID)[0].data.personal.email == "anna@example.com"


def test_workspace_commands_of_one_batch_see_each_other(bench: Workbench) -> None:
    workspace = DEFAULT_WORKSPACE_ID
    asked = [
        envelope(CreateInbox(inbox_id=INBOX, name="Same"), stream=workspace, actor=AS_ANNA),
        envelope(CreateInbox(inbox_id=new_id(), name="Same"), stream=workspace, actor=AS_ANNA),
        envelope(ChangePriority(priority="high"), stream=new_id(), actor=AS_ANNA, at=NOON),
    ]
    events = bench.handle(bench.records(*asked, topic=COMMANDS))
    states = [event.data.state for event in events if event.type == "CommandHandled"]
    assert states == ["done", "refused", "refused"]
