"""What agents, timers and the system ask for. The envelope's stream is the target; its id is the command id."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from events.avatars import AvatarCommand
from events.bulk import ChangeConversations as ChangeConversations
from events.business_hours import BusinessHours
from events.channel_tests import TestChannel as TestChannel
from events.contact_commands import CompanyCommand as CompanyCommand
from events.contact_commands import ContactCommand as ContactCommand
from events.contact_commands import ContactPropertyCommand
from events.contact_commands import EraseContact as EraseContact
from events.contact_commands import UpdateContact as UpdateContact
from events.conversations import ReplyContent, Then
from events.envelope import Command
from events.filtering import AdmitFiltered as AdmitFiltered
from events.filtering import FilterSwitches, SpamBlock
from events.following import FollowConversation as FollowConversation
from events.following import FollowingCommand
from events.following import UnfollowConversation as UnfollowConversation
from events.labels import LabelDefinitionCommand
from events.notifications import SetNotificationPreferences
from events.rules import Rule
from events.saved_views import SavedViewCommand
from events.snippets import DeleteSnippet, SaveSnippet
from events.system_mails import SystemMailCommand
from events.ticket_commands import ChangePipeline, CreatePipeline, DeletePipeline, TicketCommand
from events.tidying_commands import ChangeConversationContact as ChangeConversationContact
from events.tidying_commands import ChangeSubject as ChangeSubject
from events.tidying_commands import ElapseTrash as ElapseTrash
from events.tidying_commands import MergeConversations as MergeConversations
from events.tidying_commands import MoveConversation as MoveConversation
from events.tidying_commands import MuteConversation as MuteConversation
from events.tidying_commands import RefuseSuggestedLink as RefuseSuggestedLink
from events.tidying_commands import TidyingCommand as TidyingCommand
from events.tidying_commands import UnmuteConversation as UnmuteConversation
from events.values import Availability, Channel, Priority, Role
from events.workspace import EmailFilter, EmailSettings


class SendReply(Command, frozen=True, kw_only=True):
    """Recipients and References are frozen here, as the agent saw them. The target is the conversation.

    `seen_sequence` is the If-Match of the agent: the reply is refused when a message or comment is newer.
    `content.external_id` is left empty: the router makes it. `undo_seconds` (0 to 30) can it be taken back;
    `send_at` sends it later. `then` resolves or snoozes the conversation with it.
    """

    reply_id: UUID
    channel_id: UUID
    content: ReplyContent
    seen_sequence: int | None = None
    undo_seconds: int = 0
    send_at: datetime | None = None
    then: Then | None = None


class CancelReply(Command, frozen=True, kw_only=True):
    """Takes a reply back that was not sent yet."""

    reply_id: UUID


class RetryReply(Command, frozen=True, kw_only=True):
    """Sends a failed reply again, or one that waits at once."""

    reply_id: UUID


class ConfirmReply(Command, frozen=True, kw_only=True):
    """Says of an uncertain reply that it arrived; or that it did not, and it is sent again."""

    reply_id: UUID
    arrived: bool


class ElapseReply(Command, frozen=True, kw_only=True):
    """The timer of a reply that waits is due; its id is the command id."""

    timer_id: UUID


class StartConversation(Command, frozen=True, kw_only=True):
    """Writes first. The target is the conversation that it begins; its contact is the first in To, by the address.

    `content.external_id` is left empty: the router makes it. `undo_seconds`, `send_at` and `then` are those of
    SendReply: taken back before it goes, with nothing else said, it takes the conversation to the trash.
    """

    message_id: UUID
    inbox_id: UUID
    channel_id: UUID
    content: ReplyContent
    assignee_id: UUID | None = None
    undo_seconds: int = 0
    send_at: datetime | None = None
    then: Then | None = None


class ForwardMessages(Command, frozen=True, kw_only=True):
    """Sends messages of the conversation on to others, in a side thread. `content` carries note and originals;
    `note` is the agent's alone, `blobs` are the files that come with the forward itself. `undo_seconds` (0 to 30) can
    it be taken back."""

    reply_id: UUID
    channel_id: UUID
    message_ids: tuple[UUID, ...]
    content: ReplyContent
    blobs: tuple[str, ...] = ()
    note: str = ""
    undo_seconds: int = 0


class AddComment(Command, frozen=True, kw_only=True):
    """`mentions` are agents and teams of the inbox."""

    comment_id: UUID
    text: str
    mentions: tuple[UUID, ...] = ()


class AssignConversation(Command, frozen=True, kw_only=True):
    """Both None: with nobody. `keep_team`: whatever team it has stays, and `team_id` says nothing."""

    agent_id: UUID | None
    team_id: UUID | None
    keep_team: bool = False


class ResolveConversation(Command, frozen=True, kw_only=True):
    pass


class ReopenConversation(Command, frozen=True, kw_only=True):
    pass


class SnoozeConversation(Command, frozen=True, kw_only=True):
    """Until a time, or until they answer (None)."""

    until: datetime | None = None


class ElapseSnooze(Command, frozen=True, kw_only=True):
    """A timer is due; its id is the command id."""

    timer_id: UUID


class MarkConversationAsSpam(Command, frozen=True, kw_only=True):
    """With `block`, its sender is kept out from now on; opening the conversation again undoes both."""

    block: SpamBlock | None = None


class TrashConversation(Command, frozen=True, kw_only=True):
    pass


class AddLabel(Command, frozen=True, kw_only=True):
    label: str


class RemoveLabel(Command, frozen=True, kw_only=True):
    label: str


class ChangePriority(Command, frozen=True, kw_only=True):
    priority: Priority


class MarkRead(Command, frozen=True, kw_only=True):
    """The actor has read the conversation up to this sequence; 0: it is unread again."""

    up_to: int


class CreateInbox(Command, frozen=True, kw_only=True):
    """The target of this and of every command below it is the workspace."""

    inbox_id: UUID
    name: str
    team_ids: tuple[UUID, ...] = ()
    member_ids: tuple[UUID, ...] = ()


class ChangeInbox(Command, frozen=True, kw_only=True):
    """A field left out stays. Business hours "always" are none: the inbox is always open."""

    inbox_id: UUID
    name: str | None = None
    team_ids: tuple[UUID, ...] | None = None
    member_ids: tuple[UUID, ...] | None = None
    signature: str | None = None
    quote_history: bool | None = None
    archived: bool | None = None
    assign_first_answer: bool | None = None
    reopen_days: int | None = None
    business_hours: BusinessHours | Literal["always"] | None = None


class CreateTeam(Command, frozen=True, kw_only=True):
    team_id: UUID
    name: str
    member_ids: tuple[UUID, ...] = ()


class ChangeTeam(Command, frozen=True, kw_only=True):
    team_id: UUID
    name: str | None = None
    member_ids: tuple[UUID, ...] | None = None


class DeleteTeam(Command, frozen=True, kw_only=True):
    team_id: UUID


class InviteAgent(Command, frozen=True, kw_only=True):
    agent_id: UUID
    name: str
    email: str
    role: Role


class ChangeAgent(Command, frozen=True, kw_only=True):
    agent_id: UUID
    role: Role | None = None
    deactivated: bool | None = None
    capacity: int | Literal["unlimited"] | None = None


class ChangeProfile(Command, frozen=True, kw_only=True):
    """The whole profile, as the API merged it from the view."""

    agent_id: UUID
    name: str
    email: str
    meeting_url: str = ""
    signature: str = ""
    language: str = "en"
    time_zone: str = "UTC"


class SetAvailability(Command, frozen=True, kw_only=True):
    agent_id: UUID
    state: Availability
    until: datetime | None = None


class SealedSecret(msgspec.Struct, frozen=True):
    """A password or token that the API sealed with the master key (`service_kit.secrets`); settings name its id."""

    id: UUID
    box: bytes


class ConnectChannel(Command, frozen=True, kw_only=True):
    channel_id: UUID
    inbox_id: UUID
    kind: Channel
    email: EmailSettings | None = None
    secrets: tuple[SealedSecret, ...] = ()


class ChangeChannel(Command, frozen=True, kw_only=True):
    """The settings whole; secrets that they still name need not be given again."""

    channel_id: UUID
    email: EmailSettings | None = None
    secrets: tuple[SealedSecret, ...] = ()


class SetEmailFilters(Command, frozen=True, kw_only=True):
    """All filters, in the order in which they are shown. `version` is what they were made from: another is refused.
    `switches` None leaves those that are on."""

    filters: tuple[EmailFilter, ...]
    version: int | None = None
    switches: tuple[FilterSwitches, ...] | None = None


class DisconnectChannel(Command, frozen=True, kw_only=True):
    channel_id: UUID


class DraftRules(Command, frozen=True, kw_only=True):
    """`based_on` is the fingerprint of the rules that these were made from: others are refused."""

    rules: tuple[Rule, ...]
    based_on: str | None = None


class PublishRules(Command, frozen=True, kw_only=True):
    """`based_on` is the fingerprint of the draft that was looked at: another is refused."""

    based_on: str | None = None


class RetryQuarantined(Command, frozen=True, kw_only=True):
    """The target is the quarantined record's stream."""


ConversationCommand = (
    SendReply
    | CancelReply
    | RetryReply
    | ConfirmReply
    | ElapseReply
    | ForwardMessages
    | AddComment
    | AssignConversation
    | ResolveConversation
    | ReopenConversation
    | SnoozeConversation
    | ElapseSnooze
    | MarkConversationAsSpam
    | TrashConversation
    | AddLabel
    | RemoveLabel
    | ChangePriority
    | MarkRead
    | TidyingCommand
    | FollowingCommand
)
WorkspaceCommand = (
    CreateInbox
    | ChangeInbox
    | CreateTeam
    | ChangeTeam
    | DeleteTeam
    | InviteAgent
    | ChangeAgent
    | ChangeProfile
    | SetAvailability
    | ConnectChannel
    | ChangeChannel
    | DisconnectChannel
    | TestChannel
    | SetEmailFilters
    | DraftRules
    | PublishRules
    | CreatePipeline
    | ChangePipeline
    | DeletePipeline
    | ContactPropertyCommand
    | SetNotificationPreferences
    | SaveSnippet
    | DeleteSnippet
    | SavedViewCommand
    | LabelDefinitionCommand
    | AvatarCommand
)
AnyCommand = (
    ConversationCommand
    | StartConversation
    | ContactCommand
    | CompanyCommand
    | TicketCommand
    | WorkspaceCommand
    | SystemMailCommand
    | RetryQuarantined
    | AdmitFiltered
    | ChangeConversations
)
