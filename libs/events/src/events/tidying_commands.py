"""What agents ask for to tidy up. The target is the conversation."""

from __future__ import annotations

from uuid import UUID

from events.envelope import Command


class ChangeSubject(Command, frozen=True, kw_only=True):
    subject: str


class ChangeConversationContact(Command, frozen=True, kw_only=True):
    """Another contact and, where it is given, another subject: both or neither."""

    contact_id: UUID
    subject: str | None = None


class MoveConversation(Command, frozen=True, kw_only=True):
    """To another inbox, with all that was merged into it."""

    inbox_id: UUID


class MergeConversations(Command, frozen=True, kw_only=True):
    """The target stands for these, and for all for which they stood, from now on."""

    from_ids: tuple[UUID, ...]


class MuteConversation(Command, frozen=True, kw_only=True):
    pass


class UnmuteConversation(Command, frozen=True, kw_only=True):
    pass


class RefuseSuggestedLink(Command, frozen=True, kw_only=True):
    """The target does not belong to the conversation that is suggested. Who accepts it merges."""

    conversation_id: UUID


class ElapseTrash(Command, frozen=True, kw_only=True):
    """The timer of a conversation in the trash is due; its id is the command id."""

    timer_id: UUID


TidyingCommand = (
    ChangeSubject
    | ChangeConversationContact
    | MoveConversation
    | MergeConversations
    | MuteConversation
    | UnmuteConversation
    | RefuseSuggestedLink
    | ElapseTrash
)
