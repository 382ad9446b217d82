"""Agents' answers to notification mails, from record to events: one reply, or the mail kept and its agent told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from events.commands import AssignConversation, ChangeAgent, ChangeChannel
from events.envelope import SYSTEM, AnyEnvelope
from events.system_mails import Matter, SystemMailQueued
from events.workspace import EmailSettings
from router.domain.system_mails import STALE
from router.lookup_rows import Asked
from router.testing import BORIS, CHANNEL, INBOX, NOON, SUPPORT, Workbench, kinds, mail
from router.working_set import Cause
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
FROM_BORIS = "boris@example.com"


class Desk:
    """A conversation that Boris was told of by mail."""

    def __init__(self, bench: Workbench) -> None:
        bench.set_up_workspace()
        self.bench = bench
        opened = next(event for event in bench.receive(mail()) if event.type == "ConversationOpened")
        self.conversation = opened.stream
        bench.command(AssignConversation(agent_id=BORIS, team_id=None), self.conversation)
        self.mail_id = self.notified(self.conversation)

    def notified(self, *conversations: UUID) -> UUID:
        """The notification as the router queued it before."""
        mail_id = new_id()
        matters = tuple(Matter(conversation_id=one, number=1, kinds=("assigned",)) for one in conversations)
        told = SystemMailQueued(
            mail_id=mail_id, kind="notification", agent_id=BORIS, expires_at=NOON + STALE, matters=matters
        )
        store = self.bench.parts.store
        handler: Any = self.bench.parts.handler
        with store.transaction() as cursor:
            working = handler._working_set(cursor, (), Asked(), [])
            working.append_system_mail(mail_id, told, Cause(mail_id, mail_id, SYSTEM, NOON, NOON, mail_id))
            handler._written(cursor, working, [], NOON)
        return mail_id

    def answer(self, text: str = "It leaves today.", *, sender: str = FROM_BORIS, **changes: Any) -> list[AnyEnvelope]:
        return self.bench.receive(self.answering(text, sender=sender, **changes))

    def answering(self, text: str = "It leaves today.", *, sender: str = FROM_BORIS, **changes: Any) -> AnyEnvelope:
        made = mail(sender, text=text, **changes)
        return replace(made, data=replace(made.data, answers_mail=self.mail_id))


@pytest.fixture
def desk(bench: Workbench) -> Desk:
    return Desk(bench)


def test_the_answer_is_queued_as_the_agents_reply(desk: Desk) -> None:
    made = desk.answering(blobs=("raw/one",))
    events = desk.bench.receive(made)
    queued = next(event for event in events if event.type == "ReplyQueued")
    assert queued.stream == desk.conversation and queued.actor.id == str(BORIS)
    assert queued.causation_id == made.id and queued.correlation_id == made.correlation_id
    assert queued.data.personal.text == "It leaves today."
    assert [one.address for one in queued.data.personal.to] == ["maria@customer.example"]
    assert queued.data.written_as == made.data.facts and "raw/one" in queued.data.blobs
    assert desk.bench.rows("SELECT conversation_id FROM router.blobs WHERE name = %s", "raw/one")[0][0] == (
        desk.conversation
    )
    assert desk.bench.tallies[-1] == {"appended": 1}
    assert not any(event.type in ("ContactCreated", "ConversationOpened", "MessageAppended") for event in events)


def test_the_from_name_says_who_answered(desk: Desk) -> None:
    email = EmailSettings(address=SUPPORT, from_name="{agent} ({inbox})")
    desk.bench.command(ChangeChannel(channel_id=CHANNEL, email=email), DEFAULT_WORKSPACE_ID)
    queued = next(event for event in desk.answer() if event.type == "ReplyQueued")
    assert queued.data.personal.sender.name == queued.data.personal.reply_to.name == "Boris (Support)"


def test_the_same_answer_by_another_way_is_one_reply(desk: Desk) -> None:
    first = desk.answer(dedupe_key="the same")
    again = [desk.answer(dedupe_key="the same"), desk.answer(dedupe_key="the same", inbox_id=new_id())]
    assert "ReplyQueued" in kinds(first) and again == [[], []]
    assert desk.bench.tallies[-1] == {"duplicate": 1}
    both = [desk.answering(dedupe_key="twice in a batch"), desk.answering(dedupe_key="twice in a batch")]
    assert kinds(desk.bench.receive(*both)).count("ReplyQueued") == 1


def test_a_second_answer_is_a_second_reply(desk: Desk) -> None:
    assert "ReplyQueued" in kinds(desk.answer("One.")) and "ReplyQueued" in kinds(desk.answer("Two."))


def test_who_is_taken_off_is_told_why_and_the_mail_is_kept(desk: Desk) -> None:
    desk.bench.command(ChangeAgent(agent_id=BORIS, deactivated=True), DEFAULT_WORKSPACE_ID)
    (kept,) = desk.answer()
    assert kept.type == "InboundFiltered" and kept.data.refused == "agent-is-deactivated"
    assert kept.data.filter_id == desk.mail_id and kept.data.inbox_id == INBOX
    desk.bench.command(ChangeAgent(agent_id=BORIS, deactivated=False), DEFAULT_WORKSPACE_ID)
    kept, told = desk.answer(" ")
    assert kept.data.refused == "reply-empty" and kept.data.personal.new_text == " "
    assert told.data.kind == "answer_refused" and told.data.refused == "reply-empty"
    assert told.data.agent_id == BORIS and told.data.matters[0].conversation_id == desk.conversation
    assert desk.bench.tallies[-1] == {"filtered": 1}


def test_the_from_address_alone_or_the_token_alone_is_not_enough(desk: Desk) -> None:
    kept, _ = desk.answer(sender="mallory@customer.example")
    assert kept.type == "InboundFiltered" and kept.data.refused == "answer-from-another-address"
    without_token = desk.bench.receive(mail(FROM_BORIS))
    assert "ReplyQueued" not in kinds(without_token) and "ConversationOpened" in kinds(without_token)


def test_a_machines_answer_is_kept_and_nobody_is_written_to(desk: Desk) -> None:
    (kept,) = desk.answer(known={"automated": "auto-submitted", "automated_kind": "auto_reply"})
    assert kept.data.refused == "answer-automated"


def test_a_mail_about_several_conversations_or_none_is_no_question(desk: Desk) -> None:
    for mail_id in (desk.notified(desk.conversation, new_id()), new_id()):
        desk.mail_id = mail_id
        (kept,) = desk.answer()
        assert kept.data.refused == "notification-not-found"
