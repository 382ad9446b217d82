"""A channel's test as the API shows it: each hop's outcome as of now; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from events.channel_tests import HOPS
from inbox_projection.views.channel_tests import HopNoted

_noted: Final = msgspec.json.Decoder(HopNoted)


def shown(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """`row` is one of `channel_tests`. After a hop that failed or did not come in time nothing more is waited for; one
    that was heard of all the same shows as it went."""
    hops: list[dict[str, Any]] = []
    broken = False
    for hop in HOPS:
        known = None if row[hop] is None else _noted.decode(row[hop])
        if known is not None:
            state = "ok" if known.ok else "failed"
        elif broken:
            state = "skipped"
        else:
            state = "waiting" if now < row["ends_at"] else "timed_out"
        broken = broken or state in ("failed", "timed_out")
        hops.append(
            {
                "hop": hop,
                "state": state,
                "reason": None if known is None or known.ok else known.code,
                "at": None if known is None else known.at,
                "inbox_id": None if known is None else known.inbox_id,
            }
        )
    passed = all(hop["state"] == "ok" for hop in hops)
    return {
        "id": row["test_id"],
        "channel_id": row["channel_id"],
        "state": "failed" if broken else "passed" if passed else "running",
        "started_at": row["started_at"],
        "ends_at": row["ends_at"],
        "hops": hops,
    }
