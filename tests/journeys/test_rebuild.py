"""The views are built anew from the log beside the living ones, while the API goes on answering."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from inbox_projection.compare import Comparison
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


@contextmanager
def asking(live: LivePostroom) -> Iterator[list[int]]:
    """The status codes of a client that asks for the list of conversations again and again."""
    codes: list[int] = []
    end = threading.Event()

    def ask() -> None:
        with live.client() as api:
            while not end.is_set():
                codes.append(api.get("/conversations").status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield codes
    finally:
        end.set()
        thread.join()


def test_rebuilt_views_equal_the_living_ones_and_the_api_answers_meanwhile(
    postroom: LivePostroom, rebuilt: Callable[[], Comparison]
) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        customer.writes(desk.address(), "Before the rebuild", "All is as it was.")
        before = desk.conversation(desk.conversation_of(customer)["id"])
        with asking(postroom) as codes:
            found = rebuilt()
        assert codes and set(codes) == {200}
        assert found.same, found.differences
        assert found.rows["messages"] > 0
        assert desk.conversation(before["id"]) == before
        customer.writes(desk.address(), "After the rebuild", "The living projector goes on.")
        eventually(lambda: len(desk.conversations_of(customer.address)) == 2, "a mail after the rebuild", 60)
