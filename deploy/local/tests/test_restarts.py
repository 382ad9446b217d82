"""When a dead process is started again."""

from local_runtime.restarts import STEADY_SECONDS, deaths_in_a_row, delay_seconds


def test_the_first_restart_comes_within_a_second():
    assert delay_seconds(1) < 0.5


def test_a_process_that_keeps_dying_waits_longer_and_longer_up_to_ten_seconds():
    delays = [delay_seconds(deaths) for deaths in range(1, 40)]
    assert delays == sorted(delays)
    assert delays[-1] == 10


def test_a_process_that_ran_steadily_starts_counting_anew():
    assert deaths_in_a_row(7, STEADY_SECONDS) == 1
    assert deaths_in_a_row(7, STEADY_SECONDS - 1) == 8
