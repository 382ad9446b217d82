"""What becomes of a reply: given where it stands, when an attempt ends so, then it goes on like this."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_email.delivery import (
    NO_MORE,
    PARTLY_REFUSED,
    Answer,
    Answered,
    Delivery,
    Impossible,
    Interrupted,
    Outcome,
    Postponed,
    PutOff,
    Recipient,
    Schedule,
    Settlement,
    Silence,
    Taken,
    TurnedDown,
    arrived,
    heard,
    open_indexes,
    released,
    settle,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCHEDULE = Schedule(delays=(10, 100), give_up_after=1000)
ANN, BOB, CY = "ann@example.org", "bob@example.org", "cy@example.org"
WAITING, ACCEPTED, DOUBTFUL, UNKNOWN = (
    Recipient("waiting"),
    Recipient("accepted"),
    Recipient("doubtful"),
    Recipient("unknown"),
)


def a_delivery(*recipients: Recipient, attempt: int = 1, requested_at: datetime = NOW) -> Delivery:
    return Delivery(UUID(int=1), attempt, requested_at, recipients)


def after(delivery: Delivery, outcome: Outcome, now: datetime = NOW) -> Settlement:
    return settle(delivery, outcome, now, SCHEDULE, 0.5)


def said(*answers: Answer) -> Answered:
    return Answered((ANN, BOB, CY)[: len(answers)], dict(enumerate(answers)))


def kinds(settlement: Settlement) -> list[str]:
    return [report.kind for report in settlement.reports]


def is_final(settlement: Settlement) -> bool:
    """Whether its doubt is the last word."""
    return [report.code for report in settlement.reports if report.kind == "uncertain"] == [NO_MORE]


def test_a_reply_that_is_taken_is_accepted() -> None:
    settlement = after(a_delivery(), said(Taken()))
    assert (settlement.state, settlement.due_at, kinds(settlement)) == ("accepted", None, ["accepted"])


def test_a_reply_that_is_put_off_is_tried_again_after_a_pause_and_reports_nothing() -> None:
    settlement = after(a_delivery(), said(PutOff("451", "later")))
    assert (settlement.state, settlement.reports) == ("requested", ())
    assert settlement.due_at == NOW + timedelta(seconds=10)
    assert settlement.recipients == (WAITING,)


def test_pauses_grow_and_the_last_one_repeats() -> None:
    pauses = [SCHEDULE.pause(attempt, 0.5).total_seconds() for attempt in (1, 2, 3, 50)]
    assert pauses == [10, 100, 100, 100]


@given(attempt=st.integers(1, 100), jitter=st.floats(0, 1))
def test_jitter_moves_a_pause_by_a_fifth_at_most(attempt: int, jitter: float) -> None:
    middle = SCHEDULE.pause(attempt, 0.5)
    assert 0.79 * middle <= SCHEDULE.pause(attempt, jitter) <= 1.21 * middle


def test_a_refusal_is_final_and_says_who_refused_with_which_words() -> None:
    settlement = after(a_delivery(), said(TurnedDown("550", "5.1.1 no such user")))
    assert (settlement.state, settlement.due_at) == ("failed", None)
    (report,) = settlement.reports
    assert (report.kind, report.code, report.can_retry) == ("refused", "550", True)
    assert report.reason == f"{ANN}: 550 5.1.1 no such user"


def test_when_some_are_refused_and_others_served_the_reason_names_the_refused_ones() -> None:
    settlement = after(a_delivery(), said(Taken(), TurnedDown("550", "no such user"), Taken()))
    (report,) = settlement.reports
    assert (settlement.state, report.code, report.can_retry) == ("failed", PARTLY_REFUSED, False)
    assert report.reason == f"1 of 3 recipients: {BOB}: 550 no such user"


def test_recipients_that_are_put_off_are_tried_again_alone() -> None:
    settlement = after(a_delivery(), said(Taken(), PutOff("451"), TurnedDown("550", "unknown")))
    assert (settlement.state, settlement.reports) == ("requested", ())
    assert open_indexes(settlement.recipients) == (1,)
    last = after(a_delivery(*settlement.recipients, attempt=2), Answered((ANN, BOB, CY), {1: Taken()}))
    assert last.state == "failed"
    assert last.reports[0].reason == f"1 of 3 recipients: {CY}: 550"


def test_standings_hold_no_words_of_the_server() -> None:
    assert heard((WAITING,), {0: TurnedDown("550", f"{ANN} unknown")}) == (Recipient("refused", "550"),)


def test_silence_after_the_dot_is_reported_and_sent_once_more() -> None:
    settlement = after(a_delivery(), said(Silence()))
    assert (settlement.state, kinds(settlement), is_final(settlement)) == ("unknown", ["uncertain"], False)
    assert settlement.due_at is not None and open_indexes(settlement.recipients) == (0,)


def test_a_repeat_that_is_taken_ends_the_doubt() -> None:
    settlement = after(a_delivery(DOUBTFUL, attempt=2), said(Taken()))
    assert (settlement.state, kinds(settlement)) == ("accepted", ["accepted"])


def test_a_second_silence_is_the_end() -> None:
    settlement = after(a_delivery(DOUBTFUL, attempt=2), said(Silence()))
    assert (settlement.state, settlement.due_at, kinds(settlement)) == ("unknown", None, ["uncertain"])
    assert is_final(settlement)


def test_a_repeat_that_is_put_off_stays_unknown_and_is_tried_again() -> None:
    settlement = after(a_delivery(DOUBTFUL, attempt=2), said(PutOff("451")))
    assert (settlement.state, settlement.reports) == ("unknown", ())
    assert settlement.due_at is not None


def test_a_repeat_that_never_succeeds_stays_unknown_and_is_never_called_failed() -> None:
    late = NOW + timedelta(seconds=990)
    settlement = after(a_delivery(DOUBTFUL, attempt=9), said(PutOff("451")), late)
    assert (settlement.state, settlement.due_at, kinds(settlement)) == ("unknown", None, ["uncertain"])
    assert is_final(settlement)


def test_a_repeat_that_is_refused_says_so() -> None:
    settlement = after(a_delivery(DOUBTFUL, attempt=2), said(TurnedDown("554", "is spam")))
    assert (settlement.state, kinds(settlement)) == ("failed", ["refused"])


def test_a_worker_that_died_before_the_dot_leaves_a_retry() -> None:
    settlement = after(a_delivery(), Postponed("interrupted"))
    assert (settlement.state, settlement.reports, settlement.recipients) == ("requested", (), ())
    assert settlement.due_at is not None


def test_a_worker_that_died_at_the_dot_leaves_doubt_and_one_repeat() -> None:
    settlement = after(a_delivery(*heard((WAITING, WAITING), {0: Silence(), 1: PutOff("450")})), Interrupted())
    assert (settlement.state, kinds(settlement), is_final(settlement)) == ("unknown", ["uncertain"], False)
    assert open_indexes(settlement.recipients) == (0, 1)


def test_a_worker_that_died_at_the_dot_of_the_repeat_ends_it() -> None:
    settlement = after(a_delivery(*heard((DOUBTFUL,), {0: Silence()}), attempt=2), Interrupted())
    assert (settlement.state, settlement.due_at, kinds(settlement)) == ("unknown", None, ["uncertain"])
    assert is_final(settlement)


def test_after_the_last_try_the_reply_has_failed_with_the_last_answer() -> None:
    settlement = after(a_delivery(attempt=5), said(PutOff("451", "mailbox busy")), NOW + timedelta(seconds=950))
    (report,) = settlement.reports
    assert (settlement.state, report.kind, report.code, report.can_retry) == ("failed", "refused", "451", True)
    assert "451 mailbox busy" in report.reason


def test_a_connection_that_never_came_about_fails_in_the_end_too() -> None:
    settlement = after(a_delivery(attempt=5), Postponed("blob-store", "away"), NOW + timedelta(days=3))
    assert (settlement.state, settlement.reports[0].code) == ("failed", "blob-store")


def test_what_cannot_be_made_into_a_mail_is_refused_at_once_and_for_good() -> None:
    settlement = after(a_delivery(), Impossible("erased", "the person was erased"))
    (report,) = settlement.reports
    assert (settlement.state, report.code, report.can_retry) == ("failed", "erased", False)


def test_an_erasure_after_a_silence_leaves_it_unknown() -> None:
    settlement = after(a_delivery(DOUBTFUL, attempt=2), Impossible("erased"))
    assert (settlement.state, settlement.due_at) == ("unknown", None)


def test_what_is_given_back_is_due_at_once() -> None:
    assert released(a_delivery(), NOW) == Settlement("requested", (), NOW, ())
    assert released(a_delivery(DOUBTFUL, ACCEPTED), NOW).state == "unknown"


def test_by_an_agents_word_nobody_is_tried_again_who_may_have_it() -> None:
    settlement = arrived(a_delivery(DOUBTFUL, UNKNOWN, ACCEPTED), NOW)
    assert (settlement.state, settlement.due_at, kinds(settlement)) == ("accepted", None, ["accepted"])
    refused = Recipient("refused", "550")
    settlement = arrived(a_delivery(DOUBTFUL, refused), NOW)
    assert (settlement.state, settlement.recipients) == ("failed", (ACCEPTED, refused))
    assert [report.code for report in settlement.reports] == ["partly-refused"]


def test_who_was_put_off_is_still_tried_after_an_agents_word() -> None:
    assert arrived(a_delivery(DOUBTFUL, WAITING), NOW) == Settlement("requested", (ACCEPTED, WAITING), NOW, ())
    assert arrived(a_delivery(), NOW) == Settlement("requested", (), NOW, ())


def test_reasons_are_one_short_line() -> None:
    (report,) = after(a_delivery(), said(TurnedDown("550", "a\r\nb\0c\u2028" + "x" * 5000))).reports
    assert len(report.reason) == 1000
    assert report.reason.isprintable()


STANDINGS = st.sampled_from([WAITING, ACCEPTED, DOUBTFUL, UNKNOWN, Recipient("refused", "550")])
ANSWERS = st.sampled_from([Taken(), PutOff("451", "later"), TurnedDown("550", "no"), Silence()])
OUTCOMES = st.one_of(
    st.dictionaries(st.integers(0, 2), ANSWERS).map(lambda answers: Answered((ANN, BOB, CY), answers)),
    st.sampled_from([Postponed("x"), Interrupted(), Impossible("x")]),
)


@given(
    recipients=st.one_of(st.just(()), st.tuples(STANDINGS, STANDINGS, STANDINGS)),
    outcome=OUTCOMES,
    age=st.integers(0, 2000),
    jitter=st.floats(0, 1),
)
def test_every_outcome_of_every_delivery_has_a_settlement(
    recipients: tuple[Recipient, ...], outcome: Outcome, age: int, jitter: float
) -> None:
    settlement = settle(a_delivery(*recipients), outcome, NOW + timedelta(seconds=age), SCHEDULE, jitter)
    assert (settlement.due_at is None) == (settlement.recipients != () and not open_indexes(settlement.recipients))
    if settlement.due_at is None:
        assert settlement.reports and settlement.state in ("accepted", "failed", "unknown")
    if settlement.state == "accepted":
        assert all(recipient == ACCEPTED for recipient in settlement.recipients)
    for before, now in zip(recipients, settlement.recipients, strict=False):
        assert before.is_open or before == now


@given(st.lists(st.tuples(ANSWERS, ANSWERS), max_size=12))
def test_nobody_gets_a_mail_more_than_twice_and_a_second_one_is_flagged(rounds: list[tuple[Answer, Answer]]) -> None:
    recipients: tuple[Recipient, ...] = (WAITING, WAITING)
    copies, flagged = [0, 0], False
    for attempt, pair in enumerate(rounds, 1):
        wanted = open_indexes(recipients)
        if not wanted:
            break
        answers = {index: pair[index] for index in wanted}
        for index, answer in answers.items():
            copies[index] += isinstance(answer, Taken | Silence)
            assert copies[index] < 2 or flagged
        settlement = after(a_delivery(*recipients, attempt=attempt), Answered((ANN, BOB), answers))
        flagged = flagged or "uncertain" in kinds(settlement)
        recipients = settlement.recipients
    assert max(copies) <= 2


@pytest.mark.parametrize("attempt", [0, -1])
def test_the_schedule_bears_any_attempt_number(attempt: int) -> None:
    assert SCHEDULE.pause(attempt, 0.5).total_seconds() == 10
