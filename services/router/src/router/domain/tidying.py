"""What agents do to tidy up: subject, contact, inbox, merging, muting, suggested links; and what that rules out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, assert_never
from uuid import UUID

import msgspec

from events import commands as c
from events import conversations as e
from events.commands import ConversationCommand, TidyingCommand
from events.conversations import ConversationEvent
from router.domain import errors
from router.domain.candidates import Load
from router.domain.contact_merging import of_its_own
from router.domain.contact_state import UNKNOWN, ContactState
from router.domain.conversation_state import Conversation, ConversationState, Discarded, Merged, key_holder
from router.domain.merging import merge
from router.domain.moving import move
from router.domain.status import elapse_trash
from router.domain.texts import is_header_safe
from router.domain.workspace_state import Workspace

MAX_SUBJECT: Final = 998
"""Characters: a line of RFC 5322 2.1.1."""
_TIMERS: Final = (c.ElapseSnooze, c.ElapseReply, c.ElapseTrash)
_OF_MERGED: Final = (*_TIMERS, c.CancelReply, c.RetryReply, c.ConfirmReply, c.MarkRead)
"""What a merged conversation still takes: its replies are its own, wherever they are shown."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What is known around a conversation: others that a command names, with those for which they stand; the contact
    that it names; the loads of agents."""

    conversations: Mapping[UUID, ConversationState] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    contact: ContactState = UNKNOWN
    loads: Mapping[UUID, Load] = msgspec.field(default_factory=lambda: MappingProxyType({}))


NOTHING_BESIDE: Final = Beside()


def check_there(command: ConversationCommand, state: Conversation) -> None:
    """Raises ConversationNotFound for what was in the trash for too long, ConversationIsMerged for what another stands
    for; timers are never refused."""
    if isinstance(state.standing, Discarded) and not isinstance(command, _TIMERS):
        raise errors.ConversationNotFound("There is no such conversation.")
    if isinstance(state.standing, Merged) and not isinstance(command, _OF_MERGED):
        raise errors.ConversationIsMerged(f"It was merged into #{state.standing.number}.")


def tidy(
    wish: TidyingCommand, stream: UUID, state: Conversation, workspace: Workspace, beside: Beside
) -> tuple[ConversationEvent, ...]:
    """The events of the conversation itself. Refuses with a DomainError."""
    match wish:
        case c.ChangeSubject():
            return change_subject(wish, state)
        case c.ChangeConversationContact():
            renamed = () if wish.subject is None else change_subject(c.ChangeSubject(subject=wish.subject), state)
            return (*change_contact(wish, state, beside.contact), *renamed)
        case c.MoveConversation():
            return move(wish, state, workspace, beside.loads)
        case c.MergeConversations():
            return merge(wish.from_ids, stream, state, beside.conversations)
        case c.MuteConversation():
            return () if state.muted else (e.ConversationMuted(),)
        case c.UnmuteConversation():
            return (e.ConversationUnmuted(),) if state.muted else ()
        case c.RefuseSuggestedLink():
            return refuse_link(wish, state)
        case c.ElapseTrash():
            return elapse_trash(wish, state)
        case _:
            assert_never(wish)


def change_subject(wish: c.ChangeSubject, state: Conversation) -> tuple[e.SubjectChanged, ...]:
    """What the team calls it. What it was called is personal, so it is not known here whether it was so already.

    Raises SubjectInvalid, HeaderUnsafe, ConversationIsErased.
    """
    if len(wish.subject) > MAX_SUBJECT:
        raise errors.SubjectInvalid(f"A subject has at most {MAX_SUBJECT} characters.")
    if not is_header_safe(wish.subject):
        raise errors.HeaderUnsafe("The subject holds a line break or another control character.")
    _check_not_erased(state)
    return (e.SubjectChanged(personal=e.Subject(subject=wish.subject)),)


def change_contact(
    wish: c.ChangeConversationContact, state: Conversation, contact: ContactState
) -> tuple[e.ConversationContactChanged, ...]:
    """It is this contact's from now on: what is written then is sealed under their key, what was written stays under
    the one it has. Raises ContactNotFound, ContactIsErased, ContactIsMerged, ConversationIsErased."""
    if wish.contact_id == state.contact_id:
        return ()
    of_its_own(contact)
    _check_not_erased(state)
    return (e.ConversationContactChanged(contact_id=wish.contact_id, before_id=state.contact_id),)


def refuse_link(wish: c.RefuseSuggestedLink, state: Conversation) -> tuple[e.SuggestedLinkRefused, ...]:
    """It is suggested no more. Raises NoSuggestedLink."""
    if wish.conversation_id in state.refused_links:
        return ()
    if state.suggested_link != wish.conversation_id:
        raise errors.NoSuggestedLink("It is not suggested that these belong together.")
    return (e.SuggestedLinkRefused(conversation_id=wish.conversation_id),)


def _check_not_erased(state: Conversation) -> None:
    if key_holder(state) is None:
        raise errors.ConversationIsErased("Everybody in this conversation was erased; nothing can be added to it.")
