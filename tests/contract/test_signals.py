"""Every golden signal is heard by the processes of the API, and told to who listens."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from events import codec
from events.contracts import read_golden
from inbox_projection.attendance import Change
from inbox_projection.here import Here


async def test_a_golden_signal_is_heard_and_told(signal: Path) -> None:
    record, told = read_golden(signal), list[Change]()
    heard = codec.decode(record.headers, record.value).data

    async def publish(_: object) -> None:
        raise AssertionError("what is heard is not said again")

    here = Here(publish, told.append)
    for said in (replace(heard, state="viewing"), replace(heard, state="replying"), heard):
        here.heard(said)
    assert told[-1] == Change(heard.conversation_id, heard.inbox_id, heard.agent_id, heard.state)
    assert [one.state for one in told[:2]] == ["viewing", "replying"]
    assert here.of(heard.conversation_id) == [] and heard.state == "gone"
