"""Who has which conversation open: told once, gone after a while, in bounded memory."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.signals import AgentPresent
from inbox_projection.attendance import LIFE, Attendance, Change
from inbox_projection.commands import BusAway
from inbox_projection.here import GRACE_SECONDS, Here

INBOX, ROOM, OTHER, ADA, BOB = (uuid4() for _ in range(5))


def test_it_is_told_once_and_renewing_it_tells_nothing() -> None:
    board = Attendance()
    assert board.says(ROOM, INBOX, ADA, "viewing", 0) == [Change(ROOM, INBOX, ADA, "viewing")]
    assert board.says(ROOM, INBOX, ADA, "viewing", 5) == []
    assert board.says(ROOM, INBOX, ADA, "replying", 6) == [Change(ROOM, INBOX, ADA, "replying")]
    board.says(ROOM, INBOX, BOB, "viewing", 6)
    assert board.of(ROOM) == [(ADA, "replying"), (BOB, "viewing")] and board.of(OTHER) == []
    assert board.open_of(ADA) == [(ROOM, INBOX)]


def test_who_says_so_is_gone_and_says_so_twice_in_vain() -> None:
    board = Attendance()
    board.says(ROOM, INBOX, ADA, "viewing", 0)
    assert board.says(ROOM, INBOX, ADA, "gone", 1) == [Change(ROOM, INBOX, ADA, "gone")]
    assert board.says(ROOM, INBOX, ADA, "gone", 1) == [] and len(board) == 0


def test_who_is_silent_is_gone_and_not_before() -> None:
    board = Attendance()
    board.says(ROOM, INBOX, ADA, "viewing", 0)
    board.says(ROOM, INBOX, BOB, "viewing", 1)
    board.says(ROOM, INBOX, ADA, "viewing", 2)
    assert board.ended(LIFE + 0.9) == []
    assert board.ended(LIFE + 1) == [Change(ROOM, INBOX, BOB, "gone")]
    assert board.ended(LIFE + 2) == [Change(ROOM, INBOX, ADA, "gone")]


def test_memory_is_bounded_for_one_agent_and_for_all() -> None:
    board = Attendance(most=4, most_of_agent=2)
    rooms = [UUID(int=number) for number in range(5)]
    told = [board.says(room, INBOX, ADA, "viewing", 0) for room in rooms[:3]]
    assert told[2] == [Change(rooms[2], INBOX, ADA, "viewing"), Change(rooms[0], INBOX, ADA, "gone")]
    for number in range(10):
        board.says(rooms[number % 5], INBOX, UUID(int=100 + number), "viewing", 1)
    assert len(board) == 4


actions = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 3), st.sampled_from(["viewing", "replying", "gone"]), st.integers(0, 4)
    ),
    max_size=60,
)


@given(actions)
def test_who_listens_to_all_changes_knows_all_who_are_there(drawn: list[tuple[int, int, str, int]]) -> None:
    board, known, now = Attendance(most=6, most_of_agent=3), dict[tuple[UUID, UUID], str](), 0.0
    for room, agent, state, seconds in drawn:
        now += seconds
        changes = board.ended(now) + board.says(UUID(int=room), INBOX, UUID(int=agent), state, now)  # type: ignore[arg-type]
        for change in changes:
            known.pop((change.conversation_id, change.agent_id), None)
            if change.state != "gone":
                known[change.conversation_id, change.agent_id] = change.state
        assert known == {
            (UUID(int=each), agent): state for each in range(4) for agent, state in board.of(UUID(int=each))
        }
        mine = {(one, UUID(int=each)) for each in range(4) for one, _ in board.open_of(UUID(int=each))}
        assert mine == known.keys()


class Processes:
    """Two processes of the API with one topic between them."""

    def __init__(self) -> None:
        self.told: tuple[list[Change], list[Change]] = ([], [])
        self.away = False
        self.first = Here(self._publish, self.told[0].append)
        self.second = Here(self._publish, self.told[1].append)

    async def _publish(self, signal: AgentPresent) -> None:
        if self.away:
            raise BusAway
        for here in (self.first, self.second):
            here.heard(signal)


async def test_what_one_process_is_told_every_other_knows_once() -> None:
    both = Processes()
    await both.first.says(ROOM, INBOX, ADA, "replying")
    assert both.told == ([Change(ROOM, INBOX, ADA, "replying")],) * 2
    assert both.first.of(ROOM) == both.second.of(ROOM) == [{"agent_id": ADA, "state": "replying"}]
    await both.second.says(ROOM, INBOX, ADA, "gone")
    assert both.first.of(ROOM) == both.second.of(ROOM) == []


async def test_while_the_bus_is_away_nobody_is_told() -> None:
    both = Processes()
    both.away = True
    with pytest.raises(BusAway):
        await both.first.says(ROOM, INBOX, ADA, "viewing")
    assert both.told == ([], []) and both.first.of(ROOM) == []


async def test_with_an_agents_last_feed_they_leave_everywhere_unless_they_are_back_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both, loop = Processes(), asyncio.get_running_loop()
    began = loop.time()
    passed = [0.0]
    monkeypatch.setattr(loop, "time", lambda: began + passed[0])
    await both.second.says(ROOM, INBOX, ADA, "viewing")
    await both.second.says(OTHER, INBOX, BOB, "viewing")
    with both.first.feeding(ADA), both.first.feeding(ADA):
        pass
    passed[0] = GRACE_SECONDS - 0.1
    with both.first.feeding(ADA):
        passed[0] = GRACE_SECONDS + 0.1
        await both.first.look()
        assert both.first.of(ROOM) != []
    passed[0] = 2 * GRACE_SECONDS + 0.2
    await both.first.look()
    assert both.first.of(ROOM) == both.second.of(ROOM) == [] and both.second.of(OTHER) != []


async def test_a_process_that_hears_nothing_more_forgets_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    both, loop = Processes(), asyncio.get_running_loop()
    began = loop.time()
    await both.first.says(ROOM, INBOX, ADA, "viewing")
    monkeypatch.setattr(loop, "time", lambda: began + LIFE + 1)
    await both.second.look()
    assert both.told[1][-1] == Change(ROOM, INBOX, ADA, "gone") and both.second.open_of(ADA) == []
