"""Mails of the installation to its agents: to whom one may go, and what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from events import channel_health
from events.conversations import ConversationEvent
from events.envelope import Actor, AnyEnvelope
from events.notifications import KINDS, MailRhythm, NotificationKind
from events.system_mails import (
    ChannelMatter,
    Excerpt,
    Matter,
    SealedExcerpt,
    SendAccountMail,
    SendNotificationMail,
    SystemMailQueued,
)
from events.values import Address
from events.workspace import ChannelHealthNoted
from router.domain import errors
from router.domain.conversation_state import Conversation, ConversationState
from router.domain.workspace_state import Agent, Workspace
from service_kit.notices import notices

HOLD: Final = timedelta(minutes=1)
"""What an agent has read by then needs no mail."""
APART: Final = timedelta(minutes=5)
"""From one mail about a conversation to the next."""
DAILY_HOUR: Final = 7
"""By the agent's own clock, when daily mails go."""
WELL: Final = "ok"
MOST_MATTERS: Final = 50
STALE: Final = timedelta(days=1)
MOST_EXCERPT: Final = 1_000
"""Characters of what was written that a mail holds."""


class PlannedNotice(msgspec.Struct, frozen=True):
    """A mail is to tell of these kinds by `due_at`, unless the conversation was read up to `newest` by then."""

    due_at: datetime
    newest: int
    kinds: frozenset[NotificationKind]

    def with_more(self, later: PlannedNotice) -> PlannedNotice:
        return PlannedNotice(min(self.due_at, later.due_at), later.newest, self.kinds | later.kinds)


class DueNotice(msgspec.Struct, frozen=True):
    """What an agent is to be told of a conversation now, or of a channel: then that is what `conversation_id` names.
    `excerpt` is what was written there last, sealed."""

    conversation_id: UUID
    newest: int
    kinds: tuple[NotificationKind, ...]
    excerpt: SealedExcerpt | None = None

    @property
    def is_of_channel(self) -> bool:
        return "channel_unhealthy" in self.kinds


def excerpt_of(sender: Address | None, subject: str, text: str) -> Excerpt:
    """What a mail tells of a text: its beginning, cut between words where that can be. No sender: an agent wrote it."""
    shown = text.strip()
    if len(shown) > MOST_EXCERPT:
        cut = shown[:MOST_EXCERPT]
        shown = (cut.rpartition(" ")[0] or cut).rstrip() + " …"
    name = "" if sender is None else f"{sender.name} <{sender.address}>" if sender.name else sender.address
    return Excerpt(sender=name, subject=subject, text=shown)


def send_account_mail(
    command: SendAccountMail, mail_id: UUID, state: Workspace, *, queued: bool
) -> tuple[SystemMailQueued, ...]:
    """The mail, once (`queued`: it is on its way already). Raises AgentNotFound, AgentIsDeactivated."""
    if queued:
        return ()
    agent = state.agent(command.agent_id)
    if not agent.active:
        raise errors.AgentIsDeactivated("A deactivated agent gets no mail.")
    return (
        SystemMailQueued(
            mail_id=mail_id,
            kind=command.kind,
            agent_id=agent.id,
            token=command.token,
            expires_at=command.expires_at,
        ),
    )


def answer_refused(
    mail_id: UUID, agent_id: UUID, conversation_id: UUID, number: int, code: str, now: datetime
) -> SystemMailQueued:
    """Tells an agent that their answer by mail was not sent, and why."""
    return SystemMailQueued(
        mail_id=mail_id,
        kind="answer_refused",
        agent_id=agent_id,
        expires_at=now + STALE,
        matters=(Matter(conversation_id=conversation_id, number=number, kinds=()),),
        refused=code,
    )


def planned(
    event: ConversationEvent,
    actor: Actor,
    before: ConversationState,
    after: ConversationState,
    workspace: Workspace,
    now: datetime,
) -> Iterator[tuple[UUID, PlannedNotice]]:
    """Whom a mail is to tell of the event: active agents of the inbox's circle who want it, never who did it."""
    if not isinstance(after, Conversation):
        return
    had = before.assignee_id if isinstance(before, Conversation) else None
    for notice in notices(event, actor, had, after.assignee_id, after.followers):
        circle: Iterable[UUID] = (notice.agent_id,) if notice.agent_id else workspace.members_of_inbox(after.inbox_id)
        for agent_id in circle:
            agent = workspace.agents.get(agent_id)
            if agent is None or not agent.active or notice.kind not in agent.told_by_mail:
                continue
            if actor.kind == "agent" and actor.id == str(agent_id):
                continue
            if notice.kind in ("followed", "send_failed") and not _sees(agent, after.inbox_id, workspace):
                continue
            at = due(agent.mail_rhythm, now, agent.time_zone)
            yield agent_id, PlannedNotice(at, after.sequence, frozenset({notice.kind}))


def planned_of_channel(
    event: ChannelHealthNoted, sequence: int, workspace: Workspace, now: datetime
) -> Iterator[tuple[UUID, PlannedNotice]]:
    """Whom a mail is to tell of a channel that is not well: its inbox's active agents who want it."""
    channel = workspace.channels.get(event.channel_id)
    if channel is None or event.state == WELL:
        return
    for agent_id in workspace.members_of_inbox(channel.inbox_id):
        agent = workspace.agents.get(agent_id)
        if agent is not None and agent.active and "channel_unhealthy" in agent.told_by_mail:
            at = due(agent.mail_rhythm, now, agent.time_zone)
            yield agent_id, PlannedNotice(at, sequence, frozenset({"channel_unhealthy"}))


def _sees(agent: Agent, inbox_id: UUID, workspace: Workspace) -> bool:
    """Whether a follower, or the author of a reply, still belongs to the inbox."""
    return agent.role == "administrator" or agent.id in workspace.members_of_inbox(inbox_id)


def due(rhythm: MailRhythm, now: datetime, zone: str = "UTC") -> datetime:
    """When what happened now is due: after a minute, at the next full hour, at the next seven o'clock in the zone."""
    match rhythm:
        case "at_once":
            return now + HOLD
        case "hourly":
            return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        case "daily":
            clock = _clock(zone)
            day = now.astimezone(clock).date()
            mornings = (datetime.combine(day + timedelta(days=ahead), time(DAILY_HOUR), clock) for ahead in (0, 1))
            today, tomorrow = (morning.astimezone(UTC) for morning in mornings)
            return today if today > now else tomorrow


def _clock(zone: str) -> ZoneInfo:
    """UTC for a name of which nothing is known here."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def notification_mail(
    command: SendNotificationMail,
    envelope: AnyEnvelope,
    due_notices: Sequence[DueNotice],
    states: Mapping[UUID, ConversationState],
    workspace: Workspace,
) -> tuple[SystemMailQueued, ...]:
    """One mail about all that is due and unread, and channels that are not well still; none when there is nothing left
    to tell, or nobody to be told.

    Of more than 50 conversations the first 50 are named: the others wait in the app. What was written is told to who
    belongs to the conversation's inbox now.
    """
    agent = workspace.agents.get(command.agent_id)
    if agent is None or not agent.active:
        return ()
    matters = tuple(
        Matter(
            conversation_id=one.conversation_id,
            number=state.number,
            kinds=wanted,
            inbox_id=state.inbox_id,
            excerpt=one.excerpt if _sees(agent, state.inbox_id, workspace) else None,
        )
        for one in due_notices
        if isinstance(state := states.get(one.conversation_id), Conversation)
        and state.read.get(agent.id, 0) < one.newest
        and (wanted := tuple(kind for kind in KINDS if kind in one.kinds and kind in agent.told_by_mail))
    )
    channels = tuple(_unwell(due_notices, agent, workspace))
    if not matters and not channels:
        return ()
    return (
        SystemMailQueued(
            mail_id=envelope.stream,
            kind="notification",
            agent_id=agent.id,
            expires_at=envelope.occurred_at + STALE,
            matters=matters[:MOST_MATTERS],
            channels=channels[:MOST_MATTERS],
        ),
    )


def _unwell(due_notices: Sequence[DueNotice], agent: Agent, workspace: Workspace) -> Iterator[ChannelMatter]:
    """The channels of which the agent is to be told and that still have trouble."""
    for one in due_notices:
        channel = workspace.channels.get(one.conversation_id) if one.is_of_channel else None
        if channel is None or not channel.connected or "channel_unhealthy" not in agent.told_by_mail:
            continue
        worst = channel_health.worst(channel.health)
        if worst is None or worst[1].state == WELL or not _sees(agent, channel.inbox_id, workspace):
            continue
        health = worst[1]
        yield ChannelMatter(
            channel_id=channel.id,
            inbox_id=channel.inbox_id,
            state=health.state,
            reason=health.reason,
            since=health.since,
        )
