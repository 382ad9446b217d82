"""A CSV file of 1,000,000 contacts, looked through by a dry run, with agents' lists beside it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands_load import ApiConnection
from figures import percentiles, report, sized, usage

if TYPE_CHECKING:
    from scenarios import Bench

ROWS = sized(1_000_000, 20_000)
WRONG_EACH = 50
"""Every so many rows have an address that is none."""
API = "inbox-projection"
MAY_GROW = 200
"""Megabytes of the API's process: more, and it holds the file."""
CONTACTS = "SELECT count(*) FROM inbox.contacts"


def contacts_import(bench: Bench) -> None:
    """A dry run over the file: upload, rows a second, the API's memory meanwhile, and lists of 50 beside."""
    with tempfile.TemporaryDirectory(prefix="pr-bench-csv-") as folder:
        path = Path(folder) / "contacts.csv"
        _write(path)
        contacts, quiet = bench.number(CONTACTS), _megabytes(bench)
        with _listing(bench) as listed, _memory(bench) as peak:
            began = time.perf_counter()
            with bench.live.client() as client, path.open("rb") as file:
                answer = client.post(
                    "/contacts/import?dry_run=true", files={"file": ("contacts.csv", file, "text/csv")}, timeout=600
                )
            if answer.status_code != 202:
                raise AssertionError(f"the import was answered with {answer.status_code}: {answer.text}")
            uploaded = time.perf_counter() - began
            told, steps = _ended(bench, answer.json()["id"])
            took = time.perf_counter() - began - uploaded
        megabytes = round(path.stat().st_size / 1e6, 1)
    _check(told, bench.number(CONTACTS) - contacts, max(peak) - quiet)
    report(
        "contacts_import",
        rows=told["rows"],
        file_mb=megabytes,
        failed=told["failed"],
        upload_seconds=round(uploaded, 2),
        seconds=round(took, 2),
        rows_per_second=round(told["rows"] / took),
        told_in_steps=steps,
        api_memory_mb={"before": quiet, "most": max(peak), "after": _megabytes(bench)},
        list_of_50_beside=percentiles(listed),
    )


def _write(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("name,address,phone,note\n")
        for number in range(ROWS):
            address = f"person{number}@import.test" if number % WRONG_EACH else f"person {number} at import.test"
            file.write(f'"Zażółć Nowak, {number}",{address},+48 600 {number:06},"Met at the fair,\nsays {number}"\n')


def _ended(bench: Bench, import_id: str) -> tuple[dict[str, Any], int]:
    """What came of it, and in how many steps its progress was told. It never goes back."""
    api, told, steps = ApiConnection(bench.live), -1, 0
    deadline = time.monotonic() + 3_600
    while time.monotonic() < deadline:
        found: dict[str, Any] = api.request("GET", f"/contacts/imports/{import_id}")[1]
        if found["rows"] < told:
            raise AssertionError(f"the progress went back from {told} to {found['rows']} rows")
        steps, told = steps + (found["rows"] > told), found["rows"]
        if found["state"] in ("done", "refused"):
            return found, steps
        time.sleep(0.2)
    raise AssertionError(f"the import is at {told} rows after an hour")


def _check(told: dict[str, Any], more: int, grown: float) -> None:
    wrong = -(-ROWS // WRONG_EACH)
    if (told["state"], told["total"], told["rows"], told["failed"]) != ("done", ROWS, ROWS, wrong):
        raise AssertionError(f"of {ROWS} rows, {wrong} of them wrong, came {told}")
    if more or len(told["preview"]) != 10:
        raise AssertionError(f"a dry run made {more} contacts, and shows {len(told['preview'])}")
    if grown > MAY_GROW:
        raise AssertionError(f"the API's process grew by {grown} MB")


def _megabytes(bench: Bench) -> float:
    return round(usage(bench.live).resident[API] / 1e6, 1)


@contextmanager
def _listing(bench: Bench) -> Iterator[list[float]]:
    """Seconds of lists, five a second, as agents go on to look at them."""
    api, took = ApiConnection(bench.live), list[float]()
    with _again(lambda: took.append(api.timed("GET", "/conversations?limit=50")[0])):
        yield took


@contextmanager
def _memory(bench: Bench) -> Iterator[list[float]]:
    found = [_megabytes(bench)]
    with _again(lambda: found.append(_megabytes(bench))):
        yield found


@contextmanager
def _again(work: Callable[[], object]) -> Iterator[None]:
    """Does it again and again, five times a second, until the block ends."""
    done = threading.Event()

    def beside() -> None:
        while not done.wait(0.2):
            work()

    worker = threading.Thread(target=beside)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()
