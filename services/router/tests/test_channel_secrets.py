"""Passwords of channels: rows of the keyring, written and deleted with what settings name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.commands import ChangeChannel, ConnectChannel, DisconnectChannel, SealedSecret
from events.workspace import EmailSettings, ImapSettings, SmtpSettings
from router.testing import AS_ANNA, COMMANDS, INBOX, Workbench, envelope
from service_kit.ids import new_id
from service_kit.secrets import SecretBox
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
CHANNEL = UUID(int=77)


def settings(imap: UUID | None, smtp: UUID | None = None, name: str = "") -> EmailSettings:
    user = "help@example.com"
    return EmailSettings(
        address=user,
        from_name=name,
        imap=None if imap is None else ImapSettings(host="imap.example.com", username=user, secret_id=imap),
        smtp=None if smtp is None else SmtpSettings(host="smtp.example.com", username=user, secret_id=smtp),
    )


def secret(bench: Workbench, text: str = "a password") -> SealedSecret:
    secret_id = new_id()
    return SealedSecret(secret_id, SecretBox(bench.settings.secret_key).seal(secret_id, text))


def stored(bench: Workbench) -> set[UUID]:
    return {row[0] for row in bench.rows("SELECT secret_id FROM keyring.secrets")}


def ask(bench: Workbench, wish: Any, **more: Any) -> str:
    outcome = bench.command(wish, DEFAULT_WORKSPACE_ID, **more)
    return outcome.code or outcome.state


def connect(bench: Workbench, *secrets: SealedSecret, **more: Any) -> str:
    ids = [one.id for one in secrets]
    wish = ConnectChannel(channel_id=CHANNEL, inbox_id=INBOX, kind="email", email=settings(*ids), secrets=secrets)
    return ask(bench, wish, **more)


def test_what_settings_name_is_stored_and_opens_again(bench: Workbench) -> None:
    bench.set_up_workspace()
    one, unused = secret(bench), secret(bench)
    wish = ConnectChannel(
        channel_id=CHANNEL, inbox_id=INBOX, kind="email", email=settings(one.id), secrets=(one, unused)
    )
    assert ask(bench, wish) == "done"
    ((secret_id, box),) = bench.rows("SELECT secret_id, box FROM keyring.secrets")
    assert SecretBox(bench.settings.secret_key).open(secret_id, bytes(box)) == "a password"


def test_a_password_goes_when_settings_name_another_and_when_the_channel_goes(bench: Workbench) -> None:
    bench.set_up_workspace()
    first, send, new = secret(bench), secret(bench), secret(bench, "another")
    assert connect(bench, first, send) == "done"
    assert stored(bench) == {first.id, send.id}
    renamed = ChangeChannel(channel_id=CHANNEL, email=settings(first.id, send.id, "Help"))
    assert ask(bench, renamed) == "done" and stored(bench) == {first.id, send.id}
    changed = ChangeChannel(channel_id=CHANNEL, email=settings(new.id, send.id), secrets=(new,))
    assert ask(bench, changed) == "done" and stored(bench) == {new.id, send.id}
    without = ChangeChannel(channel_id=CHANNEL, email=settings(new.id))
    assert ask(bench, without) == "done" and stored(bench) == {new.id}
    assert ask(bench, DisconnectChannel(channel_id=CHANNEL)) == "done" and stored(bench) == set()


def test_what_is_refused_stores_nothing_and_a_second_copy_of_a_command_neither(bench: Workbench) -> None:
    bench.set_up_workspace()
    one, command_id = secret(bench), new_id()
    wish = ConnectChannel(channel_id=CHANNEL, inbox_id=INBOX, kind="email", email=settings(new_id()), secrets=(one,))
    assert ask(bench, wish) == "invalid.channel-secret-missing" and stored(bench) == set()
    assert connect(bench, one, id=command_id) == "done"
    assert ask(bench, DisconnectChannel(channel_id=CHANNEL)) == "done"
    assert connect(bench, one, id=command_id) == "done"
    assert stored(bench) == set(), "the second copy got its first answer, nothing more"


def test_two_changes_in_one_batch_leave_what_the_last_one_names(bench: Workbench) -> None:
    bench.set_up_workspace()
    first, second, third = secret(bench), secret(bench), secret(bench)
    assert connect(bench, first) == "done"
    wishes = [
        envelope(
            ChangeChannel(channel_id=CHANNEL, email=settings(one.id), secrets=(one,)),
            stream=DEFAULT_WORKSPACE_ID,
            actor=AS_ANNA,
        )
        for one in (second, third)
    ]
    bench.handle(bench.records(*wishes, topic=COMMANDS))
    assert stored(bench) == {third.id}
