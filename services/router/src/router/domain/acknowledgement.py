"""The channel's acknowledgement of a first mail ("we have it, #123"): whether it goes out, and what it says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from events.business_hours import is_open
from events.conversations import ReplyContent, ReplyQueued
from events.envelope import Envelope
from events.inbound import MessageReceived
from events.values import Address, MessageContent
from events.workspace import Acknowledgement
from router.domain import errors
from router.domain.conversation_state import Conversation, ConversationState, NotOpened, Open
from router.domain.filters import may_be_answered_automatically
from router.domain.house import House
from router.domain.replies import check_content
from router.domain.texts import is_header_safe, is_mail_address
from router.domain.workspace_state import ConnectedChannel, Workspace
from service_kit import from_names, templates
from service_kit.decider import DomainError

AT_MOST_EVERY: Final = timedelta(hours=24)
MAX_TEXT: Final = 20_000
MAX_REFERENCES: Final = 20
_BY_NOBODY: Final = "agent."


def check_acknowledgement(wish: Acknowledgement | None) -> None:
    """Raises what is wrong with the template; nobody writes it, so nothing of an agent can stand in it."""
    if wish is None:
        return
    if not wish.text.strip() or len(wish.text) > MAX_TEXT:
        raise errors.AcknowledgementInvalid(f"An acknowledgement has a text of at most {MAX_TEXT} characters.")
    for name in templates.variables(wish.text):
        if name not in templates.KNOWN or name.startswith(_BY_NOBODY):
            raise errors.VariableUnknown(f"There is no variable {name} in an acknowledgement.")


def acknowledge(
    message: Envelope[MessageReceived],
    before: ConversationState,
    after: Conversation,
    *,
    stream: UUID,
    workspace: Workspace,
    house: House,
    last: datetime | None,
    now: datetime,
) -> tuple[ReplyQueued, ...]:
    """What goes out to the sender of a conversation's first message; `()` for most messages.

    Never to what a machine or a list sent, so that two of us who acknowledge each other stop at once (RFC 3834 2);
    never to an address of ours; at most once in 24 hours for each sender, whom `last` was told so. What can't be
    answered isn't: that is no fault of the mail.
    """
    channel = workspace.channels.get(message.data.facts.channel_id)
    wish = None if channel is None or channel.email is None else channel.email.acknowledgement
    if (
        wish is None
        or not _is_time(wish, after, workspace, now)
        or not isinstance(before, NotOpened)
        or not isinstance(after.standing, Open)
    ):
        return ()
    assert channel is not None and channel.email is not None
    sender = message.data.content.sender.address.strip()
    if not may_be_answered_automatically(message.data.facts) or not is_mail_address(sender):
        return ()
    if workspace.is_ours(sender) or (last is not None and now - last < AT_MOST_EVERY):
        return ()
    reply_id = house.derived_id(message.id, "acknowledgement")
    content = _content(message.data.content, sender, wish, channel, after, stream, workspace, house, reply_id)
    try:
        check_content(content)
    except DomainError:
        return ()
    return (
        ReplyQueued(
            reply_id=reply_id,
            conversation_id=stream,
            inbox_id=after.inbox_id,
            channel=after.channel,
            channel_id=channel.id,
            automatic=True,
            personal=content,
        ),
    )


def _is_time(wish: Acknowledgement, state: Conversation, workspace: Workspace, now: datetime) -> bool:
    inbox = workspace.inboxes.get(state.inbox_id)
    match wish.when:
        case "always":
            return True
        case "never":
            return False
        case "outside_hours":
            return not is_open(None if inbox is None else inbox.business_hours, now)
        case _:
            assert_never(wish.when)


def _content(
    answered: MessageContent,
    sender: str,
    wish: Acknowledgement,
    channel: ConnectedChannel,
    state: Conversation,
    stream: UUID,
    workspace: Workspace,
    house: House,
    reply_id: UUID,
) -> ReplyContent:
    assert channel.email is not None
    inbox = workspace.inboxes.get(state.inbox_id)
    inbox_name = "" if inbox is None else inbox.name
    own_name = from_names.fill(channel.email.from_name, agent="", inbox=inbox_name, company=house.company_name)
    name = answered.sender.name if is_header_safe(answered.sender.name) else ""
    subject = " ".join("".join(each if is_header_safe(each) else " " for each in answered.subject).split())[:500]
    values = {
        "contact.name": name,
        "contact.first_name": templates.first_name(name),
        "contact.email": sender,
        "inbox.name": inbox_name,
        "inbox.address": channel.email.address,
        "conversation.number": str(state.number),
        "conversation.subject": subject,
    }
    parents = [one for one in (*answered.references, answered.external_id) if one and is_header_safe(one)]
    parent = answered.external_id if answered.external_id and is_header_safe(answered.external_id) else None
    fallback = workspace.fallback_address(state.inbox_id) or channel.email.address
    return ReplyContent(
        external_id=house.message_id(reply_id, stream),
        sender=Address(channel.email.address, own_name),
        reply_to=Address(house.reply_address(fallback, stream), own_name),
        to=(Address(sender, name),),
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}".rstrip(),
        text=templates.fill(wish.text, values, blank=True).text,
        in_reply_to=parent,
        references=tuple(dict.fromkeys(parents))[-MAX_REFERENCES:],
    )
