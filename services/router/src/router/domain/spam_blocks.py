"""Who is kept out with the spam they sent, as a filter of the conversation's inbox, and let in again with it; pure."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from events.commands import ConversationCommand, MarkConversationAsSpam, ReopenConversation
from events.envelope import Envelope
from events.filtering import SpamBlock
from events.workspace import EmailFilter, EmailFiltersSet
from router.domain import errors
from router.domain.conversation_state import Conversation, ConversationState
from router.domain.email_filters import domain_of
from router.domain.filter_sets import check_filters
from router.domain.house import House
from router.domain.public_providers import PUBLIC_PROVIDERS
from router.domain.texts import is_mail_address, mailbox_key
from router.domain.workspace_state import Workspace

NOTE: Final = "Marked as spam"


def block_id(command_id: UUID, block: SpamBlock, inbox_id: UUID, workspace: Workspace, house: House) -> UUID | None:
    """The filter that blocks them from now on: a new one, or the one that was made with other spam of theirs; None
    where somebody keeps them out by hand already. Its id says nothing of whom it blocks."""
    known = _covering(_wanted(command_id, block, inbox_id, house), workspace)
    if known is None:
        return house.derived_id(command_id, "block")
    return known.id if known.inbox_id == inbox_id and known.note == NOTE else None


def filters_after(
    command: Envelope[ConversationCommand], state: ConversationState, workspace: Workspace, house: House
) -> tuple[EmailFiltersSet, ...]:
    """What the command does to the filters: marking as spam may add one, opening again takes that one away, wherever it
    was put since; mostly nothing. Raises a DomainError for who cannot be blocked."""
    match command.data:
        case MarkConversationAsSpam(block=SpamBlock() as block) if isinstance(state, Conversation):
            return _blocked(_wanted(command.id, block, state.inbox_id, house), workspace)
        case ReopenConversation() if isinstance(state, Conversation):
            return _unblocked(state.block_id, workspace)
        case _:
            return ()


def _wanted(command_id: UUID, block: SpamBlock, inbox_id: UUID, house: House) -> EmailFilter:
    return EmailFilter(
        id=house.derived_id(command_id, "block"),
        kind="block",
        field=block.field,
        value=_value(block),
        inbox_id=inbox_id,
        note=NOTE,
    )


def _blocked(wanted: EmailFilter, workspace: Workspace) -> tuple[EmailFiltersSet, ...]:
    _check(wanted, workspace)
    known = workspace.filters
    if _covering(wanted, workspace) is not None:
        return ()
    filters = (*known.filters, wanted)
    check_filters(filters, workspace)
    return (EmailFiltersSet(version=known.version + 1, filters=filters, switches=known.switches),)


def _unblocked(filter_id: UUID | None, workspace: Workspace) -> tuple[EmailFiltersSet, ...]:
    known = workspace.filters
    left = tuple(one for one in known.filters if one.id != filter_id)
    if len(left) == len(known.filters):
        return ()
    return (EmailFiltersSet(version=known.version + 1, filters=left, switches=known.switches),)


def _check(wanted: EmailFilter, workspace: Workspace) -> None:
    """Raises BlockedSenderInvalid, BlockedDomainPublic, BlockedSenderOurs."""
    value, is_domain = wanted.value, wanted.field == "domain"
    if not is_mail_address(f"somebody@{value}" if is_domain else value):
        raise errors.BlockedSenderInvalid("The message names no sender who could be blocked.")
    if is_domain and value in PUBLIC_PROVIDERS:
        raise errors.BlockedDomainPublic(
            f"{value} is a public mail provider: blocking it would keep out everybody there. Block the sender instead."
        )
    ours = {address.rpartition("@")[2] for address in workspace.addresses}
    if workspace.is_ours(value) or (is_domain and any(f".{one}".endswith(f".{value}") for one in ours)):
        raise errors.BlockedSenderOurs("Your own addresses cannot be blocked.")


def _covering(wanted: EmailFilter, workspace: Workspace) -> EmailFilter | None:
    """A filter that is there and keeps out all that the wanted one would."""
    return next((one for one in workspace.filters.filters if _covers(one, wanted)), None)


def _covers(one: EmailFilter, wanted: EmailFilter) -> bool:
    return (
        one.enabled
        and one.inbox_id in (None, wanted.inbox_id)
        and (one.kind, one.field, one.operator) == ("block", wanted.field, "is")
        and _value(one) == wanted.value
    )


def _value(one: SpamBlock | EmailFilter) -> str:
    return domain_of(one.value) if one.field == "domain" else mailbox_key(one.value)
