"""Mails to agents: once, and only to who is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, cast
from uuid import UUID

import pytest
from msgspec.structs import replace

from events.conversations import (
    CommentAdded,
    ConversationAssigned,
    ConversationEvent,
    ConversationFollowed,
    ConversationReadMarked,
    ConversationUnfollowed,
    ReplyFailed,
)
from events.envelope import Actor
from events.notifications import NotificationPreferencesSet
from events.system_mails import (
    ChannelMatter,
    Excerpt,
    Matter,
    SealedExcerpt,
    SendAccountMail,
    SendNotificationMail,
    SystemMailQueued,
)
from events.testing import example
from events.values import Address
from events.workspace import (
    AgentDeactivated,
    AgentProfileChanged,
    ChannelDisconnected,
    ChannelHealthNoted,
    InboxChanged,
)
from router.domain import conversation, errors
from router.domain.conversation import NOT_OPENED, Conversation, ConversationState
from router.domain.system_mails import (
    MOST_EXCERPT,
    DueNotice,
    PlannedNotice,
    due,
    excerpt_of,
    notification_mail,
    planned,
    planned_of_channel,
    send_account_mail,
)
from router.domain.testing import (
    ADA,
    BOB,
    CLEO,
    CONVERSATION,
    NINE,
    SUPPORT,
    SUPPORT_MAIL,
    a_workspace,
    an_id,
    command,
    opened,
)
from router.domain.workspace import Workspace, evolve

MAIL = an_id("mail")
INVITATION = replace(example(SendAccountMail), agent_id=BOB)


def test_an_invitation_is_queued_with_its_sealed_token() -> None:
    (queued,) = send_account_mail(INVITATION, MAIL, a_workspace(), queued=False)
    assert queued == SystemMailQueued(
        mail_id=MAIL,
        kind=INVITATION.kind,
        agent_id=BOB,
        token=INVITATION.token,
        expires_at=INVITATION.expires_at,
    )


def test_the_same_mail_is_queued_once() -> None:
    assert send_account_mail(INVITATION, MAIL, a_workspace(), queued=True) == ()


def test_nobody_is_written_to_who_is_not_there() -> None:
    gone = evolve(a_workspace(), AgentDeactivated(agent_id=BOB))
    with pytest.raises(errors.AgentIsDeactivated):
        send_account_mail(INVITATION, MAIL, gone, queued=False)
    with pytest.raises(errors.AgentNotFound):
        send_account_mail(replace(INVITATION, agent_id=an_id("nobody")), MAIL, a_workspace(), queued=False)


# -- notifications ------------------------------------------------------------------------------------------------

BY_SYSTEM = Actor("system")


def wanting(*kinds: str, rhythm: str = "at_once", agent: UUID = BOB) -> Workspace:
    chosen = NotificationPreferencesSet(agent_id=agent, mail=kinds, mail_rhythm=rhythm)  # type: ignore[arg-type]
    return a_workspace(chosen)


def talk(*more: ConversationEvent) -> ConversationState:
    return reduce(conversation.evolve, (opened(), *more), cast(ConversationState, NOT_OPENED))


ASSIGNED = ConversationAssigned(agent_id=BOB, team_id=None)


def plans(event: ConversationEvent, actor: Actor, workspace: Workspace, *before: ConversationEvent) -> list[Any]:
    return list(planned(event, actor, talk(*before), talk(*before, event), workspace, NINE))


def test_who_wants_a_mail_has_one_planned_for_a_minute_later() -> None:
    assert plans(ASSIGNED, BY_SYSTEM, wanting("assigned")) == [
        (BOB, PlannedNotice(NINE + timedelta(minutes=1), 2, frozenset({"assigned"})))
    ]


def test_who_wants_none_or_is_gone_or_did_it_has_none_planned() -> None:
    assert plans(ASSIGNED, BY_SYSTEM, wanting("mention")) == []
    assert plans(ASSIGNED, Actor("agent", str(BOB)), wanting("assigned")) == []
    gone = evolve(wanting("assigned"), AgentDeactivated(agent_id=BOB))
    assert plans(ASSIGNED, BY_SYSTEM, gone) == []
    assert a_workspace().mailed_to == frozenset() and wanting("assigned").mailed_to == {BOB}
    assert evolve(wanting("assigned"), NotificationPreferencesSet(agent_id=BOB)).mailed_to == frozenset()


def test_a_follower_who_wants_it_has_a_mail_planned_as_long_as_they_belong_to_the_inbox() -> None:
    comment = CommentAdded(comment_id=an_id("comment"), agent_id=ADA)
    by_ada = Actor("agent", str(ADA))
    following = ConversationFollowed(agent_id=BOB)
    told = plans(comment, by_ada, wanting("followed"), following)
    assert told == [(BOB, PlannedNotice(NINE + timedelta(minutes=1), 3, frozenset({"followed"})))]
    assert plans(comment, by_ada, wanting("mention"), following) == []
    assert plans(comment, by_ada, wanting("followed"), following, ConversationUnfollowed(agent_id=BOB)) == []
    left = evolve(wanting("followed"), InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(ADA,)))
    assert plans(comment, by_ada, left, following) == []


def test_what_concerns_the_inbox_is_planned_for_its_members_who_want_it() -> None:
    failed = replace(example(ReplyFailed), reply_id=an_id("reply"), agent_id=None)
    inbox = talk()
    assert isinstance(inbox, Conversation)
    for agent_id, workspace in ((one, wanting("send_failed", agent=one)) for one in a_workspace().agents):
        told = [who for who, _ in plans(failed, BY_SYSTEM, workspace)]
        assert told == ([agent_id] if agent_id in workspace.members_of_inbox(inbox.inbox_id) else [])


def test_the_author_of_a_reply_that_failed_is_told_while_they_belong_to_the_inbox() -> None:
    failed = replace(example(ReplyFailed), agent_id=BOB)
    assert [who for who, _ in plans(failed, BY_SYSTEM, wanting("send_failed"))] == [BOB]
    outsider = replace(failed, agent_id=CLEO)
    assert plans(outsider, BY_SYSTEM, wanting("send_failed", agent=CLEO)) == []


def test_rhythms_put_it_off_to_the_hour_or_the_morning() -> None:
    at = datetime(2026, 1, 5, 9, 20, 30, tzinfo=UTC)
    assert due("at_once", at) == at + timedelta(minutes=1)
    assert due("hourly", at) == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert due("daily", at) == datetime(2026, 1, 6, 7, tzinfo=UTC)
    assert due("daily", at.replace(hour=6)) == datetime(2026, 1, 5, 7, tzinfo=UTC)


def mailed(
    state: ConversationState, workspace: Workspace, newest: int = 2, kinds: tuple[Any, ...] = ("assigned",)
) -> tuple[SystemMailQueued, ...]:
    wish = command(SendNotificationMail(agent_id=BOB), by=None, on=MAIL)
    return notification_mail(
        wish.data, wish, (DueNotice(CONVERSATION, newest, kinds),), {CONVERSATION: state}, workspace
    )


def test_what_is_due_and_unread_becomes_one_mail() -> None:
    (mail,) = mailed(talk(ASSIGNED), wanting("assigned"))
    assert (mail.kind, mail.agent_id, mail.mail_id) == ("notification", BOB, MAIL)
    matter = Matter(conversation_id=CONVERSATION, number=opened().number, kinds=("assigned",), inbox_id=SUPPORT)
    assert mail.matters == (matter,)
    assert mail.expires_at == NINE + timedelta(days=1)


def test_what_was_read_by_then_needs_no_mail() -> None:
    read = ConversationReadMarked(agent_id=BOB, up_to=2)
    assert mailed(talk(ASSIGNED, read), wanting("assigned")) == ()
    assert mailed(talk(ASSIGNED, read), wanting("assigned"), newest=4) != ()
    assert mailed(talk(ASSIGNED, ConversationReadMarked(agent_id=ADA, up_to=2)), wanting("assigned")) != ()


def test_who_has_changed_their_mind_or_is_gone_gets_no_mail() -> None:
    assert mailed(talk(ASSIGNED), wanting("mention")) == ()
    assert mailed(talk(ASSIGNED), evolve(wanting("assigned"), AgentDeactivated(agent_id=BOB))) == ()
    assert mailed(NOT_OPENED, wanting("assigned")) == ()


def test_several_of_a_conversation_are_one_matter_and_it_is_not_put_off() -> None:
    first = PlannedNotice(NINE, 2, frozenset({"assigned"}))
    more = first.with_more(PlannedNotice(NINE + timedelta(minutes=1), 9, frozenset({"mention"})))
    assert more == PlannedNotice(NINE, 9, frozenset({"assigned", "mention"}))


# -- the agent's own morning --------------------------------------------------------------------------------------

WARSAW = "Europe/Warsaw"


@pytest.mark.parametrize(
    ("zone", "now", "morning"),
    [
        (WARSAW, datetime(2026, 1, 5, 5, 59, tzinfo=UTC), datetime(2026, 1, 5, 6, tzinfo=UTC)),
        (WARSAW, datetime(2026, 1, 5, 6, tzinfo=UTC), datetime(2026, 1, 6, 6, tzinfo=UTC)),
        # The clocks go forward in the night to 29 March and back in the night to 25 October.
        (WARSAW, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
        (WARSAW, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 1, 5, 1, tzinfo=UTC), datetime(2026, 1, 5, 15, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 1, 5, 18, tzinfo=UTC), datetime(2026, 1, 6, 17, tzinfo=UTC)),
        ("Mars/Olympus", datetime(2026, 1, 5, 6, tzinfo=UTC), datetime(2026, 1, 5, 7, tzinfo=UTC)),
    ],
)
def test_a_daily_mail_goes_at_seven_by_the_agents_own_clock(zone: str, now: datetime, morning: datetime) -> None:
    assert due("daily", now, zone) == morning


def test_the_zone_is_that_of_the_agents_profile() -> None:
    moved = AgentProfileChanged(agent_id=BOB, time_zone="Asia/Tokyo")
    workspace = evolve(wanting("assigned", rhythm="daily"), moved)
    ((_, notice),) = plans(ASSIGNED, BY_SYSTEM, workspace)
    assert notice.due_at == datetime(2026, 1, 5, 22, tzinfo=UTC) > NINE


# -- channels -----------------------------------------------------------------------------------------------------

DOWN = ChannelHealthNoted(channel_id=SUPPORT_MAIL, state="down", reason="imap_refused", since=NINE, part="receiving")
WELL = replace(DOWN, state="ok", reason="")
OF_CHANNEL = DueNotice(SUPPORT_MAIL, 9, ("channel_unhealthy",))


def test_a_channel_with_trouble_is_told_to_its_inboxs_agents_who_want_that_by_mail() -> None:
    workspace = evolve(wanting("channel_unhealthy"), DOWN)
    assert list(planned_of_channel(DOWN, 9, workspace, NINE)) == [
        (BOB, PlannedNotice(NINE + timedelta(minutes=1), 9, frozenset({"channel_unhealthy"})))
    ]
    assert list(planned_of_channel(WELL, 9, workspace, NINE)) == []
    assert list(planned_of_channel(DOWN, 9, wanting("assigned"), NINE)) == []
    assert list(planned_of_channel(DOWN, 9, wanting("channel_unhealthy", agent=CLEO), NINE)) == []
    gone = evolve(workspace, AgentDeactivated(agent_id=BOB))
    assert list(planned_of_channel(DOWN, 9, gone, NINE)) == []


def of_channel(workspace: Workspace) -> tuple[SystemMailQueued, ...]:
    wish = command(SendNotificationMail(agent_id=BOB), by=None, on=MAIL)
    return notification_mail(wish.data, wish, (OF_CHANNEL,), {}, workspace)


def test_the_mail_says_which_channel_and_why() -> None:
    (mail,) = of_channel(evolve(wanting("channel_unhealthy"), DOWN))
    matter = ChannelMatter(
        channel_id=SUPPORT_MAIL, inbox_id=SUPPORT, state="down", reason="imap_refused", since=DOWN.since
    )
    assert (mail.matters, mail.channels) == ((), (matter,))


def test_a_channel_that_works_again_or_is_gone_needs_no_mail() -> None:
    troubled = evolve(wanting("channel_unhealthy"), DOWN)
    assert of_channel(evolve(troubled, WELL)) == ()
    assert of_channel(evolve(troubled, ChannelDisconnected(channel_id=SUPPORT_MAIL))) == ()
    assert of_channel(evolve(wanting("assigned"), DOWN)) == ()


# -- what was written ---------------------------------------------------------------------------------------------

EXCERPT = SealedExcerpt(key_id=an_id("rosa"), box=b"sealed")


def with_excerpt(workspace: Workspace) -> tuple[SystemMailQueued, ...]:
    wish = command(SendNotificationMail(agent_id=BOB), by=None, on=MAIL)
    notice = DueNotice(CONVERSATION, 2, ("assigned",), EXCERPT)
    return notification_mail(wish.data, wish, (notice,), {CONVERSATION: talk(ASSIGNED)}, workspace)


def test_what_was_written_goes_along_to_who_belongs_to_the_inbox() -> None:
    (mail,) = with_excerpt(wanting("assigned"))
    assert mail.matters[0].excerpt == EXCERPT
    without = InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(ADA,))
    (mail,) = with_excerpt(evolve(wanting("assigned"), without))
    assert mail.matters[0].excerpt is None


def test_an_excerpt_is_the_beginning_cut_between_words() -> None:
    short = excerpt_of(Address("rosa@customer.test", "Rosa"), "My parcel", "\n Where is it? \n")
    assert short == Excerpt(sender="Rosa <rosa@customer.test>", subject="My parcel", text="Where is it?")
    long = excerpt_of(Address("rosa@customer.test"), "", "many words " * 500)
    assert long.sender == "rosa@customer.test"
    assert MOST_EXCERPT - 12 < len(long.text) <= MOST_EXCERPT + 2 and long.text.endswith("many …")
    assert len(excerpt_of(None, "", "x" * 5_000).text) == MOST_EXCERPT + 2
