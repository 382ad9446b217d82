"""Everything that can happen in an inbox, as numbered actions, so that a property test can draw histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from events import conversations as c
from events import workspace as w
from events.avatars import AgentAvatarRemoved, AgentAvatarSet, AvatarPicture
from events.business_hours import BusinessHours, BusinessHoursSet, OpenHours
from events.channel_tests import HOPS, ChannelTestNoted, ChannelTestStarted
from events.contacts import ContactChanges, ContactUpdated, HandleLinked, LinkedHandle
from events.envelope import Actor
from events.inbound import DeliveryAccepted
from events.notifications import KINDS, NotificationPreferencesSet
from events.outcomes import CommandHandled, ShownAt
from events.rules import All, AssignTeam, Rule, RuleSet
from events.values import Handle, MessageFacts
from inbox_projection.testing import pretended_filtering
from inbox_projection.testing.attention_actions import AttentionActions
from inbox_projection.testing.contact_actions import ContactActions
from inbox_projection.testing.sending_actions import SendingActions
from inbox_projection.testing.story import WORKSPACE_ID, Story, Thread
from inbox_projection.testing.ticket_actions import TicketActions
from inbox_projection.testing.tidying_actions import TidyingActions

TEXTS = ("Good morning", "", "Zażółć gęślą jaźń \U0001f43f", "with\x00NUL", "a\n\n  b\t c", "long " * 200, "\\\"{},'%s")


class Actions:
    """Makes things happen in a story; `a` and `b` choose among what there is."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._quarantined: list[UUID] = []
        self._retried: dict[UUID, int] = {}
        self._inboxes: list[UUID] = []
        self._teams: list[UUID] = []
        self._agents: list[UUID] = []
        self._channels: list[UUID] = []
        self._filter_version = 0
        self._all: tuple[Callable[[int, int], None], ...] = (
            self.first_mail,
            self.answer,
            self.answer_of_another,
            self.reply,
            self.delivery,
            self.comment,
            self.standing,
            self.assignment,
            self.label,
            self.routed_again,
            self.contact_changes,
            self.erasure,
            self.quarantine,
            self.outcome,
            self.report,
            self.inbox,
            self.team,
            self.agent,
            self.channel,
            self.rules,
            self.filtered,
            self.email_filters,
            self.read_mark,
            self.preferences,
            *SendingActions(story).all,
            *ContactActions(story).all,
            *TicketActions(story).all,
            *AttentionActions(story).all,
            *TidyingActions(story).all,
        )

    @property
    def count(self) -> int:
        return len(self._all)

    def run(self, action: int, a: int, b: int) -> None:
        self.story.pass_time(minutes=7 * (b % 11), seconds=1)
        self._all[action % len(self._all)](a, b)

    def first_mail(self, a: int, b: int) -> None:
        alive = [contact for contact in self.story.contacts if contact not in self.story.erased_at]
        person = alive[a % len(alive)] if alive and b % 3 == 0 else self.story.person(_text(b))
        self.story.mail(person, _text(a), _text(b), quoted=_text(a + b))

    def answer(self, a: int, b: int) -> None:
        thread = self._thread(a)
        if thread.contact_id not in self.story.erased_at:
            self.story.answer(thread, thread.contact_id, _text(b))

    def answer_of_another(self, a: int, b: int) -> None:
        others = [contact for contact in self.story.contacts if contact not in self.story.erased_at]
        self.story.answer(self._thread(a), others[b % len(others)] if others else self.story.person(), _text(b))

    def reply(self, a: int, b: int) -> None:
        self.story.reply(self._thread(a), _text(b))

    def delivery(self, a: int, b: int) -> None:
        thread = self._thread(a)
        reply = thread.replies[b % len(thread.replies)] if thread.replies else self.story.reply(thread)
        kinds: tuple[Any, ...] = (c.ReplySending, c.ReplySent, c.ReplyUncertain, c.ReplyDelivered)
        if b % 5 == 4:
            reason = c.FailureReason(reason=_text(a))
            failed = c.ReplyFailed(reply_id=reply, attempt=1 + a % 3, code="550", can_retry=a % 2 == 0, personal=reason)
            self.story.conversation(thread, failed, key=thread.contact_id)
        elif b % 5 == 2 and a % 2:
            lasting = c.ReplyUncertain(reply_id=reply, attempt=1 + a % 3, agent_id=self.story.agent_id, final=True)
            self.story.conversation(thread, lasting)
        else:
            self.story.conversation(thread, kinds[b % 5](reply_id=reply, attempt=1 + a % 3))

    def comment(self, a: int, b: int) -> None:
        self.story.comment(self._thread(a), _text(b))

    def standing(self, a: int, b: int) -> None:
        until = self.story.now + timedelta(days=1) if a % 2 else None
        events: tuple[Any, ...] = (
            c.ConversationResolved(),
            c.ConversationReopened(reason="agent"),
            c.ConversationSnoozed(until=until, timer_id=self.story.new_id()),
            c.SnoozeElapsed(timer_id=self.story.new_id()),
            c.MarkedAsSpam(filter_id=self.story.new_id() if a % 2 else None),
            c.ConversationTrashed(),
            c.PriorityChanged(priority="urgent" if a % 2 else "low"),
        )
        self.story.conversation(self._thread(a), events[b % len(events)])

    def read_mark(self, a: int, b: int) -> None:
        agent = self.story.agent_id
        marked = c.ConversationReadMarked(agent_id=agent, up_to=b % 6)
        self.story.conversation(self._thread(a), marked, actor=Actor("agent", str(agent)))

    def preferences(self, a: int, b: int) -> None:
        agent = self._agents[a % len(self._agents)] if self._agents else self.story.agent_id
        self.story.workspace(NotificationPreferencesSet(agent_id=agent, in_app=KINDS[: b % 5]))

    def assignment(self, a: int, b: int) -> None:
        agent, team = (self.story.agent_id if b & 1 else None), (self.story.team_id if b & 2 else None)
        event = c.ConversationAssigned(agent_id=agent, team_id=team) if b % 4 else c.ConversationUnassigned()
        self.story.conversation(self._thread(a), event, actor=Actor("agent", str(self.story.agent_id)))

    def label(self, a: int, b: int) -> None:
        label = ("refund", "VIP", _text(b)[:40] or "x", "y" * 300)[b % 4]
        event = c.LabelAdded(label=label) if (a + b) % 3 else c.LabelRemoved(label=label)
        self.story.conversation(self._thread(a), event)

    def routed_again(self, a: int, b: int) -> None:
        self.story.route(
            self._thread(a),
            self.story.new_id(),
            agent_id=None if b % 2 else self.story.agent_id,
            labels=("auto", "refund")[: b % 3],
            priority="high" if b % 5 == 0 else None,
            status=("spam", "snoozed", None, None)[a % 4],
        )

    def contact_changes(self, a: int, b: int) -> None:
        contacts = [contact for contact in self.story.contacts if contact not in self.story.erased_at]
        contact = contacts[a % len(contacts)] if contacts else self.story.person()
        if b % 2:
            handle = Handle("email", f"{_text(b)[:20]}{b}@other.test")
            self.story.contact(contact, HandleLinked(personal=LinkedHandle(handle=handle)))
        else:
            changes = ContactChanges(name=_text(b) if a % 2 else None, phone="+48 1", note=_text(a))
            self.story.contact(contact, ContactUpdated(personal=changes))

    def erasure(self, a: int, b: int) -> None:
        contacts = list(self.story.contacts)
        self.story.erase(contacts[a % len(contacts)] if contacts else self.story.person())

    def quarantine(self, a: int, b: int) -> None:
        if self._quarantined and b % 3 == 0:
            stream = self._quarantined[a % len(self._quarantined)]
            last = self._retried.setdefault(stream, 1)
            events: tuple[Any, ...] = (
                c.QuarantineRetryRequested(raw=f"{stream}/0"),
                c.QuarantineRetryFailed(retry_id=stream, reason="raw-missing"),
                c.QuarantineReleased(quarantined_id=stream),
            )
            event = events[(a + b // 3) % len(events)]
            self._retried[stream] = last + 1
            self.story.publish("conversations.v1", stream, last + 1, event)
            if isinstance(event, c.QuarantineReleased):
                self._quarantined.remove(stream)
            return
        stream = self.story.new_id()
        self._quarantined.append(stream)
        event = c.InboundQuarantined(
            topic="inbound.email.v1", partition=a % 6, offset=b, reason="MalformedEvent", raw=f"{stream}/0", size=a
        )
        self.story.publish("conversations.v1", stream, 1, event)

    def outcome(self, a: int, b: int) -> None:
        command = self.story.new_id()
        handled = CommandHandled(
            command_id=command,
            command="AddComment",
            state="done" if a % 2 else "refused",
            code="" if a % 2 else "conflict.newer-message-exists",
            resource_id=self.story.new_id() if b % 2 else None,
            shown_at=(ShownAt("conversations.v1", a % 6, b),),
        )
        self.story.publish("command-outcomes.v1", command, 1, handled)

    def report(self, a: int, b: int) -> None:
        accepted = DeliveryAccepted(
            channel="email", reply_id=self.story.new_id(), attempt=1, reported_at=self.story.now
        )
        self.story.publish("inbound.email.v1", self.story.new_id(), 0, accepted)

    def inbox(self, a: int, b: int) -> None:
        if not self._inboxes or b % 3 == 0:
            self._inboxes.append(self.story.new_id())
            self.story.workspace(w.InboxCreated(inbox_id=self._inboxes[-1], name=_text(b), slug="support"))
            self.story.workspace(
                w.FallbackAddressIssued(
                    inbox_id=self._inboxes[-1], channel_id=self.story.new_id(), address=f"support-{b}@postroom.test"
                )
            )
        else:
            inbox = self._inboxes[a % len(self._inboxes)]
            teams = tuple(self._teams[:2])
            changed = w.InboxChanged(
                inbox_id=inbox, name=_text(a), team_ids=teams, quote_history=a % 2 == 0, archived=b % 2 == 0
            )
            self.story.workspace(changed)
            hours = BusinessHours(zone="Europe/Warsaw", weekdays=((OpenHours(a, a + 60),),) * 7)
            self.story.workspace(BusinessHoursSet(inbox_id=inbox, hours=hours if b % 3 else None))

    def team(self, a: int, b: int) -> None:
        if not self._teams or b % 3 == 0:
            self._teams.append(self.story.new_id())
            self.story.workspace(
                w.TeamCreated(team_id=self._teams[-1], name=_text(b), member_ids=(self.story.agent_id,))
            )
        elif b % 3 == 1:
            self.story.workspace(w.TeamChanged(team_id=self._teams[a % len(self._teams)], name=_text(a)))
        else:
            self.story.workspace(w.TeamDeleted(team_id=self._teams.pop(a % len(self._teams))))

    def agent(self, a: int, b: int) -> None:
        if not self._agents or b % 3 == 0:
            agent = self.story.new_key(self.story.new_id())
            self._agents.append(agent)
            identity = w.AgentIdentity(name=_text(a), email=f"{agent.hex}@postroom.test")
            self.story.workspace(w.AgentInvited(agent_id=agent, role="agent", personal=identity), key=agent)
            return
        agent = self._agents[a % len(self._agents)]
        profile = w.AgentProfile(name=_text(b), email="ada@postroom.test", signature=_text(a))
        changed = w.AgentProfileChanged(agent_id=agent, language="pl", personal=profile)
        if b % 4 == 0:
            self.story.workspace(changed, key=agent)
            return
        if b % 4 == 1:
            picture = AvatarPicture(image=bytes([a % 256, 0, 255]), content_type="image/webp")
            self.story.workspace(AgentAvatarSet(agent_id=agent, personal=picture), key=agent)
            return
        events: tuple[Any, ...] = (
            w.AgentRoleChanged(agent_id=agent, role="manager"),
            w.AgentDeactivated(agent_id=agent),
            w.AgentReactivated(agent_id=agent),
            w.AgentAvailabilityChanged(agent_id=agent, state="available", until=self.story.now),
            w.AgentAvailabilityChanged(agent_id=agent, state="offline"),
            w.AgentCapacityChanged(agent_id=agent, capacity=a if a % 2 else None),
            AgentAvatarRemoved(agent_id=agent),
        )
        self.story.workspace(events[b % len(events)])

    def channel(self, a: int, b: int) -> None:
        if not self._channels or b % 3 == 0:
            self._channels.append(self.story.new_id())
            settings = w.EmailSettings(address=f"help{b}@shop.test")
            self.story.workspace(
                w.ChannelConnected(
                    channel_id=self._channels[-1], inbox_id=self.story.inbox_id, kind="email", email=settings
                )
            )
            return
        channel = self._channels[a % len(self._channels)]
        events: tuple[Any, ...] = (
            w.ChannelChanged(
                channel_id=channel,
                email=w.EmailSettings(
                    address="x@shop.test",
                    from_name=_text(a),
                    imap=w.ImapSettings(host="mail.shop.test", username=_text(b), secret_id=WORKSPACE_ID),
                ),
            ),
            w.ChannelHealthNoted(
                channel_id=channel,
                part=(None, "receiving", "sending")[a % 3],
                state=("down", "ok")[a % 2],
                reason=("smtp_refused", "")[a % 2],
                since=self.story.now,
            ),
            ChannelTestStarted(
                test_id=channel, channel_id=channel, address="x", started_at=self.story.now, ends_at=self.story.now
            ),
            ChannelTestNoted(
                test_id=channel,
                channel_id=channel,
                hop=HOPS[a % len(HOPS)],
                ok=a % 3 > 0,
                message=_test_mail(self.story, channel) if a % len(HOPS) == HOPS.index("arrived") else None,
            ),
            w.ChannelDisconnected(channel_id=channel),
        )
        self.story.workspace(events[b % len(events)])

    def rules(self, a: int, b: int) -> None:
        rule = Rule(id=self.story.new_id(), name=_text(a), when=All(()), then=(AssignTeam(WORKSPACE_ID),))
        rule_set = RuleSet(version=a, rules=(rule,) * (b % 3))
        self.story.workspace(w.RuleSetPublished(rule_set=rule_set) if b % 2 else w.RuleSetDrafted(rule_set=rule_set))

    def filtered(self, a: int, b: int) -> None:
        waiting = [one for one in self.story.filtered if one not in {**self.story.admitted, **self.story.erased_at}]
        if waiting and b % 4 == 1:
            pretended_filtering.admit(self.story, waiting[a % len(waiting)], Actor("agent", str(self.story.agent_id)))
        elif self.story.filtered and b % 4 == 0:
            self.story.erase_filtered(self.story.filtered[a % len(self.story.filtered)])
        else:
            version = self._filter_version or 1
            self.story.filtered_mail(self.story.new_id(), self.story.new_id(), version, _text(a), _text(b))

    def email_filters(self, a: int, b: int) -> None:
        self._filter_version += 1
        one = w.EmailFilter(id=self.story.new_id(), kind="block", field="subject", value=_text(a) or "x")
        filters = w.EmailFiltersSet(version=self._filter_version, filters=(one,) * (b % 3))
        self.story.workspace(filters, actor=Actor("agent", str(self.story.agent_id)))

    def _thread(self, a: int) -> Thread:
        if not self.story.threads:
            self.story.mail(self.story.person())
        return self.story.threads[a % len(self.story.threads)]


def _test_mail(story: Story, channel_id: UUID) -> MessageFacts:
    return MessageFacts(message_id=story.new_id(), channel="email", channel_id=channel_id, received_at=story.now)


def _text(number: int) -> str:
    return TEXTS[number % len(TEXTS)]
