"""Which mails are fetched, in which portions, and how long a failing mailbox is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ingest_email.imap_cursor import (
    BATCH_BYTES,
    GAP_AGE,
    MOST_GAPS,
    Cursor,
    Gap,
    Listed,
    at_absence,
    at_connect,
    gaps_behind,
    history_at,
    is_wanted,
    open_gaps,
    portions,
    renumbered,
)
from ingest_email.imap_health import pause
from ingest_email.receive_settings import ReceiveSettings
from service_kit.settings import SettingsError

NOON = datetime(2026, 8, 25, 12, 0, 0, 600_000, tzinfo=UTC)
MAX = 1000


def test_a_folder_begins_at_the_next_uid():
    assert at_connect(NOON, 7, 42).last_uid == 41
    assert at_connect(NOON, 7, 0).last_uid == 0


def test_with_history_a_folder_begins_with_its_last_days():
    cursor = at_connect(NOON, 7, 42, history_days=30)
    old, week, new = (Listed(uid, 10, NOON + timedelta(days=days)) for uid, days in ((5, -31), (20, -7), (60, 1)))
    assert [is_wanted(mail, cursor) for mail in (old, week, new)] == [False, True, True]
    assert [history_at(mail, cursor) for mail in (week, new)] == [week.arrived_at, None]
    assert history_at(week, at_connect(NOON, 7, 42)) is None and (cursor.last_uid, cursor.checked_to) == (0, 41)
    again = renumbered(cursor, 8, 50)
    assert (is_wanted(week, again), history_at(week, again)) == (True, week.arrived_at)


def test_after_new_uids_only_mails_from_connecting_on_are_wanted_and_later_ones_whatever_their_date():
    cursor = renumbered(at_connect(NOON, 7, 42), 8, 11)
    assert (cursor.uid_validity, cursor.last_uid, cursor.checked_to, cursor.connected_at) == (8, 0, 10, NOON)
    assert not is_wanted(Listed(10, 1, NOON - timedelta(seconds=1)), cursor)
    assert is_wanted(Listed(10, 1, NOON.replace(microsecond=0)), cursor)
    assert is_wanted(Listed(10, 1, None), cursor)
    assert is_wanted(Listed(11, 1, NOON - timedelta(days=9)), cursor)


def test_a_folder_that_is_absent_gets_a_cursor_that_no_server_has():
    assert at_absence(NOON).uid_validity == 0


@given(st.lists(st.tuples(st.integers(0, 2000), st.booleans()), max_size=400), st.sampled_from([1, 100]))
def test_portions_hold_every_wanted_mail_once_in_order_and_end_at_the_last(
    drawn: list[tuple[int, bool]], most: int
) -> None:
    cursor = Cursor(connected_at=NOON, uid_validity=1, last_uid=5, checked_to=10_000)
    mails = [
        Listed(uid, size, NOON + timedelta(days=1 if late else -1)) for uid, (size, late) in enumerate(drawn, start=6)
    ]
    made = list(portions(mails, cursor, MAX, most))
    wanted = [mail for mail in mails if is_wanted(mail, cursor)]

    assert [uid for portion in made for uid in portion.uids] == [mail.uid for mail in wanted if mail.size <= MAX]
    assert [mail for portion in made for mail in portion.heads] == [mail for mail in wanted if mail.size > MAX]
    assert all(len(portion.uids) + len(portion.heads) <= most for portion in made)
    assert [portion.last_uid for portion in made] == sorted(portion.last_uid for portion in made)
    for portion, following in pairwise(made):
        rest = (*following.uids, *(mail.uid for mail in following.heads))
        assert max((*portion.uids, *(mail.uid for mail in portion.heads))) <= portion.last_uid < min(rest)
    assert not mails or made[-1].last_uid == mails[-1].uid


def test_portions_are_bounded_by_size_but_for_a_single_mail():
    big = [Listed(uid, BATCH_BYTES * 3 // 4, None) for uid in range(1, 4)]
    made = list(portions(big, at_connect(NOON, 1, 1), 10 * BATCH_BYTES))
    assert [portion.uids for portion in made] == [(1,), (2,), (3,)]


def test_uids_without_a_mail_are_remembered_for_a_minute_when_the_cursor_passes_them():
    cursor = at_connect(NOON, 1, 11)
    gaps = gaps_behind(cursor, 14, {12, 14}, NOON)
    assert gaps == (Gap(11, NOON), Gap(13, NOON))
    moved = replace(cursor, last_uid=14, gaps=gaps)
    assert gaps_behind(moved, 14, {11}, NOON) == (Gap(13, NOON),)
    later = NOON + GAP_AGE
    assert gaps_behind(moved, 16, {16}, later) == (Gap(15, later),)
    assert open_gaps(moved, later) == ()


def test_what_fills_a_gap_is_fetched_and_leaves_the_cursor_where_it_is():
    cursor = replace(at_connect(NOON, 1, 21), gaps=(Gap(11, NOON), Gap(13, NOON)))
    [portion] = portions([Listed(11, 5, NOON), Listed(13, 2 * MAX, NOON)], cursor, MAX)
    assert (portion.uids, [mail.uid for mail in portion.heads], portion.last_uid) == ((11,), [13], 20)


def test_only_the_youngest_gaps_are_kept_and_none_of_mails_from_before_connecting():
    youngest = gaps_behind(at_connect(NOON, 1, 1), 10**9, {10**9}, NOON)
    assert [gap.uid for gap in youngest] == list(range(10**9 - MOST_GAPS + 1, 10**9))
    assert gaps_behind(renumbered(at_connect(NOON, 7, 42), 8, 11), 10, {4}, NOON) == ()


def test_pauses_double_up_to_the_longest_less_a_chance_half():
    assert [pause(n, patient=False, longest=300, jitter=0) for n in (1, 2, 3, 20, 9999)] == [1, 2, 4, 300, 300]
    assert pause(1, patient=True, longest=300, jitter=0) == 60
    assert pause(5, patient=True, longest=300, jitter=1) == 150


def test_idle_may_not_last_longer_than_servers_bear():
    with pytest.raises(SettingsError, match="INGEST_EMAIL_IDLE_SECONDS is 1740"):
        ReceiveSettings.from_environment({"INGEST_EMAIL_IDLE_SECONDS": "1740"}, mail_domain="x", port_offset=0)
    own = ReceiveSettings.from_environment({"INGEST_EMAIL_POLL_SECONDS": "30"}, mail_domain="x", port_offset=0)
    assert (own.imap_poll_seconds, own.imap_idle_seconds, own.imap_plaintext) == (30, 540, False)
