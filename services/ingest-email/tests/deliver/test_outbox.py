"""The outbox: each mail once, whole, with its envelope beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ingest_email.delivery import Answer, PutOff, Silence, Taken
from ingest_email.outbox import OutboxTransport
from ingest_email.render import Mail

EML = "20260304T050607Z-reply.token@postroom.localhost.eml"


async def agree(silent: Mapping[int, Answer]) -> None:
    assert set(silent.values()) == {Silence()}


async def test_a_mail_becomes_a_file_and_its_envelope_another(tmp_path: Path, a_mail: Callable[..., Mail]) -> None:
    mail, folder = a_mail("ann@example.org", "secret@example.net"), tmp_path / "new" / "outbox"
    answered = await OutboxTransport(folder).send(mail, (0, 1), agree)
    assert answered.answers == {0: Taken(), 1: Taken()}
    assert sorted(path.name for path in folder.iterdir()) == [EML, EML.replace(".eml", ".json")]
    assert (folder / EML).read_bytes() == mail.content
    assert json.loads((folder / EML).with_suffix(".json").read_text()) == {
        "message_id": "reply.token@postroom.localhost",
        "mail_from": "support@example.com",
        "rcpt_to": ["ann@example.org", "secret@example.net"],
    }


async def test_the_same_mail_again_changes_nothing(tmp_path: Path, a_mail: Callable[..., Mail]) -> None:
    outbox = OutboxTransport(tmp_path)
    await outbox.send(a_mail(), (0,), agree)
    before = (tmp_path / EML).stat()
    assert (await outbox.send(a_mail(), (0,), agree)).answers == {0: Taken()}
    assert (tmp_path / EML).stat().st_mtime_ns == before.st_mtime_ns
    assert len(list(tmp_path.glob("*.eml"))) == 1


async def test_a_folder_that_cannot_be_written_puts_the_mail_off(tmp_path: Path, a_mail: Callable[..., Mail]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    answered = await OutboxTransport(blocked).send(a_mail(), (0,), agree)
    assert isinstance(answered.answers[0], PutOff)


async def test_without_the_ledgers_consent_nothing_is_written(tmp_path: Path, a_mail: Callable[..., Mail]) -> None:
    async def refuse(silent: Mapping[int, Answer]) -> None:
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError):
        await OutboxTransport(tmp_path).send(a_mail(), (0,), refuse)
    assert list(tmp_path.iterdir()) == []


async def test_a_message_id_never_leaves_the_folder(tmp_path: Path, a_mail: Callable[..., Mail]) -> None:
    original = a_mail()
    evil = Mail("../../x/\u202ey@z", original.sender, original.recipients, original.queued_at, original.content)
    await OutboxTransport(tmp_path / "outbox").send(evil, (0,), agree)
    assert [path.name for path in tmp_path.iterdir()] == ["outbox"]
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
