"""What a batch must know before it is decided: rows to look up, streams to read; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, assert_never, get_args
from uuid import UUID

from events import commands
from events.commands import ContactCommand, ConversationCommand, WorkspaceCommand
from events.inbound import ChannelHealthChanged
from router.hashes import AGENT, Hashes
from router.lookup_rows import Asked
from router.records import Ask, Broken, Item, Mail, Report, Retry
from router.states import Wanted

CONVERSATION_COMMANDS: Final = get_args(ConversationCommand)
CONTACT_COMMANDS: Final = get_args(ContactCommand)
WORKSPACE_COMMANDS: Final = get_args(WorkspaceCommand)
CHANNEL_COMMANDS: Final = (commands.ConnectChannel, commands.ChangeChannel, commands.DisconnectChannel)


def ask(items: Iterable[Item], hashes: Hashes) -> Asked:
    """What must be looked up for these items."""
    asked = Asked()
    for item in items:
        match item:
            case Mail():
                _ask_for_mail(asked, item)
            case Retry():
                asked.commands.add(item.ask.envelope.id)
                if isinstance(item.inner, Mail):
                    _ask_for_mail(asked, item.inner)
            case Ask(envelope=envelope):
                asked.commands.add(envelope.id)
                match envelope.data:
                    case commands.EraseContact():
                        asked.erasing.add(envelope.stream)
                    case commands.InviteAgent(email=email) | commands.ChangeProfile(email=email):
                        asked.handles.add((AGENT, hashes.handle(AGENT, email)))
                    case _:
                        pass
            case Report():
                pass
            case Broken(command=command):
                if command is not None:
                    asked.commands.add(command[0])
            case _:
                assert_never(item)
    return asked


def _ask_for_mail(asked: Asked, mail: Mail) -> None:
    data = mail.envelope.data
    asked.dedupe.add((data.inbox_id, data.dedupe_key))
    asked.thread_keys.update((data.inbox_id, key_hash) for key_hash in mail.thread.hashes.values())
    if mail.sender:
        asked.handles.add((data.facts.channel, mail.handle))
    asked.conversations.update(mail.keys.conversations)


def want(items: Iterable[Item], conversations: Iterable[UUID]) -> Wanted:
    """Whose states must be read: what the look-ups point to, and the targets of reports and commands."""
    wanted = Wanted()
    wanted.conversations.update(conversations)
    for item in items:
        match item:
            case Mail():
                wanted.conversations.update(item.keys.conversations)
            case Report():
                _want_for_report(wanted, item)
            case Retry():
                wanted.quarantined.add(item.ask.envelope.stream)
                wanted.others.add(item.ask.envelope.id)
                if isinstance(item.inner, Mail):
                    wanted.conversations.update(item.inner.keys.conversations)
                elif item.inner is not None:
                    _want_for_report(wanted, item.inner)
            case Ask(envelope=envelope):
                wanted.others.add(envelope.id)
                if isinstance(envelope.data, CONVERSATION_COMMANDS):
                    wanted.conversations.add(envelope.stream)
                elif isinstance(envelope.data, CONTACT_COMMANDS):
                    wanted.contacts.add(envelope.stream)
                elif isinstance(envelope.data, commands.RetryQuarantined):
                    wanted.quarantined.add(envelope.stream)
            case Broken(command=command):
                if command is not None:
                    wanted.others.add(command[0])
            case _:
                assert_never(item)
    return wanted


def _want_for_report(wanted: Wanted, report: Report) -> None:
    if not isinstance(report.envelope.data, ChannelHealthChanged):
        wanted.conversations.add(report.envelope.stream)
