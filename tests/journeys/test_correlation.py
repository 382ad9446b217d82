"""One correlation id from the first byte of a mail to the stored events, and one from a command to the sent reply."""

import json
from pathlib import Path
from typing import Any

import pytest

from events.codec import open_, parse
from events.envelope import AnyEnvelope
from events.frame import unpack
from events.inbound import MessageReceived
from events.topics import INBOUND_EMAIL
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from service_kit.testing.log import letters

pytestmark = pytest.mark.real


def stored(live: LivePostroom, stream: str) -> list[AnyEnvelope]:
    """The events of a stream, their personal halves closed."""
    query = "SELECT state FROM router.stored_events WHERE originator_id = %s ORDER BY originator_version"
    with live.database() as connection:
        frames = [unpack(bytes(state)) for (state,) in connection.execute(query, (stream,))]
    return [open_(parse(frame.headers, frame.body)) for frame in frames]


def log_lines(folder: Path, process: str) -> list[dict[str, Any]]:
    lines = [line for path in folder.glob(f"{process}*.log") for line in path.read_text().splitlines()]
    return [json.loads(line) for line in lines if line.startswith("{")]


async def test_a_mail_and_its_events_share_one_correlation_id(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        customer.writes(desk.address(), "Correlated?", "From the first byte on.")
        conversation = desk.conversation_of(customer)
    events = stored(postroom, conversation["id"])
    (correlation_id,) = {event.correlation_id for event in events}

    received = [
        open_(parse(record.headers, record.value))
        for record in await letters(postroom.kafka, INBOUND_EMAIL.name)
        if dict(record.headers).get("ce_type") == MessageReceived.__name__.encode()
    ]
    mine = [each for each in received if each.correlation_id == correlation_id]
    assert [each.data.content.sender.address for each in mine] == [customer.address]

    def logged() -> list[dict[str, Any]]:
        lines = log_lines(postroom.var / "log", "ingest-email-receive")
        return [line for line in lines if line.get("correlation_id") == str(correlation_id)]

    assert "mail stored" in [line["message"] for line in eventually(logged, "the SMTP session's log line")]


def test_a_reply_keeps_the_correlation_id_of_its_command_until_it_is_sent(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        customer.writes(desk.address(), "An answer, please", "Soon.")
        conversation = desk.conversation_of(customer)
        reply = desk.reply(conversation["id"], "Here it is.")
        eventually(lambda: desk.lines(conversation["id"])[1]["delivery"]["state"] == "sent", "the reply is sent", 60)
    about = [event for event in stored(postroom, conversation["id"]) if _reply_id(event) == reply["id"]]
    assert [event.type for event in about][:1] + [event.type for event in about][-1:] == ["ReplyQueued", "ReplySent"]
    (correlation_id,) = {event.correlation_id for event in about}
    first = stored(postroom, conversation["id"])[0]
    assert correlation_id != first.correlation_id, "a command begins its own"

    def logged() -> list[dict[str, Any]]:
        lines = log_lines(postroom.var / "log", "ingest-email-deliver")
        return [line for line in lines if line.get("correlation_id") == str(correlation_id)]

    lines = eventually(logged, "the log lines of deliver")
    assert reply["id"] in [line.get("reply_id") for line in lines]


def _reply_id(event: AnyEnvelope) -> str:
    return str(getattr(event.data, "reply_id", ""))
