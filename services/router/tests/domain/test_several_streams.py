"""Commands that concern more than their own stream, given / when / then in memory: let in, changed in bulk, retried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any, cast
from uuid import UUID

import pytest

from events.bulk import MOST_AT_ONCE, BulkChange, ChangeConversations
from events.commands import RetryQuarantined
from events.conversations import (
    ConversationEvent,
    ConversationResolved,
    FilteredAdmitted,
    InboundFiltered,
    InboundQuarantined,
    PersonalDataErased,
    QuarantineReleased,
)
from events.envelope import AnyEnvelope, Event
from events.filtering import AdmitFiltered
from events.testing import example
from router import bulk, routing
from router.domain import conversation
from router.domain.conversation import NOT_OPENED, ConversationState
from router.domain.testing import (
    CONVERSATION,
    HOUSE,
    NINE,
    OTHER_CONVERSATION,
    SUPPORT,
    SUPPORT_MAIL,
    WORKSPACE,
    a_workspace,
    an_id,
    command,
    content,
    conversation_of,
    facts,
    mail,
    opened,
)
from router.drafts import Verdict
from router.hashes import Hashes
from router.lookup_rows import Known, Writes
from router.records import Admit, Ask, Decoder, Item, Mail, Retry
from router.rows import Rows
from router.states import States
from router.working_set import WorkingSet
from service_kit.event_store import Head

HASHES = Hashes("a secret of the tests")
DECODER = Decoder(HASHES, conversation_of, WORKSPACE)
KEPT = an_id("kept")


@dataclass(frozen=True)
class Given:
    """What lies in the streams."""

    conversations: dict[UUID, tuple[ConversationEvent, ...]]
    filtered: tuple[Event, ...] = ()
    quarantined: tuple[Event, ...] = ()

    def when(self, item: Item) -> When:
        states = States(workspace=a_workspace())
        for stream, events in self.conversations.items():
            states.conversations[stream] = reduce(conversation.evolve, events, cast(ConversationState, NOT_OPENED))
            states.heads[stream] = Head(len(events), len(events))
        for streams, events in ((states.filtered, self.filtered), (states.quarantined, self.quarantined)):
            if events:
                streams[KEPT], states.heads[KEPT] = tuple(map(stored, events)), Head(len(events), 1)
        rows = Rows(Known(), Writes(), HASHES, conversation_of, states.workspace)
        working = WorkingSet(states, rows, HOUSE, WORKSPACE)
        routing.handle(item, working, NINE)
        return When(tuple(draft.envelope for draft in working.drafts), working.verdicts[-1])


@dataclass(frozen=True)
class When:
    """What came of it."""

    events: tuple[AnyEnvelope, ...]
    verdict: Verdict

    def then(self, *expected: tuple[UUID, str]) -> None:
        assert self.verdict.code == "", self.verdict.detail
        assert [(one.stream, one.type) for one in self.events] == list(expected)

    def then_nothing_happened(self) -> None:
        self.then()

    def then_refused(self, code: str) -> None:
        assert (self.verdict.code, self.events) == (code, ())


def given(*talks: UUID, **kept: Any) -> Given:
    return Given({stream: (opened(),) for stream in talks}, **kept)


def stored(event: Event) -> AnyEnvelope:
    return cast(AnyEnvelope, command(cast(Any, event), on=KEPT))


def types(envelopes: Iterable[AnyEnvelope]) -> list[str]:
    return [one.type for one in envelopes]


# -- a mail that a filter kept out is let in ------------------------------------------------------------------------

FILTERED = InboundFiltered(
    inbox_id=SUPPORT,
    channel="email",
    channel_id=SUPPORT_MAIL,
    filter_id=an_id("filter"),
    filter_version=1,
    message=facts(),
    personal=content(),
)
LET_IN = Ask(command(AdmitFiltered(), on=KEPT), b"")
ITS_MAIL = DECODER.mail(mail())


def test_a_filtered_mail_is_let_in_as_if_it_came_now() -> None:
    done = given(filtered=(FILTERED,)).when(Admit(LET_IN, ITS_MAIL))
    begun = next(one for one in done.events if one.type == "ConversationOpened")
    (admitted,) = (one for one in done.events if one.type == "FilteredAdmitted")
    assert (admitted.stream, admitted.data.conversation_id) == (KEPT, begun.stream)
    assert (done.verdict.code, done.verdict.resource_id) == ("", begun.stream)
    assert types(done.events)[:2] == ["ContactCreated", "ConversationOpened"]


def test_one_that_is_in_already_changes_nothing_and_is_told_of_its_conversation() -> None:
    before = FilteredAdmitted(
        inbox_id=SUPPORT,
        channel="email",
        conversation_id=CONVERSATION,
        contact_id=an_id("rosa"),
        message_id=facts().message_id,
        received_at=NINE,
    )
    again = given(filtered=(FILTERED, before)).when(Admit(LET_IN, ITS_MAIL))
    again.then_nothing_happened()
    assert again.verdict.resource_id == CONVERSATION


def test_one_that_is_not_there_or_erased_is_refused() -> None:
    given().when(Admit(LET_IN, None)).then_refused("not_found.filtered-message-not-found")
    erased = given(filtered=(FILTERED, PersonalDataErased(contact_id=an_id("rosa"))))
    erased.when(Admit(LET_IN, None)).then_refused("conflict.filtered-message-erased")


# -- many conversations are changed at once -------------------------------------------------------------------------


def resolving(*conversations: UUID) -> Item:
    wish = ChangeConversations(bulk_id=an_id("bulk"), change=BulkChange(kind="resolve"), conversation_ids=conversations)
    return bulk.parts_of(Ask(command(wish, on=an_id("piece")), b""), HOUSE)


def test_each_of_many_is_changed_in_its_own_stream() -> None:
    given(CONVERSATION, OTHER_CONVERSATION).when(resolving(CONVERSATION, OTHER_CONVERSATION)).then(
        (CONVERSATION, "ConversationResolved"), (OTHER_CONVERSATION, "ConversationResolved")
    )


def test_where_all_are_so_already_nothing_happens() -> None:
    talk = {CONVERSATION: (opened(), ConversationResolved())}
    Given(talk).when(resolving(CONVERSATION)).then_nothing_happened()


def test_too_many_are_refused_and_of_the_others_each_that_is_refused_is_named() -> None:
    given(CONVERSATION).when(resolving(*(UUID(int=n) for n in range(MOST_AT_ONCE + 1)))).then_refused(
        "invalid.too-many-at-once"
    )
    partly = given(CONVERSATION).when(resolving(CONVERSATION, an_id("nowhere")))
    partly.then((CONVERSATION, "ConversationResolved"))
    ((refused),) = partly.verdict.refused
    assert (refused.id, refused.code) == (an_id("nowhere"), "not_found.conversation-not-found")


# -- a quarantined record is tried again ----------------------------------------------------------------------------

QUARANTINED = example(InboundQuarantined)
TRY_AGAIN = Ask(command(RetryQuarantined(), on=KEPT), b"")


def test_a_record_that_can_be_read_now_is_released_and_handled() -> None:
    done = given(quarantined=(QUARANTINED,)).when(Retry(TRY_AGAIN, cast(Mail, ITS_MAIL)))
    assert types(done.events)[:3] == ["QuarantineReleased", "ContactCreated", "ConversationOpened"]


def test_a_record_that_was_released_before_changes_nothing() -> None:
    released = QuarantineReleased(quarantined_id=an_id("first"))
    given(quarantined=(QUARANTINED, released)).when(Retry(TRY_AGAIN, None)).then_nothing_happened()


@pytest.mark.parametrize(
    ("kept", "code"),
    [((), "not_found.quarantined-record-not-found"), ((QUARANTINED,), "conflict.record-still-unreadable")],
)
def test_a_record_that_is_not_there_or_not_readable_still_is_refused(kept: tuple[Event, ...], code: str) -> None:
    given(quarantined=kept).when(Retry(TRY_AGAIN, None, "It has no end.")).then_refused(code)
