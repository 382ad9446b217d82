"""A router for tests of the API: commands become events in a story at once, and the views then show them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from events import commands as c
from events import conversations as e
from events import workspace as w
from events.avatars import AgentAvatarRemoved, AgentAvatarSet, AvatarPicture, RemoveAvatar, SetAvatar
from events.business_hours import BusinessHoursSet
from events.channel_tests import ChannelTestStarted
from events.envelope import Command, Envelope
from events.filtering import FilterSwitches
from events.labels import DefineLabel, DeleteLabel, LabelDefined, LabelDeleted
from events.notifications import NotificationPreferencesSet, SetNotificationPreferences
from events.outcomes import CommandHandled
from events.rules import Rule, RuleSet, fingerprint
from events.saved_views import DeleteView, SaveView, ViewDeleted, ViewSaved
from events.snippets import DeleteSnippet, SaveSnippet, SnippetDeleted, SnippetSaved
from events.system_mails import SendAccountMail
from inbox_projection.testing import pretended_contacts, pretended_filtering, pretended_tickets, pretended_tidying
from inbox_projection.testing.story import Story, Thread
from service_kit.secrets import SecretBox


class PretendedRouter:
    """Answers commands at once by events in the story, which the views then show. Refuses and tarries when told to."""

    def __init__(self, story: Story, show: Callable[[], None], secret_key: str) -> None:
        self.story = story
        self.asked: list[Envelope[Command]] = []
        self.refusal: tuple[str, str] | None = None
        self.tarries = False
        self.down: Exception | None = None
        self.handled: dict[UUID, CommandHandled] = {}
        self.inboxes: dict[UUID, dict[str, Any]] = {}
        self.teams: dict[UUID, dict[str, Any]] = {}
        self.sealed: list[c.SealedSecret] = []
        self.mails: list[tuple[SendAccountMail, str]] = []
        self.secrets = SecretBox(secret_key)
        self.rules: tuple[Rule, ...] = ()
        self.filter_version = 0
        self.switches: tuple[FilterSwitches, ...] = ()
        self.replies: set[UUID] = set()
        self.foreign_inboxes: dict[UUID, UUID] = {}
        self._show, self._turn = show, asyncio.Lock()

    def inbox_changed(self, inbox_id: UUID, **fields: Any) -> None:
        """The inbox as it is now, whole."""
        known = self.inboxes.setdefault(inbox_id, {"name": "Inbox"})
        known |= {name: value for name, value in fields.items() if value is not None}
        self.story.workspace(w.InboxChanged(inbox_id=inbox_id, **known))

    async def ask(self, command: Envelope[Command], *, publish: bool = True) -> CommandHandled | None:
        if publish:
            self.asked.append(command)
        if self.down is not None:
            raise self.down
        if self.tarries:
            return None
        if command.id not in self.handled:
            self.handled[command.id] = self._handle(command)
            self.story.publish("command-outcomes.v1", command.id, 1, self.handled[command.id])
            async with self._turn:
                await asyncio.to_thread(self._show)
        return self.handled[command.id]

    def _handle(self, command: Envelope[Command]) -> CommandHandled:
        base: dict[str, Any] = {"command_id": command.id, "command": command.type}
        if self.refusal is not None:
            return CommandHandled(**base, state="refused", code=self.refusal[0], detail=self.refusal[1])
        data: Any = command.data
        if isinstance(data, c.DraftRules | c.PublishRules) and data.based_on not in (None, fingerprint(self.rules)):
            return CommandHandled(**base, state="refused", code="precondition_failed.rules-changed", detail="Changed.")
        if isinstance(data, c.CancelReply | c.RetryReply | c.ConfirmReply) and data.reply_id not in self.replies:
            return CommandHandled(**base, state="refused", code="not_found.reply-not-found", detail="None such.")
        self.story.cause = command.id
        self.made: UUID | None = None
        if isinstance(data, c.ChangeConversations):
            base["refused"] = pretended_filtering.change(self.story, command, self._tell)  # type: ignore[arg-type]
            self.story.cause = None
            return CommandHandled(**base, state="done", resource_id=data.bulk_id)
        self._tell(command)
        self.story.cause = None
        return CommandHandled(**base, state="done", resource_id=self.made)

    def _tell(self, command: Envelope[Command]) -> None:
        data: Any = command.data
        fields = {name: getattr(data, name) for name in data.__struct_fields__}
        agent: Any = UUID(command.actor.id) if command.actor.id else None
        thread = next((one for one in self.story.threads if one.conversation_id == command.stream), None)
        own_names = {
            c.ResolveConversation: e.ConversationResolved(),
            c.ReopenConversation: e.ConversationReopened(reason="agent"),
            c.MarkConversationAsSpam: e.MarkedAsSpam(),
            c.TrashConversation: e.ConversationTrashed(),
        }
        if thread is not None and type(data) in own_names:
            self.story.conversation(thread, own_names[type(data)], actor=command.actor)
            return
        match data:
            case _ if isinstance(data, pretended_tickets.TOLD):
                pretended_tickets.tell(self.story, command, self.foreign_inboxes)
            case _ if thread and isinstance(data, pretended_tidying.TOLD):
                pretended_tidying.tell(self.story, command, thread)
            case c.SnoozeConversation() if thread:
                self.story.conversation(thread, e.ConversationSnoozed(until=data.until), actor=command.actor)
            case c.AssignConversation() if thread:
                assigned = e.ConversationAssigned(agent_id=data.agent_id, team_id=data.team_id)
                self.story.conversation(thread, assigned, actor=command.actor)
            case c.AddLabel() if thread:
                self.story.conversation(thread, e.LabelAdded(label=data.label), actor=command.actor)
            case c.RemoveLabel() if thread:
                self.story.conversation(thread, e.LabelRemoved(label=data.label), actor=command.actor)
            case c.ChangePriority() if thread:
                self.story.conversation(thread, e.PriorityChanged(priority=data.priority), actor=command.actor)
            case c.MarkRead() if thread and agent:
                marked = e.ConversationReadMarked(agent_id=agent, up_to=data.up_to)
                self.story.conversation(thread, marked, actor=command.actor)
            case c.FollowConversation() if thread:
                self.story.conversation(thread, e.ConversationFollowed(**fields), actor=command.actor)
            case c.UnfollowConversation() if thread:
                self.story.conversation(thread, e.ConversationUnfollowed(**fields), actor=command.actor)
            case c.AddComment() if thread:
                text = e.CommentText(text=data.text)
                teams = tuple(one for one in data.mentions if one in self.teams)
                added = e.CommentAdded(
                    comment_id=data.comment_id,
                    agent_id=agent,
                    mentions=tuple(one for one in data.mentions if one not in self.teams),
                    mentioned_team_ids=teams,
                    mentioned_members=tuple(member for one in teams for member in self.teams[one]["member_ids"]),
                    personal=text,
                )
                self.story.conversation(thread, added, key=thread.contact_id, actor=command.actor)
            case c.SendReply() if thread:
                self.replies.add(data.reply_id)
                queued = e.ReplyQueued(
                    reply_id=data.reply_id,
                    conversation_id=thread.conversation_id,
                    inbox_id=self.story.inbox_id,
                    channel="email",
                    channel_id=data.channel_id,
                    agent_id=agent,
                    hold=self._hold(command),
                    personal=data.content,
                )
                self.story.conversation(thread, queued, key=thread.contact_id, actor=command.actor)
            case c.StartConversation():
                first = data.content.to[0]
                thread = Thread(command.stream, self.story.person(first.name, first.address), data.content.subject)
                self.story.threads.append(thread)
                started = e.ConversationStarted(
                    number=len(self.story.threads),
                    inbox_id=data.inbox_id,
                    contact_id=thread.contact_id,
                    channel="email",
                    channel_id=data.channel_id,
                    message_id=data.message_id,
                    personal=e.StartedContent(subject=data.content.subject),
                )
                self.story.conversation(thread, started, key=thread.contact_id, actor=command.actor)
                self.replies.add(data.message_id)
                self._queued(thread, command, data.message_id, hold=self._hold(command), then=data.then)
                assigned = e.ConversationAssigned(agent_id=data.assignee_id, team_id=None)
                self.story.conversation(thread, assigned, actor=command.actor)
            case c.ForwardMessages() if thread:
                self.replies.add(data.reply_id)
                self._queued(
                    thread,
                    command,
                    data.reply_id,
                    in_side_thread=True,
                    forwarded_ids=data.message_ids,
                    hold=self._hold(command),
                )
            case SaveSnippet():
                fields["owner_id"] = None if fields.pop("shared") else agent
                self.story.workspace(SnippetSaved(**fields), actor=command.actor)
            case DefineLabel():
                self.story.workspace(LabelDefined(**fields), actor=command.actor)
            case DeleteLabel():
                self.story.workspace(LabelDeleted(label_id=data.label_id), actor=command.actor)
            case SaveView():
                fields["owner_id"] = None if fields.pop("shared") else agent
                self.story.workspace(ViewSaved(**fields), actor=command.actor)
            case DeleteView():
                self.story.workspace(ViewDeleted(view_id=data.view_id), actor=command.actor)
            case DeleteSnippet():
                self.story.workspace(SnippetDeleted(snippet_id=data.snippet_id), actor=command.actor)
            case c.CancelReply() if thread:
                cancelled = e.ReplyCancelled(reply_id=data.reply_id, channel="email")
                self.story.conversation(thread, cancelled, actor=command.actor)
            case c.RetryReply() if thread:
                released = e.ReplyReleased(
                    reply_id=data.reply_id,
                    conversation_id=thread.conversation_id,
                    inbox_id=self.story.inbox_id,
                    channel="email",
                    channel_id=self.story.channel_id,
                    reason="retried",
                )
                self.story.conversation(thread, released, actor=command.actor)
            case c.ConfirmReply() if thread:
                sent = e.ReplySent(reply_id=data.reply_id, attempt=1)
                self.story.conversation(thread, sent, actor=command.actor)
            case _ if isinstance(data, pretended_contacts.TOLD):
                self.made = pretended_contacts.tell(self.story, command)
            case c.EraseContact():
                self.story.erase(command.stream)
            case c.CreateInbox():
                self.story.workspace(w.InboxCreated(inbox_id=data.inbox_id, name=data.name, slug="slug"))
                self.inbox_changed(**fields)
                self.story.workspace(
                    w.FallbackAddressIssued(
                        inbox_id=data.inbox_id,
                        channel_id=self.story.new_id(),
                        address=f"slug-{data.inbox_id.hex[-6:]}@mail.test",
                    )
                )
            case c.ChangeInbox():
                hours = fields.pop("business_hours")
                if hours is not None:
                    kept = None if hours == "always" else hours
                    self.story.workspace(BusinessHoursSet(inbox_id=data.inbox_id, hours=kept))
                self.inbox_changed(**fields)
            case c.CreateTeam():
                self.story.workspace(w.TeamCreated(**fields))
            case c.ChangeTeam():
                known = self.teams.setdefault(data.team_id, {"name": "Team", "member_ids": ()})
                known |= {name: value for name, value in fields.items() if value is not None}
                self.story.workspace(w.TeamChanged(**known))
            case c.DeleteTeam():
                self.story.workspace(w.TeamDeleted(team_id=data.team_id))
            case c.InviteAgent():
                identity = w.AgentIdentity(name=data.name, email=data.email)
                invited = w.AgentInvited(agent_id=data.agent_id, role=data.role, personal=identity)
                self.story.workspace(invited, key=self.story.new_key(data.agent_id))
            case c.ChangeAgent():
                if data.role is not None:
                    self.story.workspace(w.AgentRoleChanged(agent_id=data.agent_id, role=data.role))
                if data.capacity is not None:
                    capacity = None if data.capacity == "unlimited" else data.capacity
                    self.story.workspace(w.AgentCapacityChanged(agent_id=data.agent_id, capacity=capacity))
                if data.deactivated is not None:
                    kind = w.AgentDeactivated if data.deactivated else w.AgentReactivated
                    self.story.workspace(kind(agent_id=data.agent_id))
            case c.ChangeProfile():
                profile = w.AgentProfile(
                    name=data.name, email=data.email, meeting_url=data.meeting_url, signature=data.signature
                )
                changed = w.AgentProfileChanged(
                    agent_id=data.agent_id, language=data.language, time_zone=data.time_zone, personal=profile
                )
                self.story.workspace(changed, key=data.agent_id)
            case SetAvatar():
                picture = AvatarPicture(image=data.image, content_type=data.content_type)
                chosen = AgentAvatarSet(agent_id=data.agent_id, personal=picture)
                self.story.workspace(chosen, key=data.agent_id, actor=command.actor)
            case RemoveAvatar():
                self.story.workspace(AgentAvatarRemoved(agent_id=data.agent_id), actor=command.actor)
            case SetNotificationPreferences():
                self.story.workspace(NotificationPreferencesSet(**fields), actor=command.actor)
            case c.SetAvailability():
                self.story.workspace(w.AgentAvailabilityChanged(**fields), actor=command.actor)
            case c.ConnectChannel():
                self.sealed += fields.pop("secrets")
                self.story.workspace(w.ChannelConnected(**fields), actor=command.actor)
            case c.ChangeChannel():
                self.sealed += fields.pop("secrets")
                self.story.workspace(w.ChannelChanged(**fields), actor=command.actor)
            case c.AdmitFiltered():
                self.made = pretended_filtering.admit(self.story, command.stream, command.actor)
            case c.SetEmailFilters():
                self.filter_version += 1
                self.switches = self.switches if data.switches is None else data.switches
                filters = w.EmailFiltersSet(version=self.filter_version, filters=data.filters, switches=self.switches)
                self.story.workspace(filters, actor=command.actor)
            case c.TestChannel():
                begun, ends = self.story.now, self.story.now + timedelta(minutes=3)
                testing = ChannelTestStarted(**fields, address="help@shop.test", started_at=begun, ends_at=ends)
                self.story.workspace(testing, actor=command.actor)
            case c.DisconnectChannel():
                self.story.workspace(w.ChannelDisconnected(channel_id=data.channel_id))
            case c.DraftRules():
                self.rules = data.rules
                self.story.workspace(w.RuleSetDrafted(rule_set=RuleSet(1, data.rules)))
            case c.PublishRules():
                self.story.workspace(w.RuleSetPublished(rule_set=RuleSet(1, ())))
            case SendAccountMail():
                self.mails.append((data, self.secrets.open(command.stream, data.token) if data.token else ""))
            case c.RetryQuarantined():
                self.story.publish(
                    "conversations.v1", command.stream, 2, e.QuarantineReleased(quarantined_id=command.stream)
                )
            case _:
                raise AssertionError(f"the pretended router does not know {command.type}")

    def _hold(self, command: Envelope[Any]) -> e.Hold | None:
        if getattr(command.data, "send_at", None) is not None:
            return e.Hold(kind="scheduled", not_before=command.data.send_at, timer_id=command.id)
        until = self.story.now + timedelta(seconds=command.data.undo_seconds)
        return e.Hold(kind="undo", not_before=until, timer_id=command.id) if command.data.undo_seconds else None

    def _queued(self, thread: Thread, command: Envelope[Any], reply_id: UUID, **fields: Any) -> None:
        queued = e.ReplyQueued(
            reply_id=reply_id,
            conversation_id=thread.conversation_id,
            inbox_id=self.story.inbox_id,
            channel="email",
            channel_id=command.data.channel_id,
            agent_id=UUID(command.actor.id or ""),
            personal=command.data.content,
            **fields,
        )
        self.story.conversation(thread, queued, key=thread.contact_id, actor=command.actor)
