"""An older copy of the database is restored under a log that went on: the way that the runbook names, step by step."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_runtime.accounts import postgres_account, reachable_binaries
from local_runtime.assembly import embedded_postgres
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from local_runtime.postgres_folder import installed_postgres
from local_runtime.state import State

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(400)]
LAG = "SELECT max(notification_id) - (SELECT relayed FROM router.stores ORDER BY epoch DESC LIMIT 1) FROM {}"


@pytest.fixture
def own(runtime_folder: Path, empty_state: Callable[[Path], Path]) -> Iterator[LivePostroom]:
    """A Postroom of the test's own, started."""
    live = LivePostroom(empty_state(runtime_folder / "restored"))
    live.start()
    yield live
    live.stop()


def number(live: LivePostroom, query: str) -> int:
    with live.database() as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    return int(row[0]) if row and row[0] is not None else 0


def all_is_relayed(live: LivePostroom) -> bool:
    return number(live, LAG.format("router.stored_events")) == 0


def backed_up(live: LivePostroom, folder: Path) -> None:
    """A copy of the running PostgreSQL's data, as of now."""
    server, account = embedded_postgres(State(live.var)), postgres_account()
    folder.mkdir(mode=0o700)
    if account:
        shutil.chown(folder, account.uid, account.gid)
    binaries = reachable_binaries(installed_postgres(), account)
    command = [binaries / "pg_basebackup", "-D", folder, "-d", server.dsn, "-c", "fast", "--no-sync"]
    who: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **who)
    assert done.returncode == 0, done.stderr


def restored(live: LivePostroom, folder: Path) -> None:
    """The copy in the place of the stopped PostgreSQL's data."""
    data = live.var / "postgres" / "data"
    shutil.rmtree(data)
    folder.rename(data)


def texts(desk: Desk, customer: Customer) -> list[list[str]]:
    """What the customer's conversations hold, oldest line first."""
    return [
        [str(line["text"]).strip() for line in desk.lines(found["id"])]
        for found in reversed(desk.conversations_of(customer.address))
    ]


def test_a_restored_store_goes_on_in_a_new_epoch_and_what_it_lost_comes_again_from_the_log(own: LivePostroom) -> None:
    backup = own.var / "backup"
    with Desk(own) as desk:
        address = desk.address()
        known, later = Customer(own), Customer(own, "Amir Haddad")
        first = known.writes(address, "Before", "Written before the backup.")
        conversation = desk.conversation_of(known)
        desk.reply(conversation["id"], "Answered before the backup.")
        reply = known.received()
        eventually(lambda: len(texts(desk, known)[0]) == 2, "the reply in the thread")
        eventually(lambda: all_is_relayed(own), "all is relayed")
        backed_up(own, backup)

        known.answers(reply, "Written after the backup.")
        later.writes(address, "After", "From somebody whom the backup does not know.")
        desk.do("POST", f"/conversations/{conversation['id']}/comments", {"text": "Noted after the backup."})
        desk.conversation_of(later)
        eventually(lambda: len(texts(desk, known)[0]) == 3, "the answer in the thread")
        eventually(lambda: all_is_relayed(own), "all is relayed")
        before = texts(desk, known), texts(desk, later)

    own.stop()
    restored(own, backup)
    with pytest.raises(RuntimeError) as refusal:
        own.start()
    cuts = re.search(r"--new-epoch, set POSTROOM_STORE_CUTS=(main/1:\d+) for all consumers", str(refusal.value))
    assert cuts, refusal.value

    own.environment |= {"POSTROOM_STORE_CUTS": cuts[1], "ROUTER_NEW_EPOCH": "1"}
    own.start()
    del own.environment["ROUTER_NEW_EPOCH"]
    with Desk(own) as desk:

        def is_back() -> bool:
            return texts(desk, later) == before[1] and texts(desk, known) == before[0]

        eventually(is_back, "what came after the backup, from the log", 60)
        done = own.run(sys.executable, "-m", "inbox_projection", "rebuild")
        assert done.returncode == 0, done.stderr[-2000:]
        assert is_back()
        comments = desk.lines(conversation["id"], "comment")
        assert [comment["text"] for comment in comments] == ["Noted after the backup."]
        assert number(own, "SELECT max(epoch) FROM router.stores") == 2

        own.kill("relay")
        later.writes(address, "After", "Written in the new epoch.", In_Reply_To=str(first["Message-ID"]))
        found = eventually(lambda: texts(desk, later)[1:], "a mail in the new epoch", 60)
        assert found == [["Written in the new epoch."]]
        newest = desk.conversation_of(later)
        desk.reply(newest["id"], "Answered in the new epoch.")
        answer = later.received()
        assert "Answered in the new epoch." in str(answer.get_body(("plain",)))
        later.answers(answer, "It joins.")
        eventually(lambda: texts(desk, later)[1][1:] == ["Answered in the new epoch.", "It joins."], "the thread", 60)
