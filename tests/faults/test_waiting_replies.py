"""A reply that can be undone waits in the store: whoever dies meanwhile, it goes out once, or not if it was undone."""

from __future__ import annotations

from uuid import uuid4

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(400)]


@pytest.mark.parametrize("victim", ["router", "relay"])
def test_a_death_within_the_undo_window_changes_nothing(live: LivePostroom, victim: str) -> None:
    with Desk(live) as desk:
        customer, subject = Customer(live), f"Undo {uuid4().hex[:8]}"
        customer.writes(desk.address(), subject, "Hello?")
        conversation = desk.conversation_of(customer)
        undone = desk.reply(conversation["id"], "Never.", undo_seconds=10)
        kept = desk.reply(conversation["id"], "Once.", undo_seconds=10)
        path = f"/conversations/{conversation['id']}/replies"
        before = live.kill(victim)
        eventually(lambda: live.processes()[victim]["pid"] not in (None, before), f"{victim} is back", 60)
        cancelled = desk.ask("DELETE", f"{path}/{undone['id']}")
        assert (cancelled.status_code, cancelled.json()["delivery"]["state"]) == (200, "cancelled"), cancelled.text

        def states() -> dict[str, str]:
            return {one["id"]: one["delivery"]["state"] for one in desk.lines(conversation["id"]) if one["delivery"]}

        eventually(lambda: states()[kept["id"]] == "sent", "the other one is sent", 150)
        assert states()[undone["id"]] == "cancelled"
        mails = [mail for mail in live.outbox() if subject in (mail["Subject"] or "")]
        assert [body.get_content().strip() for mail in mails if (body := mail.get_body(("plain",)))] == ["Once."]
