"""`make bench`: starts an empty Postroom of its own, runs the scenarios (ONLY=name: one), prints a JSON line each.

With BENCH_SHARE=0.01 in the environment the scenarios at size fill in a hundredth of their rows, to be tried out.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bulk_load import bulk
from contacts_load import contacts_import
from large_views import at_size
from mailboxes import imap_to_view
from reports_load import reports
from scenarios import SCENARIOS as IN_TURN
from scenarios import Bench, eventually_quiet
from search_load import search
from web_load import web

from local_runtime.live import LivePostroom

SCENARIOS = {**IN_TURN, "bulk": bulk, "imap_to_view": imap_to_view, "web": web}
AT_SIZE = {"at_size": at_size, "reports": reports, "search": search, "contacts_import": contacts_import}
ALL = [*SCENARIOS, *AT_SIZE]
FROM_NOTHING = ["flat_with_size"]
"""These want a Postroom of their own, with nothing in it."""


def main(only: str | None) -> int:
    if only is not None and only not in ALL:
        print(f"bench: no scenario is called {only!r}; there are: {', '.join(ALL)}", file=sys.stderr)
        return 2
    for names in [[only]] if only else [[name for name in ALL if name not in FROM_NOTHING], FROM_NOTHING]:
        _run(names)
    return 0


def _run(names: list[str]) -> None:
    """In one Postroom, one after the other."""
    with tempfile.TemporaryDirectory(prefix="pr-bench-") as folder:
        Path(folder).chmod(0o711)
        live = LivePostroom(Path(folder) / "var")
        print("bench: starting Postroom …", file=sys.stderr)
        live.start()
        try:
            bench = Bench(live)
            for name in names:
                print(f"bench: {name} …", file=sys.stderr)
                (AT_SIZE.get(name) or SCENARIOS[name])(bench)
                eventually_quiet(bench)
        finally:
            live.stop()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] else None))
