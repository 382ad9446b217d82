"""Plays one script: a conversation of the demo step by step, as events and as the mails on both sides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, assert_never, cast, get_args
from uuid import UUID

from events import conversations as e
from events.envelope import SYSTEM, Actor, Event
from events.values import Invitation, Priority
from local_runtime.demo.cast import AGENTS, TEAMS
from local_runtime.demo.journal import Journal
from local_runtime.demo.office_hours import awake, beginning, day_and_time, in_office
from local_runtime.demo.postbox import Inbound, Outbound, Postbox
from local_runtime.demo.routing import candidates, first_agent
from local_runtime.demo.scripts import Script, Step
from service_kit.ids import derived_id

Standing = Literal["open", "snoozed", "resolved", "spam", "trash"]
PRIORITIES: Final = frozenset(get_args(Priority))
BOUNCES_AFTER: Final = timedelta(minutes=2)


class Talk:
    """A conversation while it is written, up to `now`."""

    def __init__(self, journal: Journal, token_key: bytes, number: int, script: Script, now: datetime) -> None:
        self._journal, self._script, self._number, self._now = journal, script, number, now
        self._cast = journal.cast
        self.id = self._cast.id(f"conversation {number}")
        self._postbox = Postbox(journal, token_key, self.id, script)
        self._at = beginning(script.days_ago, script.minute, number, now)
        self._hours = 0.0
        self._standing: Standing = "open"
        self._assignee: UUID | None = None
        self._team = self._cast.team(script.inbox)
        self._snooze: tuple[UUID, datetime] | None = None

    def write(self) -> None:
        """Up to the present; what comes later has not happened yet."""
        for index, step in enumerate(self._script.steps):
            moment = self._moment(index, step)
            if moment > self._now - timedelta(minutes=1):
                return
            self._at, self._hours = moment, step.hours
            self._play(index, step)

    def _moment(self, index: int, step: Step) -> datetime:
        if index == 0:
            return self._at
        wanted = self._at + timedelta(hours=step.hours - self._hours, seconds=(self._number * 7 + index * 13) % 50 + 5)
        if step.kind == "status" and step.text == "elapsed" and self._snooze:
            return max(self._at, self._snooze[1])
        if step.kind == "mail":
            return wanted if step.has("auto") else awake(wanted, self._number)
        return in_office(wanted, self._number)

    def _play(self, index: int, step: Step) -> None:
        match step.kind:
            case "mail":
                self._mail(index, step)
            case "reply":
                self._reply(index, step)
            case "comment":
                self._comment(index, step)
            case "status":
                self._change(self._status(index, step), step)
            case "priority":
                self._change(e.PriorityChanged(priority=_priority(step.text)), step)
            case "label":
                self._change(e.LabelAdded(label=step.text), step)
            case "unlabel":
                self._change(e.LabelRemoved(label=step.text), step)
            case "assign":
                self._change(self._assignment(step.text), step)
            case _:
                assert_never(step.kind)

    def _add(self, event: Event, actor: Actor = SYSTEM) -> None:
        self._journal.add(self.id, event, self._at, actor)

    def _change(self, event: Event, step: Step) -> None:
        default = self._assignee or self._cast.agent(TEAMS[self._script.inbox][0])
        agent = self._cast.agent(step.agent) if step.agent else default
        self._add(event, SYSTEM if isinstance(event, e.SnoozeElapsed) else Actor("agent", str(agent)))

    def _mail(self, index: int, step: Step) -> None:
        sender = self._postbox.author(step)
        contact_id = self._journal.contact(sender, self._at)
        inbound = self._postbox.write(index, step, sender, self._at, self._invitation(step))
        actor = Actor("contact", str(contact_id))
        if index == 0:
            self._open(contact_id, inbound, actor)
        else:
            self._append(contact_id, inbound, actor)

    def _open(self, contact_id: UUID, inbound: Inbound, actor: Actor) -> None:
        script = self._script
        opened = e.ConversationOpened(
            number=self._number,
            inbox_id=self._cast.inbox(script.inbox),
            contact_id=contact_id,
            channel="email",
            channel_id=inbound.facts.channel_id,
            message=inbound.facts,
            personal=e.OpenedContent(subject=script.subject, message=inbound.content),
        )
        self._add(opened, actor)
        self._assignee = first_agent(self._cast, script, self._number)
        self._route(inbound.facts.message_id, "inbox_team")
        for label in script.labels:
            self._add(e.LabelAdded(label=label), Actor("agent", str(self._cast.agent(TEAMS[script.inbox][0]))))

    def _append(self, contact_id: UUID, inbound: Inbound, actor: Actor) -> None:
        self._add(e.MessageAppended(contact_id=contact_id, message=inbound.facts, personal=inbound.content), actor)
        if self._standing in ("snoozed", "resolved", "trash"):
            self._add(e.ConversationReopened(reason="message"), actor)
            self._standing, self._snooze = "open", None
            self._route(inbound.facts.message_id, "returned_to_agent" if self._assignee else "inbox_team")

    def _route(self, message_id: UUID, reason: str) -> None:
        team = next(slug for slug in TEAMS if self._cast.team(slug) == self._team)
        routed = e.ConversationRouted(
            message_id=message_id,
            rule_set_version=0,
            candidates=tuple(candidates(self._cast, team, self._number, self._assignee)),
            team_id=self._team,
            agent_id=self._assignee,
            reason=reason,
        )
        self._add(routed)

    def _reply(self, index: int, step: Step) -> None:
        handle = step.agent or TEAMS[self._script.inbox][0]
        outbound = self._postbox.reply(index, step, self._at, self._cast.agent(handle))
        reply_id = outbound.queued.reply_id
        self._add(outbound.queued, Actor("agent", str(self._cast.agent(handle))))
        self._add(e.ReplySending(reply_id=reply_id, attempt=1))
        failed = step.one("failed")
        if failed:
            self._add(_failure(reply_id, failed))
            return
        self._add(e.ReplySent(reply_id=reply_id, attempt=1))
        bounced = step.one("bounced")
        if bounced:
            self._bounce(index, outbound, bounced)

    def _bounce(self, index: int, outbound: Outbound, words: str) -> None:
        """The next server took it, and said two minutes later that nobody of this name is there."""
        self._at += BOUNCES_AFTER
        status, _, said = words.partition(" ")
        inbound = self._postbox.bounce(index, outbound, status, said, self._at)
        contact_id = self._journal.contact(inbound.content.sender, self._at)
        self._append(contact_id, inbound, Actor("contact", str(contact_id)))
        self._add(_failure(outbound.queued.reply_id, words))

    def _comment(self, index: int, step: Step) -> None:
        mentioned = [handle for handle, agent in AGENTS.items() if f"@{agent.name}" in step.text]
        author = self._cast.agent(step.agent or TEAMS[self._script.inbox][0])
        comment = e.CommentAdded(
            comment_id=derived_id(self.id, f"comment {index}"),
            agent_id=author,
            mentions=tuple(self._cast.agent(handle) for handle in mentioned),
            personal=e.CommentText(text=step.text),
        )
        self._add(comment, Actor("agent", str(author)))

    def _status(self, index: int, step: Step) -> Event:
        word, _, until = step.text.partition(" ")
        match word:
            case "resolved":
                self._standing = "resolved"
                return e.ConversationResolved()
            case "reopened":
                self._standing = "open"
                return e.ConversationReopened(reason="agent")
            case "spam":
                self._standing = "spam"
                return e.MarkedAsSpam()
            case "trash":
                self._standing = "trash"
                return e.ConversationTrashed()
            case "snoozed":
                self._standing = "snoozed"
                if not until:
                    return e.ConversationSnoozed()
                self._snooze = (derived_id(self.id, f"snooze {index}"), self._until(until))
                return e.ConversationSnoozed(until=self._snooze[1], timer_id=self._snooze[0])
            case "elapsed" if self._snooze:
                timer_id = self._snooze[0]
                self._standing, self._snooze = "open", None
                return e.SnoozeElapsed(timer_id=timer_id)
            case _:
                raise ValueError(f"the demo's texts: no status is called {step.text!r}")

    def _until(self, text: str) -> datetime:
        """`+26`: so many hours later; `3 09:00`: three days after the start, at nine."""
        if text.startswith("+"):
            return self._at + timedelta(hours=float(text[1:]))
        return day_and_time(text, self._now)

    def _assignment(self, text: str) -> Event:
        if text == "none":
            self._assignee = None
            return e.ConversationAssigned(agent_id=None, team_id=self._team)
        if text in TEAMS:
            self._assignee, self._team = None, self._cast.team(text)
        else:
            self._assignee = self._cast.agent(text)
        return e.ConversationAssigned(agent_id=self._assignee, team_id=self._team)

    def _invitation(self, step: Step) -> Invitation | None:
        """`[invite 3 10:00 60 Summary @ Location]`: in three days at ten, for sixty minutes."""
        text = step.one("invite")
        if text is None:
            return None
        days, clock, minutes, what = text.split(" ", 3)
        summary, _, location = what.partition(" @ ")
        starts = day_and_time(f"{days} {clock}", self._now)
        return Invitation(
            method="REQUEST",
            summary=summary,
            location=location,
            organizer=self._postbox.author(step).address,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=int(minutes)),
        )


def _failure(reply_id: UUID, words: str) -> e.ReplyFailed:
    code, _, reason = words.partition(" ")
    return e.ReplyFailed(reply_id=reply_id, attempt=1, code=code, personal=e.FailureReason(reason=reason))


def _priority(word: str) -> Priority:
    if word not in PRIORITIES:
        raise ValueError(f"the demo's texts: no priority is called {word!r}")
    return cast(Priority, word)
