"""To which conversation a message belongs: our reply token, then In-Reply-To, then References; never the subject."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

import msgspec

from events.conversations import ReplyContent
from events.inbound import MessageReceived
from events.values import Address, MessageContent
from router.domain.conversation_state import Conversation, ConversationState
from router.domain.texts import mailbox_key
from router.domain.workspace_state import Workspace

MAX_PARENTS: Final = 100
"""Message-IDs of one mail that are looked up and kept: the newest, and the oldest, which began the thread."""
MAX_ID: Final = 998
"""Characters of a Message-ID: a line of RFC 5322 2.1.1; a longer one is not an id."""


class ThreadKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of its place in a thread.

    `own` is its Message-ID ("" when it has none); `parents` are In-Reply-To, then References from the newest,
    each once; `token` the conversation of a reply token of ours in its recipient; `signed` those parents that are
    Message-IDs which we signed, with their conversation. `echo` is that conversation when its own id is one of ours:
    a reply that came back. The mail that a bounce speaks of is its first parent.
    """

    own: str = ""
    parents: tuple[str, ...] = ()
    token: UUID | None = None
    signed: Mapping[str, UUID] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    echo: UUID | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids to look up among the inbox's thread keys."""
        return tuple(dict.fromkeys((self.own, *self.parents) if self.own else self.parents))

    @property
    def conversations(self) -> tuple[UUID, ...]:
        """The conversations that the message names by our signature; of these too the participants are needed."""
        named = (self.token, self.echo, *self.signed.values())
        return tuple(dict.fromkeys(conversation for conversation in named if conversation is not None))


class KnownThread(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that a message might join: its inbox, and who may join it."""

    inbox_id: UUID
    participants: Container[str]


class Join(msgspec.Struct, frozen=True):
    """The message belongs to this conversation."""

    conversation_id: UUID


class NewConversation(msgspec.Struct, frozen=True):
    """The message opens its own; `suggested_link` is the one that it names without its sender being a participant,
    `follow_up_of` the one that it belongs to, for which it comes too late."""

    suggested_link: UUID | None = None
    follow_up_of: UUID | None = None


class Threading(msgspec.Struct, frozen=True):
    """The decision, and the ids which from now on lead to the message's conversation (none of them was held)."""

    decision: Join | NewConversation
    register: tuple[str, ...]


def thread_keys(message: MessageReceived, conversation_of: Callable[[str], UUID | None]) -> ThreadKeys:
    """The message's keys. `conversation_of` gives the conversation of a Message-ID with a signature of ours."""
    content = message.content
    references = _ids(content.references)[::-1]
    bounced = () if content.bounce is None or message.facts.bounced_reply_id is None else (content.bounce.external_id,)
    parents = tuple(dict.fromkeys((*_ids(bounced), *_ids(content.in_reply_to), *references)))
    if len(parents) > MAX_PARENTS:
        parents = (*parents[: MAX_PARENTS - 1], parents[-1])
    signed = {parent: conversation for parent in parents if (conversation := conversation_of(parent)) is not None}
    own = next(iter(_ids((content.external_id,))), "")
    return ThreadKeys(
        own=own,
        parents=parents,
        token=message.reply_to_conversation,
        signed=MappingProxyType(signed),
        echo=conversation_of(own) if own else None,
    )


def join(
    keys: ThreadKeys,
    *,
    inbox_id: UUID,
    sender: str,
    held: Mapping[str, UUID],
    threads: Mapping[UUID, KnownThread],
    repeated_external_id: bool = False,
) -> Threading:
    """Where the message belongs, and which of its ids lead there from now on.

    `held` maps those of `keys.ids` that have a row in this inbox to their conversation, `threads` has every
    conversation of `held` and of `keys.conversations` that exists. `sender` and the participants are spelt alike
    (addresses, or their hashes).

    Candidates are tried in order: token, In-Reply-To, References from the newest, and last the message's own id,
    which mails that refer to it may have brought before. The first one in this inbox that has the sender among its
    participants is joined: a Message-ID, even a signed one, can be known to strangers. The first one that does not is
    suggested. `repeated_external_id`: another mail came with the same Message-ID (some senders have a constant
    one), so the own id joins nothing, it only suggests.

    Ids that nobody holds are registered, also those seen in References only, so that siblings of a mail that we
    never saw meet; an id that is held elsewhere stays there, and a parent that we signed needs no row.
    """
    suggested: UUID | None = None
    named = _named(keys, held)
    own = held.get(keys.own) if keys.own else None
    for candidate in dict.fromkeys((*named, *(() if own is None else (own,)))):
        thread = threads.get(candidate)
        if thread is None or thread.inbox_id != inbox_id:
            continue
        only_repeated = repeated_external_id and candidate not in named
        if sender and sender in thread.participants and not only_repeated:
            return Threading(Join(candidate), _free(keys, held))
        suggested = suggested or candidate
    return Threading(NewConversation(suggested), _free(keys, held))


def _named(keys: ThreadKeys, held: Mapping[str, UUID]) -> tuple[UUID, ...]:
    """The conversations that the token and the parents lead to, in the order in which they are tried."""
    by_parents = (found for parent in keys.parents for found in (keys.signed.get(parent), held.get(parent)))
    return tuple(candidate for candidate in (keys.token, *by_parents) if candidate is not None)


def _free(keys: ThreadKeys, held: Mapping[str, UUID]) -> tuple[str, ...]:
    return tuple(key for key in keys.ids if key not in held and (key == keys.own or key not in keys.signed))


def _ids(texts: Iterable[str]) -> tuple[str, ...]:
    """The Message-IDs without angle brackets; what is empty or longer than a header line is none."""
    bare = (text.strip().removeprefix("<").removesuffix(">").strip() for text in texts)
    return tuple(text for text in bare if 0 < len(text) <= MAX_ID)


def is_echo(own: str, sender: str, state: ConversationState, workspace: Workspace) -> bool:
    """Whether a mail with our own signed id is a reply of ours that came back, from the inbox's own address: forwarded
    by a rule, or sent to ourselves. It is in the conversation `state` already, and no customer wrote it."""
    if not isinstance(state, Conversation):
        return False
    if not any(workspace.is_of_inbox(each, sender) for each in (state.inbox_id, *state.was_in)):
        return False
    reply = own.partition(".")[0].lower()
    return any(reply_id.hex == reply for reply_id in state.replies)


def sender_of(content: MessageContent) -> str:
    """The sender's address as it is compared; "" when the mail names none."""
    return mailbox_key(content.sender.address)


def participants_of_message(content: MessageContent, is_ours: Callable[[str], bool]) -> frozenset[str]:
    """Who takes part by an inbound message: its sender, and everybody in To and Cc but us (the inbox's addresses)."""
    return frozenset((sender_of(content), *_others((*content.to, *content.cc), is_ours))) - {""}


def participants_of_reply(content: ReplyContent, is_ours: Callable[[str], bool]) -> frozenset[str]:
    """Who takes part by a reply of ours: everybody whom it went to, by Bcc too, but us."""
    return frozenset(_others((*content.to, *content.cc, *content.bcc), is_ours)) - {""}


def _others(addresses: Iterable[Address], is_ours: Callable[[str], bool]) -> Iterable[str]:
    return (mailbox_key(address.address) for address in addresses if not is_ours(address.address))
