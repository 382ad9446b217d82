"""An agent's answer to a notification mail: whether it may become a reply, and the command that it then is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from events.commands import SendReply
from events.conversations import QuotedHistory, ReplyContent
from events.envelope import Actor, Envelope
from events.inbound import MessageReceived
from events.values import Address, MessageContent
from events.workspace import AgentProfile
from router.domain import errors
from router.domain.conversation_state import Conversation
from router.domain.house import House
from router.domain.workspace_state import Inbox, Workspace
from service_kit import from_names, recipients, signing_off, templates
from service_kit.recipients import Answered, Chosen, NoAddressOfOurs, NoRecipient, OwnChannel, TooManyRecipients

ANSWERABLE: Final = timedelta(days=30)
"""For so long after a notification its answer becomes a reply."""
MAX_HISTORY: Final = 64 * 1024
"""Bytes of the quoted message's text."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the conversation that an answer would answer: its last inbound message, or our newest where
    nobody wrote yet. Both None: nothing is known any more. `through` are the channels it came by, the last one first.
    """

    last: MessageContent | None = None
    last_at: datetime | None = None
    ours: ReplyContent | None = None
    through: tuple[UUID, ...] = ()
    subject: str = ""


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """The notification mail that is answered: to whom it went, when, and about which conversation. `agent` is that
    agent's profile as it is now, None for one who was erased."""

    agent_id: UUID
    conversation_id: UUID
    number: int
    told_at: datetime
    question: Question
    agent: AgentProfile | None = None

    @property
    def agent_name(self) -> str:
        return "" if self.agent is None else self.agent.name


def check_answer(
    message: MessageReceived, notified: Notified | None, sender_id: UUID | None, workspace: Workspace
) -> Notified:
    """The notification, when this mail may speak for its agent in the conversation's name. `sender_id` is the agent who
    has the mail's From address: the token proves what is answered, and who may be quoted it; a mail that somebody else
    sends with it is not the agent's.

    Raises what forbids it: AnswerAutomated, NotificationNotFound, AnswerFromAnotherAddress, AgentIsDeactivated,
    NotificationTooOld, AnswerUnreadable.
    """
    facts = message.facts
    if facts.automated is not None:
        raise errors.AnswerAutomated("A machine has answered.")
    if notified is None:
        raise errors.NotificationNotFound("There is no such notification about a conversation.")
    agent = workspace.agents.get(notified.agent_id)
    if agent is None or not agent.active:
        raise errors.AgentIsDeactivated("A deactivated agent answers nobody.")
    if sender_id != notified.agent_id:
        raise errors.AnswerFromAnotherAddress("The answer came from another address than the agent's.")
    if facts.received_at > notified.told_at + ANSWERABLE:
        raise errors.NotificationTooOld(f"A notification can be answered for {ANSWERABLE.days} days.")
    if facts.unreadable is not None:
        raise errors.AnswerUnreadable("The mail could not be read.")
    return notified


def reply_of(
    message: Envelope[MessageReceived],
    notified: Notified,
    state: Conversation,
    workspace: Workspace,
    house: House,
) -> Envelope[SendReply]:
    """The command that the answer is: the agent's, with what is new in the mail, to all by default.

    Raises AgentNotOfInbox, NotificationQuoted, ReplyTooLarge, NoRecipient, TooManyRecipients, ChannelNotFound; what the
    API's replies are refused for, their decider refuses here too.
    """
    agent = workspace.agent(notified.agent_id)
    if agent.role != "administrator" and agent.id not in workspace.members_of_inbox(state.inbox_id):
        raise errors.AgentNotOfInbox("The agent does not belong to the conversation's inbox.")
    channel, content = _frozen(message.data.content, notified, state, workspace, house)
    command = SendReply(reply_id=message.data.facts.message_id, channel_id=channel.id, content=content)
    return Envelope(
        id=message.id,
        stream=notified.conversation_id,
        occurred_at=message.occurred_at,
        recorded_at=message.recorded_at,
        workspace_id=message.workspace_id,
        actor=Actor("agent", str(notified.agent_id)),
        correlation_id=message.correlation_id,
        data=command,
    )


def _frozen(
    written: MessageContent, notified: Notified, state: Conversation, workspace: Workspace, house: House
) -> tuple[OwnChannel, ReplyContent]:
    """The reply as it goes out, and by which channel: frozen here as the API freezes it for an agent who is there."""
    question = notified.question
    inbox = workspace.inbox(state.inbox_id)
    try:
        answered = _answered(question)
        people = recipients.recipients(answered, Chosen(), frozenset(_addresses(workspace)))
        channel = recipients.sending_channel(_channels_of(inbox.id, workspace), question.through)
    except NoRecipient:
        raise errors.NoRecipient("Nobody is known in the conversation who could be answered.") from None
    except TooManyRecipients as error:
        raise errors.TooManyRecipients(f"{str(error).capitalize()}.") from None
    except NoAddressOfOurs:
        raise errors.ChannelNotFound("The inbox has no address from which the answer could be sent.") from None
    written_by, company = notified.agent_name, house.company_name
    name = from_names.fill(channel.from_name, agent=written_by, inbox=inbox.name, company=company)
    fallback = workspace.fallback_address(inbox.id) or channel.address
    signature = signing_off.filled(inbox.signature, _values(notified, people.to[0], inbox, channel))
    return channel, ReplyContent(
        external_id="",
        sender=Address(channel.address, name),
        reply_to=Address(house.reply_address(fallback, notified.conversation_id), name),
        to=people.to,
        cc=people.cc,
        bcc=people.bcc,
        subject=recipients.answer_subject(answered.subject or question.subject),
        text=signing_off.signed(_text(written, notified.conversation_id), signature),
        attachments=tuple(msgspec.structs.replace(one, content_id=None) for one in written.attachments),
        in_reply_to=recipients.answered_id(answered),
        references=recipients.answer_references(answered),
        history=_history(question, inbox),
    )


def _values(notified: Notified, contact: Address, inbox: Inbox, channel: OwnChannel) -> dict[str, str]:
    """What the variables of the inbox's signature stand for."""
    agent = notified.agent or AgentProfile(name="", email="")
    values = {
        "contact.name": contact.name,
        "contact.first_name": templates.first_name(contact.name),
        "contact.email": contact.address,
        "agent.name": agent.name,
        "agent.first_name": templates.first_name(agent.name),
        "agent.email": agent.email,
        "agent.meeting_url": agent.meeting_url,
        "agent.signature": agent.signature,
        "inbox.name": inbox.name,
        "inbox.address": channel.address,
        "conversation.number": str(notified.number),
        "conversation.subject": notified.question.subject,
    }
    assert values.keys() == set(templates.KNOWN)
    return values


def _text(written: MessageContent, conversation_id: UUID) -> str:
    """What the agent wrote, without the notification: of that nothing may reach a customer."""
    if written.text_blob is not None and not written.quoted:
        raise errors.ReplyTooLarge("The answer's text is too long; attach the long part.")
    text = written.new_text.strip()
    if str(conversation_id) in text:
        raise errors.NotificationQuoted("The notification is quoted within the answer; write above the quotation.")
    return text


def _answered(question: Question) -> Answered:
    if question.last is not None:
        return recipients.answered_message(question.last)
    if question.ours is not None:
        return recipients.continued_message(question.ours)
    raise NoRecipient("no message is known that could be answered")


def _addresses(workspace: Workspace) -> Iterable[str]:
    return (
        one.email.address.lower()
        for one in workspace.channels.values()
        if one.email and _in_use(one.connected, one.is_fallback)
    )


def _channels_of(inbox_id: UUID, workspace: Workspace) -> list[OwnChannel]:
    """The inbox's addresses, oldest first."""
    return [
        OwnChannel(one.id, one.email.address, one.email.from_name, one.is_fallback)
        for one in workspace.channels.values()
        if one.email is not None and one.inbox_id == inbox_id and _in_use(one.connected, one.is_fallback)
    ]


def _in_use(connected: bool, fallback: bool) -> bool:
    return connected or fallback


def _history(question: Question, inbox: Inbox) -> QuotedHistory | None:
    if not inbox.quote_history or question.last is None or question.last_at is None:
        return None
    text = question.last.text.encode("utf-8", "replace")[:MAX_HISTORY].decode("utf-8", "ignore")
    return QuotedHistory(sender=question.last.sender, sent_at=question.last_at, text=text)
