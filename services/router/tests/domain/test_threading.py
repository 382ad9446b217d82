"""To which conversation a mail belongs, and who may bring it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from events.values import Address
from router.domain.testing import (
    CONVERSATION,
    FALLBACK_ADDRESS,
    HOUSE,
    OTHER_CONVERSATION,
    REPLY,
    ROSA_ADDRESS,
    SALES,
    SAM_ADDRESS,
    SUPPORT,
    SUPPORT_ADDRESS,
    a_workspace,
    an_id,
    content,
    conversation_of,
    mail,
    reply_content,
)
from router.domain.threading import (
    MAX_ID,
    MAX_PARENTS,
    Join,
    KnownThread,
    NewConversation,
    Threading,
    ThreadKeys,
    join,
    participants_of_message,
    participants_of_reply,
    sender_of,
    thread_keys,
)

OURS = HOUSE.message_id(REPLY, CONVERSATION)
THREADS = {
    CONVERSATION: KnownThread(inbox_id=SUPPORT, participants={"rosa"}),
    OTHER_CONVERSATION: KnownThread(inbox_id=SUPPORT, participants={"sam", "rosa"}),
}


def keys(
    own: str = "own@x",
    in_reply_to: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
    token: UUID | None = None,
) -> ThreadKeys:
    message = mail(external_id=own, in_reply_to=in_reply_to, references=references, reply_to_conversation=token)
    return thread_keys(message.data, conversation_of)


def joined(
    found: ThreadKeys,
    held: Mapping[str, UUID] | None = None,
    *,
    sender: str = "rosa",
    inbox: UUID = SUPPORT,
    repeated: bool = False,
) -> Threading:
    return join(found, inbox_id=inbox, sender=sender, held=held or {}, threads=THREADS, repeated_external_id=repeated)


# -- keys ---------------------------------------------------------------------------------------------------------


def test_parents_are_in_reply_to_then_references_from_the_newest_each_once() -> None:
    found = keys(in_reply_to=("c@x",), references=("a@x", "b@x", "c@x"))
    assert found.parents == ("c@x", "b@x", "a@x")
    assert found.ids == ("own@x", "c@x", "b@x", "a@x")


def test_ids_are_read_without_their_angle_brackets() -> None:
    assert keys("<own@x>", in_reply_to=(" <a@x> ",)).ids == ("own@x", "a@x")


def test_what_is_empty_or_endless_is_no_id() -> None:
    found = keys("", in_reply_to=("<>", " "), references=("x" * (MAX_ID + 1), "a@x"))
    assert (found.own, found.parents, found.ids) == ("", ("a@x",), ("a@x",))


def test_of_a_long_thread_the_newest_ids_and_the_first_one_are_kept() -> None:
    references = tuple(f"{number}@x" for number in range(1_000))
    found = keys(references=references)
    assert len(found.parents) == MAX_PARENTS
    assert found.parents[0] == "999@x" and found.parents[-1] == "0@x" and found.parents[-2] == "901@x"


def test_what_we_signed_names_its_conversation_itself() -> None:
    found = keys(in_reply_to=(OURS,), token=OTHER_CONVERSATION)
    assert found.signed == {OURS: CONVERSATION}
    assert found.conversations == (OTHER_CONVERSATION, CONVERSATION)


# -- joining ------------------------------------------------------------------------------------------------------


def test_a_mail_that_refers_to_nothing_opens_a_conversation() -> None:
    assert joined(keys()) == Threading(NewConversation(None), ("own@x",))


def test_an_answer_to_our_reply_joins_by_the_token_in_its_recipient() -> None:
    assert joined(keys(token=CONVERSATION)).decision == Join(CONVERSATION)


def test_an_answer_to_our_reply_joins_by_our_message_id() -> None:
    assert joined(keys(in_reply_to=(OURS,))) == Threading(Join(CONVERSATION), ("own@x",))
    assert joined(keys(references=("a@x", OURS))).decision == Join(CONVERSATION)


def test_a_mail_joins_by_in_reply_to_before_references() -> None:
    held = {"a@x": CONVERSATION, "b@x": OTHER_CONVERSATION}
    assert joined(keys(in_reply_to=("a@x",), references=("a@x", "b@x")), held).decision == Join(CONVERSATION)


def test_of_the_references_the_newest_counts() -> None:
    held = {"a@x": CONVERSATION, "b@x": OTHER_CONVERSATION}
    assert joined(keys(references=("a@x", "b@x")), held).decision == Join(OTHER_CONVERSATION)


def test_the_token_counts_before_everything() -> None:
    found = keys(in_reply_to=("b@x",), token=CONVERSATION)
    assert joined(found, {"b@x": OTHER_CONVERSATION}).decision == Join(CONVERSATION)


def test_a_stranger_with_stolen_references_gets_a_conversation_with_a_suggested_link() -> None:
    for found in (keys(token=CONVERSATION), keys(in_reply_to=(OURS,)), keys(references=("a@x",))):
        threading = joined(found, {"a@x": CONVERSATION} if "a@x" in found.parents else {}, sender="eve")
        assert threading == Threading(NewConversation(CONVERSATION), ("own@x",))


def test_a_mail_without_a_sender_joins_nothing() -> None:
    anybody = {CONVERSATION: KnownThread(inbox_id=SUPPORT, participants={""})}
    threading = join(keys(token=CONVERSATION), inbox_id=SUPPORT, sender="", held={}, threads=anybody)
    assert threading.decision == NewConversation(CONVERSATION)


def test_a_mail_passes_over_where_its_sender_is_a_stranger_to_where_they_take_part() -> None:
    found = keys(in_reply_to=("a@x",), references=("b@x",))
    held = {"a@x": CONVERSATION, "b@x": OTHER_CONVERSATION}
    assert joined(found, held, sender="sam").decision == Join(OTHER_CONVERSATION)


def test_a_conversation_of_another_inbox_is_neither_joined_nor_suggested() -> None:
    assert joined(keys(token=CONVERSATION, in_reply_to=(OURS,)), inbox=SALES).decision == NewConversation(None)


def test_a_conversation_that_does_not_exist_is_neither_joined_nor_suggested() -> None:
    assert joined(keys(token=an_id("gone")), {"own@x": an_id("gone")}).decision == NewConversation(None)


# -- what is registered -------------------------------------------------------------------------------------------


def test_ids_seen_only_in_references_are_registered_so_that_siblings_meet() -> None:
    first = joined(keys("one@x", references=("unseen@x",)))
    assert first.register == ("one@x", "unseen@x")
    held = dict.fromkeys(first.register, CONVERSATION)
    assert joined(keys("two@x", references=("unseen@x",)), held).decision == Join(CONVERSATION)


def test_a_parent_that_comes_after_its_answers_joins_them() -> None:
    assert joined(keys("unseen@x"), {"unseen@x": CONVERSATION}) == Threading(Join(CONVERSATION), ())


def test_an_id_that_another_conversation_holds_is_not_overwritten() -> None:
    threading = joined(keys(references=("a@x", "b@x")), {"a@x": CONVERSATION}, sender="eve")
    assert threading == Threading(NewConversation(CONVERSATION), ("own@x", "b@x"))


def test_a_message_id_that_we_signed_needs_no_row() -> None:
    assert OURS not in joined(keys(references=(OURS,)), sender="eve").register


def test_a_stranger_who_takes_our_message_id_for_their_own_does_not_catch_the_answers() -> None:
    stolen = joined(keys(OURS), sender="eve")
    assert stolen == Threading(NewConversation(None), (OURS,))
    answer = keys("answer@x", in_reply_to=(OURS,))
    assert joined(answer, {OURS: OTHER_CONVERSATION}).decision == Join(CONVERSATION)


def test_our_mail_that_came_to_another_inbox_of_ours_gathers_its_answers_there() -> None:
    threads = {**THREADS, an_id("in sales"): KnownThread(inbox_id=SALES, participants={"rosa"})}
    answer = keys("answer@x", in_reply_to=(OURS,))
    held = {OURS: an_id("in sales")}
    threading = join(answer, inbox_id=SALES, sender="rosa", held=held, threads=threads)
    assert threading.decision == Join(an_id("in sales"))


def test_mails_with_one_constant_message_id_stay_apart_and_are_linked() -> None:
    first = {"own@x": CONVERSATION}
    assert joined(keys(), first, repeated=True) == Threading(NewConversation(CONVERSATION), ())
    answer = keys(in_reply_to=("a@x",))
    assert joined(answer, {**first, "a@x": CONVERSATION}, repeated=True).decision == Join(CONVERSATION)


# -- participants -------------------------------------------------------------------------------------------------


def test_everybody_in_to_and_cc_but_us_takes_part() -> None:
    message = content(
        to=(SUPPORT_ADDRESS.upper(), FALLBACK_ADDRESS.replace("@", "+token@"), "Dan@Customer.test"),
        cc=(Address(SAM_ADDRESS),),
        bcc=(Address("hidden@customer.test"),),
        reply_to=(Address("other@customer.test"),),
    )
    everybody = participants_of_message(message, a_workspace().is_ours)
    assert everybody == {ROSA_ADDRESS, "dan@customer.test", SAM_ADDRESS}


def test_a_mail_without_addresses_has_no_participants() -> None:
    empty = content(sender="", to=("",))
    assert participants_of_message(empty, a_workspace().is_ours) == frozenset()
    assert sender_of(empty) == ""


def test_everybody_whom_our_reply_went_to_takes_part() -> None:
    reply = reply_content(cc=(Address(SUPPORT_ADDRESS), Address(SAM_ADDRESS)), bcc=(Address("Boss@Customer.test"),))
    assert participants_of_reply(reply, a_workspace().is_ours) == {ROSA_ADDRESS, SAM_ADDRESS, "boss@customer.test"}


# -- whole histories ----------------------------------------------------------------------------------------------


@dataclass
class Inbox:
    """A tiny store: thread keys and participants, as the router keeps them."""

    held: dict[str, UUID] = field(default_factory=dict)
    threads: dict[UUID, set[str]] = field(default_factory=dict)

    def take(self, found: ThreadKeys, sender: str, to: frozenset[str]) -> UUID:
        threads = {stream: KnownThread(inbox_id=SUPPORT, participants=them) for stream, them in self.threads.items()}
        held = {one: self.held[one] for one in found.ids if one in self.held}
        threading = join(found, inbox_id=SUPPORT, sender=sender, held=held, threads=threads)
        decision = threading.decision
        stream = decision.conversation_id if isinstance(decision, Join) else an_id(f"{len(self.threads)}")
        if isinstance(decision, NewConversation):
            assert decision.suggested_link is None or sender not in self.threads[decision.suggested_link]
            self.threads[stream] = set()
        else:
            assert sender in self.threads[stream]
        assert not set(threading.register) & set(self.held)
        self.held.update(dict.fromkeys(threading.register, stream))
        self.threads[stream] |= {sender} | to
        return stream


names = st.sampled_from(["ann", "ben", "eve"])
ids = st.sampled_from(["a@x", "b@x", "c@x", "d@x"])
mails = st.tuples(ids, st.lists(ids, max_size=2), st.lists(ids, max_size=3), names, st.frozensets(names, max_size=2))


@given(st.lists(mails, max_size=12))
def test_nobody_ever_joins_where_they_take_no_part_and_no_id_ever_changes_hands(
    history: list[tuple[str, list[str], list[str], str, frozenset[str]]],
) -> None:
    inbox = Inbox()
    for own, in_reply_to, references, sender, to in history:
        before = dict(inbox.held)
        inbox.take(keys(own, tuple(in_reply_to), tuple(references)), sender, to)
        assert before.items() <= inbox.held.items()
        assert set(inbox.held.values()) <= set(inbox.threads)


@given(st.integers(2, 8), st.data())
def test_the_mails_of_one_thread_between_two_people_meet_in_whatever_order_they_come(
    length: int, data: st.DataObject
) -> None:
    """Each mail refers to all before it; ann and ben write by turns, each to the other."""
    thread = [(f"{number}@x", tuple(f"{earlier}@x" for earlier in range(number))) for number in range(length)]
    inbox = Inbox()
    streams = set()
    for own, references in data.draw(st.permutations(thread)):
        by_ann = int(own.partition("@")[0]) % 2 == 0
        sender, other = ("ann", "ben") if by_ann else ("ben", "ann")
        streams.add(inbox.take(keys(own, references[-1:], references), sender, frozenset({other})))
    assert len(streams) == 1
