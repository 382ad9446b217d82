"""Whether a reply may go out, and with what."""

from __future__ import annotations

from typing import Any

import pytest

from events import commands as c
from events.commands import ConversationCommand, SendReply
from events.conversations import (
    CommentAdded,
    ConversationEvent,
    ConversationResolved,
    ConversationSnoozed,
    ConversationTrashed,
    LabelAdded,
    MarkedAsSpam,
    PersonalDataErased,
    ReplyQueued,
)
from events.envelope import Envelope
from events.values import Address, Attachment
from events.workspace import ChannelDisconnected, WorkspaceEvent
from router.domain import conversation, errors
from router.domain.conversation import Conversation, ConversationState
from router.domain.replies import MAX_CONTENT, MAX_RECIPIENTS
from router.domain.testing import (
    ADA,
    CONVERSATION,
    FALLBACK_ADDRESS,
    HOUSE,
    NO_FIRST_ANSWER,
    REPLY,
    ROSA,
    ROSA_ADDRESS,
    SALES_FALLBACK,
    SAM,
    SAM_ADDRESS,
    SUPPORT_FALLBACK,
    SUPPORT_MAIL,
    a_workspace,
    an_id,
    appended,
    command,
    opened,
    queued,
    reply_content,
)
from service_kit.decider import DomainError
from service_kit.spec import Given
from service_kit.spec import given as given_decider

COMMENT = CommentAdded(comment_id=an_id("comment"), agent_id=ADA)
EVIL = ("a\r\nBcc: x@evil.test", "a\nb", "a\rb", "a\0b", "a\x0bb", "a\x85b", "a\u2028b", "\ud800")
FILE = Attachment(id=an_id("file"), name="a.pdf", content_type="application/pdf", size=3, blob="x/abc")


def given(
    *history: ConversationEvent, workspace: tuple[WorkspaceEvent, ...] = ()
) -> Given[Envelope[ConversationCommand], ConversationState, ConversationEvent]:
    return given_decider(conversation.decider(a_workspace(NO_FIRST_ANSWER, *workspace), HOUSE), *history)


def attached(size: int) -> Attachment:
    return Attachment(id=REPLY, name="plan.pdf", content_type="application/pdf", size=size, blob="b")


def reply(*, seen: int | None = None, channel: Any = SUPPORT_MAIL, **changes: Any) -> Envelope[SendReply]:
    wish = SendReply(reply_id=REPLY, channel_id=channel, content=reply_content(**changes), seen_sequence=seen)
    return command(wish)


def test_a_reply_is_queued_under_a_message_id_of_ours_with_everything_else_as_frozen() -> None:
    frozen = reply_content(
        cc=(Address(SAM_ADDRESS),), attachments=(FILE,), in_reply_to="first@customer.test", references=("a@b", "c@d")
    )
    wish = SendReply(reply_id=REPLY, channel_id=SUPPORT_MAIL, content=frozen)
    given(opened()).when(command(wish)).then(
        ReplyQueued(
            reply_id=REPLY,
            conversation_id=CONVERSATION,
            inbox_id=opened().inbox_id,
            channel="email",
            channel_id=SUPPORT_MAIL,
            agent_id=ADA,
            blobs=("x/abc",),
            personal=reply_content(
                external_id=HOUSE.message_id(REPLY, CONVERSATION),
                cc=frozen.cc,
                attachments=frozen.attachments,
                in_reply_to=frozen.in_reply_to,
                references=frozen.references,
            ),
        )
    )


def test_the_same_reply_twice_is_queued_once() -> None:
    given(opened(), queued()).when(reply()).then_nothing_happened()


def test_a_conversation_that_does_not_exist_is_not_answered() -> None:
    given().when(reply()).then_refused(errors.ConversationNotFound)


def test_a_reply_by_the_fallback_address_goes_out() -> None:
    given(opened()).when(reply(channel=SUPPORT_FALLBACK, sender=Address(FALLBACK_ADDRESS))).then_state(
        lambda state: isinstance(state, Conversation) and REPLY in state.replies
    )


@pytest.mark.parametrize("history", [ConversationResolved(), ConversationSnoozed()])
def test_a_reply_leaves_the_status_as_it_is(history: ConversationEvent) -> None:
    before = conversation.decider(a_workspace(), HOUSE).replay((opened(), history))
    when = given(opened(), history).when(reply())
    assert isinstance(when.state, Conversation) and isinstance(before, Conversation)
    assert when.state.standing == before.standing and len(when.events) == 1


@pytest.mark.parametrize(
    ("history", "refusal"),
    [
        (MarkedAsSpam(), errors.ConversationIsSpam),
        (ConversationTrashed(), errors.ConversationInTrash),
        (PersonalDataErased(contact_id=ROSA), errors.ConversationIsErased),
    ],
)
def test_spam_trash_and_the_erased_are_not_answered(history: ConversationEvent, refusal: type[DomainError]) -> None:
    given(opened(), history).when(reply()).then_refused(refusal)


def test_a_conversation_is_answered_when_a_later_author_is_not_erased() -> None:
    when = given(opened(), appended(by=SAM), PersonalDataErased(contact_id=ROSA)).when(reply())
    assert conversation.sealed_under(when.events[0], when.state) == SAM


@pytest.mark.parametrize("newer", [appended(), queued(an_id("another reply")), COMMENT])
def test_a_reply_is_refused_when_something_was_said_that_its_agent_had_not_seen(newer: ConversationEvent) -> None:
    given(opened(), newer).when(reply(seen=1)).then_refused(errors.NewerMessageExists, saying="up to 1")


@pytest.mark.parametrize("newer", [LabelAdded(label="vip"), ConversationResolved()])
def test_a_reply_goes_out_when_only_other_things_happened_since(newer: ConversationEvent) -> None:
    when = given(opened(), newer).when(reply(seen=1))
    assert [type(event) for event in when.events] == [ReplyQueued]


def test_a_reply_goes_out_when_its_agent_had_seen_everything() -> None:
    when = given(opened(), appended(), COMMENT).when(reply(seen=3))
    assert [type(event) for event in when.events] == [ReplyQueued]


@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: x@evil.test", "a\nb", "a\rb", "a\0b", "a\x0bb", "a\x85b", "a\u2028b", "\ud800"]
)
@pytest.mark.parametrize(
    "place",
    [
        lambda evil: {"subject": evil},
        lambda evil: {"sender": Address(f"support@acme.test{evil}")},
        lambda evil: {"sender": Address("support@acme.test", evil)},
        lambda evil: {"reply_to": Address(evil)},
        lambda evil: {"reply_to": Address("r@acme.test", evil)},
        lambda evil: {"to": (Address(ROSA_ADDRESS), Address(f"x{evil}@customer.test"))},
        lambda evil: {"to": (Address(ROSA_ADDRESS, evil),)},
        lambda evil: {"cc": (Address(ROSA_ADDRESS, evil),)},
        lambda evil: {"bcc": (Address(ROSA_ADDRESS, evil),)},
        lambda evil: {"in_reply_to": evil},
        lambda evil: {"references": ("a@b", evil)},
        lambda evil: {"attachments": (Attachment(id=REPLY, name=evil, content_type="a/b", size=1, blob="b"),)},
        lambda evil: {"attachments": (Attachment(id=REPLY, name="a", content_type=evil, size=1, blob="b"),)},
    ],
)
def test_no_header_can_be_injected_through_any_field(evil: str, place: Any) -> None:
    given(opened()).when(reply(**place(evil))).then_refused(errors.HeaderUnsafe)


def test_a_subject_with_a_tab_and_other_alphabets_goes_out() -> None:
    when = given(opened()).when(reply(subject="Re:\tZażółć gęślą jaźń 日本 🎁"))
    assert when.refusal is None


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"to": ()}, errors.NoRecipient),
        ({"to": (), "cc": (Address(ROSA_ADDRESS),)}, errors.NoRecipient),
        ({"to": (Address("nobody"),)}, errors.RecipientInvalid),
        ({"cc": (Address("a b@c.test"),)}, errors.RecipientInvalid),
        ({"bcc": (Address(""),)}, errors.RecipientInvalid),
        ({"to": (Address(ROSA_ADDRESS),) * (MAX_RECIPIENTS + 1)}, errors.TooManyRecipients),
        ({"text": " \n"}, errors.ReplyEmpty),
        ({"text": "x" * MAX_CONTENT}, errors.ReplyTooLarge),
        ({"html": "<p>" * MAX_CONTENT}, errors.ReplyTooLarge),
        ({"attachments": (attached(19 * 1024 * 1024),)}, errors.ReplyTooLarge),
        ({"attachments": (attached(17 * 1024 * 1024),), "text": "=" * 300_000}, errors.ReplyTooLarge),
        ({"sender": Address("boss@bank.test")}, errors.SenderNotOfChannel),
    ],
)
def test_a_reply_that_could_not_be_delivered_is_refused(changes: dict[str, Any], refusal: type[DomainError]) -> None:
    given(opened()).when(reply(**changes)).then_refused(refusal)


def test_the_refusal_tells_the_place_of_a_bad_recipient_and_not_its_address() -> None:
    when = given(opened()).when(reply(cc=(Address(SAM_ADDRESS), Address("secret person"))))
    when.then_refused(errors.RecipientInvalid, saying="Cc number 2")
    assert when.refusal is not None and "secret" not in when.refusal.detail


def test_a_reply_of_an_attachment_alone_goes_out() -> None:
    assert given(opened()).when(reply(text="", attachments=(FILE,))).refusal is None


@pytest.mark.parametrize("channel", [SALES_FALLBACK, an_id("no channel")])
def test_a_reply_goes_out_only_by_a_channel_of_its_inbox(channel: Any) -> None:
    given(opened()).when(reply(channel=channel)).then_refused(errors.ChannelNotFound)


def test_a_reply_does_not_go_out_by_a_channel_that_was_disconnected() -> None:
    gone = ChannelDisconnected(channel_id=SUPPORT_MAIL)
    given(opened(), workspace=(gone,)).when(reply()).then_refused(errors.ChannelNotFound)


def test_a_reply_that_nobody_signs_is_the_systems() -> None:
    wish = c.SendReply(reply_id=REPLY, channel_id=SUPPORT_MAIL, content=reply_content())
    when = given(opened()).when(command(wish, by=None))
    assert isinstance(when.events[0], ReplyQueued) and when.events[0].agent_id is None
