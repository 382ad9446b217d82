"""What a batch must know before it is decided: rows to look up, streams to read; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Final, assert_never, get_args
from uuid import UUID

from events import commands
from events.channel_tests import ChannelTestReported
from events.commands import CompanyCommand, ContactCommand, ConversationCommand, WorkspaceCommand
from events.contact_commands import (
    AddContactAddress,
    ChangeCompany,
    CreateCompany,
    CreateContact,
    LinkCompany,
    MergeContacts,
    RemoveContactAddress,
    UnmergeContact,
)
from events.inbound import ChannelHealthChanged, DeliveryRefused, DeliveryUncertain
from events.system_mails import SendAccountMail, SendNotificationMail
from events.ticket_commands import ChangePipeline, DeletePipeline, LinkTicket, OpenTicket, TicketCommand
from router.domain.company import domain_of
from router.domain.filter_switches import shown
from router.domain.public_providers import PUBLIC_PROVIDERS
from router.domain.texts import mailbox_key
from router.hashes import AGENT, Hashes
from router.lookup_rows import Asked
from router.records import Admit, Ask, Broken, Bulk, Item, Mail, ParsedAnew, Report, Retry
from router.states import Wanted

CONVERSATION_COMMANDS: Final = get_args(ConversationCommand)
CONTACT_COMMANDS: Final = get_args(ContactCommand)
COMPANY_COMMANDS: Final = get_args(CompanyCommand)
TICKET_COMMANDS: Final = get_args(TicketCommand)
WORKSPACE_COMMANDS: Final = get_args(WorkspaceCommand)
ANSWERING: Final = (
    commands.SendReply,
    commands.CancelReply,
    commands.RetryReply,
    commands.ConfirmReply,
    commands.ElapseReply,
)
"""Commands by which a reply may go out, or not after all: the conversation's tickets follow."""
RELINKING: Final = (commands.MoveConversation, commands.MergeConversations)
"""Commands after which tickets are linked anew, and what was merged goes along."""
OF_REPLIES: Final = (commands.CancelReply, commands.RetryReply, commands.ConfirmReply, commands.ElapseReply)
"""Commands that a merged conversation takes still, and that mean something for what stands for it."""
STAGED: Final = (ChangePipeline, DeletePipeline)
"""Commands that depend on which stages tickets are in."""
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
                elif item.inner is not None:
                    _ask_for_report(asked, item.inner)
            case Admit():
                asked.commands.add(item.ask.envelope.id)
                if item.mail is not None:
                    _ask_for_mail(asked, item.mail)
            case Bulk():
                _ask_for_parts(asked, item, hashes)
            case Ask(envelope=envelope):
                asked.commands.add(envelope.id)
                if isinstance(envelope.data, ANSWERING):
                    asked.ticketed.add(envelope.stream)
                if isinstance(envelope.data, (*RELINKING, *OF_REPLIES)):
                    asked.conversations.add(envelope.stream)
                match envelope.data:
                    case commands.MergeConversations(from_ids=from_ids):
                        asked.conversations.update(from_ids)
                    case commands.EraseContact():
                        asked.erasing.add(envelope.stream)
                    case commands.InviteAgent(email=email) | commands.ChangeProfile(email=email):
                        asked.handles.add((AGENT, hashes.handle(AGENT, email)))
                    case commands.StartConversation(content=content):
                        for one in content.to[:1]:
                            asked.handles.add(("email", hashes.handle("email", mailbox_key(one.address))))
                            asked.domains.add(domain_of(mailbox_key(one.address)))
                    case OpenTicket(conversation_ids=conversation_ids):
                        asked.ticketed.update(conversation_ids)
                    case LinkTicket(conversation_id=conversation_id):
                        asked.ticketed.add(conversation_id)
                    case CreateContact(handles=handles):
                        _ask_for_card(asked, [mailbox_key(handle.value) for handle in handles], hashes)
                    case AddContactAddress(address=address):
                        asked.handles.add(("email", hashes.handle("email", mailbox_key(address))))
                        asked.domains.add(domain_of(mailbox_key(address)))
                    case RemoveContactAddress(address=address, first=first):
                        wanted = (address, first or address)
                        asked.handles.update(("email", hashes.handle("email", mailbox_key(each))) for each in wanted)
                    case MergeContacts(from_id=from_id) | UnmergeContact(from_id=from_id):
                        asked.people.update((envelope.stream, from_id))
                    case CreateCompany(domains=domains) | ChangeCompany(domains=domains):
                        asked.domains.update(map(domain_of, domains or ()))
                    case ChangePipeline(pipeline_id=pipeline_id) | DeletePipeline(pipeline_id=pipeline_id):
                        asked.pipelines.add(pipeline_id)
                    case _:
                        pass
            case Report():
                _ask_for_report(asked, item)
            case ParsedAnew(mail=mail):
                if mail is not None:
                    _ask_for_mail(asked, mail)
            case Broken(command=command):
                if command is not None:
                    asked.commands.add(command[0])
            case _:
                assert_never(item)
    return asked


def _ask_for_card(asked: Asked, addresses: Iterable[str], hashes: Hashes) -> None:
    for address in addresses:
        handle = ("email", hashes.handle("email", address))
        asked.handles.add(handle)
        asked.cards.add(handle)
        asked.domains.add(domain_of(address))


def _ask_for_mail(asked: Asked, mail: Mail) -> None:
    data = mail.envelope.data
    asked.dedupe.add((data.inbox_id, data.dedupe_key))
    asked.thread_keys.update((data.inbox_id, key_hash) for key_hash in mail.thread.hashes.values())
    if shown(data):
        asked.strangers.add(mail.handle)
    if mail.sender:
        asked.handles.add((data.facts.channel, mail.handle))
        domain = domain_of(mail.sender)
        if domain not in PUBLIC_PROVIDERS:
            asked.domains.add(domain)
    asked.conversations.update(mail.keys.conversations)
    if data.answers_mail is not None:
        asked.dedupe.add((data.answers_mail, data.dedupe_key))
        asked.handles.add((AGENT, mail.agent_handle))
        if mail.notified is not None:
            asked.ticketed.add(mail.notified.conversation_id)


def _ask_for_parts(asked: Asked, item: Bulk, hashes: Hashes) -> None:
    """What they need, but no outcomes: only the whole has one."""
    each = ask(item.parts, hashes)
    each.commands = {item.ask.envelope.id}
    for field in fields(Asked):
        getattr(asked, field.name).update(getattr(each, field.name))


def _ask_for_report(asked: Asked, report: Report) -> None:
    if isinstance(report.envelope.data, DeliveryRefused | DeliveryUncertain):
        asked.conversations.add(report.envelope.stream)


def want(
    items: Iterable[Item],
    conversations: Iterable[UUID],
    tickets: Iterable[UUID] = (),
    contacts: Iterable[UUID] = (),
) -> Wanted:
    """Whose states must be read: what the look-ups point to, and the targets of reports and commands."""
    wanted = Wanted()
    wanted.conversations.update(conversations)
    wanted.tickets.update(tickets)
    wanted.contacts.update(contacts)
    for item in items:
        match item:
            case Mail():
                _want_for_mail(wanted, item)
            case Report():
                _want_for_report(wanted, item)
            case Retry():
                wanted.quarantined.add(item.ask.envelope.stream)
                wanted.others.add(item.ask.envelope.id)
                if isinstance(item.inner, Mail):
                    _want_for_mail(wanted, item.inner)
                elif item.inner is not None:
                    _want_for_report(wanted, item.inner)
            case ParsedAnew(envelope=envelope, mail=mail):
                wanted.quarantined.add(envelope.data.quarantine_id)
                if mail is not None:
                    _want_for_mail(wanted, mail)
            case Admit():
                wanted.others.add(item.ask.envelope.id)
                wanted.filtered.add(item.ask.envelope.stream)
                if item.mail is not None:
                    wanted.conversations.update(item.mail.keys.conversations)
            case Bulk():
                _want_for_parts(wanted, item)
            case Ask(envelope=envelope):
                wanted.others.add(envelope.id)
                if isinstance(envelope.data, (*CONVERSATION_COMMANDS, commands.StartConversation)):
                    wanted.conversations.add(envelope.stream)
                    if isinstance(envelope.data, commands.MergeConversations):
                        wanted.conversations.update(envelope.data.from_ids)
                    elif isinstance(envelope.data, commands.ChangeConversationContact):
                        wanted.contacts.add(envelope.data.contact_id)
                elif isinstance(envelope.data, CONTACT_COMMANDS):
                    wanted.contacts.add(envelope.stream)
                    if isinstance(envelope.data, MergeContacts | UnmergeContact):
                        wanted.contacts.add(envelope.data.from_id)
                    elif isinstance(envelope.data, LinkCompany):
                        wanted.companies.add(envelope.data.company_id)
                elif isinstance(envelope.data, COMPANY_COMMANDS):
                    wanted.companies.add(envelope.stream)
                elif isinstance(envelope.data, TICKET_COMMANDS):
                    _want_for_ticket(wanted, envelope.stream, envelope.data)
                elif isinstance(envelope.data, commands.RetryQuarantined):
                    wanted.quarantined.add(envelope.stream)
                elif isinstance(envelope.data, SendAccountMail | SendNotificationMail):
                    wanted.others.add(envelope.stream)
                    wanted.conversations.update(one.conversation_id for one in item.due if not one.is_of_channel)
            case Broken(command=command):
                if command is not None:
                    wanted.others.add(command[0])
            case _:
                assert_never(item)
    return wanted


def _want_for_mail(wanted: Wanted, mail: Mail) -> None:
    wanted.conversations.update(mail.keys.conversations)
    if mail.notified is not None:
        wanted.conversations.add(mail.notified.conversation_id)


def _want_for_ticket(wanted: Wanted, stream: UUID, command: TicketCommand) -> None:
    wanted.tickets.add(stream)
    if isinstance(command, OpenTicket):
        wanted.conversations.update(command.conversation_ids)
        if command.contact_id is not None:
            wanted.contacts.add(command.contact_id)
    elif isinstance(command, LinkTicket):
        wanted.conversations.add(command.conversation_id)


def _want_for_parts(wanted: Wanted, item: Bulk) -> None:
    each = want(item.parts, ())
    each.others = {item.ask.envelope.id} | each.others.difference(part.envelope.id for part in item.parts)
    for field in fields(Wanted):
        getattr(wanted, field.name).update(getattr(each, field.name))


def _want_for_report(wanted: Wanted, report: Report) -> None:
    if not isinstance(report.envelope.data, ChannelHealthChanged | ChannelTestReported):
        wanted.conversations.add(report.envelope.stream)
