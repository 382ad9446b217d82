"""A mail to an agent on real parts: from the log to the mail server, once, and reported to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from events import codec
from events.envelope import Envelope
from events.system_mails import SystemMailQueued
from events.workspace import AgentIdentity, AgentInvited
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.secrets import SecretBox

pytestmark = pytest.mark.real


async def test_an_invitation_arrives_once_however_often_the_log_repeats_it(
    desk_with_intake: Any, mail_server: Any
) -> None:
    desk, agent_id, mail_id, now = desk_with_intake, new_id(), new_id(), utc_now()
    identity = AgentIdentity(name="Ada", email="ada@acme.test")
    await desk.say(AgentInvited(agent_id=agent_id, role="agent", personal=identity), desk.key(agent_id))
    queued = SystemMailQueued(
        mail_id=mail_id,
        kind="invitation",
        agent_id=agent_id,
        token=SecretBox(desk.settings.secret_key).seal(mail_id, "token-of-ada"),
        expires_at=now + timedelta(days=7),
    )
    envelope: Any = Envelope(
        id=new_id(),
        stream=mail_id,
        sequence=1,
        occurred_at=now,
        recorded_at=now,
        workspace_id=desk.settings.workspace_id,
        correlation_id=new_id(),
        data=queued,
    )
    record = codec.encode(envelope)
    assert b"token-of-ada" not in record.value and b"ada@acme.test" not in record.value
    await desk.publish("outbound.email.v1", mail_id, record, record)
    async with desk.running("replies", "listener", "workers", "reports"):
        await desk.until_state(mail_id, "accepted")
        await desk.until_reported()
    (received,) = mail_server.received
    assert b"/invitations/token-of-ada" in received.content
    assert received.content.count(b"Auto-Submitted: auto-generated") == 1
    assert desk.execute("SELECT count(*) FROM ingest_email.delivery_reports WHERE reply_id = %s", mail_id) == [(0,)]
