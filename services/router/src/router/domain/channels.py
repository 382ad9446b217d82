"""Channels: where an inbox's messages come from; for e-mail one address each, unique in the workspace."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from events import channel_health
from events.commands import ChangeChannel, ConnectChannel, DisconnectChannel
from events.inbound import ChannelHealthChanged
from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    ChannelHealthNoted,
    EmailSettings,
)
from router.domain import errors
from router.domain.acknowledgement import check_acknowledgement
from router.domain.house import House
from router.domain.limits import check_room
from router.domain.mail_servers import check_secrets, check_servers, tidied
from router.domain.pipelines import with_ticket_automation
from router.domain.routing_settings import with_routing
from router.domain.texts import is_header_safe, is_mail_address, mailbox_key
from router.domain.workspace_state import ConnectedChannel, Workspace
from service_kit import from_names

OFFERED: Final = frozenset({"email"})
MAX_FROM_NAME: Final = 200


def connect_channel(command: ConnectChannel, state: Workspace, house: House) -> tuple[ChannelConnected, ...]:
    """A channel for the inbox; `()` when this very channel is connected already."""
    if command.kind not in OFFERED:
        raise errors.ChannelKindNotOffered(f"Channels of the kind {command.kind} cannot be connected here.")
    inbox = state.inbox(command.inbox_id)
    settings = with_ticket_automation(_settings(command.email, house, fallback=False), None, state)
    settings = with_routing(settings, None, state)
    known = state.channels.get(command.channel_id)
    if known is not None:
        if known.connected and (known.inbox_id, known.kind, known.email) == (inbox.id, command.kind, settings):
            return ()
        raise errors.ChannelAlreadyExists(f"There is already another channel {command.channel_id}.")
    if inbox.archived:
        raise errors.InboxIsArchived("The inbox is archived; take it out of the archive first.")
    check_room("channels", state, house)
    _check_address(settings.address, None, state, house)
    check_servers(settings)
    check_secrets(settings, command.secrets, None, state)
    return (ChannelConnected(channel_id=command.channel_id, inbox_id=inbox.id, kind=command.kind, email=settings),)


def change_channel(command: ChangeChannel, state: Workspace, house: House) -> tuple[ChannelChanged, ...]:
    """The channel with these settings. Of a fallback channel neither address nor servers can change: its mail comes to
    our own server, and what goes out in its name goes out by ours."""
    channel = state.channel(command.channel_id)
    settings = with_ticket_automation(
        _settings(command.email, house, fallback=channel.is_fallback), channel.email, state
    )
    settings = with_routing(settings, channel.email, state)
    if settings == channel.email:
        return ()
    if channel.email is None or settings.address != channel.email.address:
        if channel.is_fallback:
            raise errors.FallbackChannelIsPermanent("The address of an inbox's own channel never changes.")
        _check_address(settings.address, channel, state, house)
    check_servers(settings)
    check_secrets(settings, command.secrets, channel, state)
    return (ChannelChanged(channel_id=channel.id, email=settings),)


def disconnect_channel(command: DisconnectChannel, state: Workspace) -> tuple[ChannelDisconnected, ...]:
    """No more messages by this channel; its address is free again."""
    known = state.channels.get(command.channel_id)
    if known is not None and not known.connected:
        return ()
    channel = state.channel(command.channel_id)
    if channel.is_fallback:
        raise errors.FallbackChannelIsPermanent("An inbox's own address is valid for ever.")
    return (ChannelDisconnected(channel_id=channel.id),)


def note_health(report: ChannelHealthChanged, state: Workspace) -> tuple[ChannelHealthNoted, ...]:
    """The health of a part of the channel when it is news; `()` for a channel that is not connected."""
    channel = state.channels.get(report.channel_id)
    if channel is None or not channel.connected:
        return ()
    if not channel_health.is_news(channel.health, report):
        return ()
    return (
        ChannelHealthNoted(
            channel_id=channel.id,
            state=report.state,
            reason=report.reason,
            since=report.reported_at,
            part=report.part,
        ),
    )


def _settings(email: EmailSettings | None, house: House, *, fallback: bool) -> EmailSettings:
    if email is None:
        raise errors.ChannelSettingsMissing("An e-mail channel needs its address.")
    from_name = email.from_name.strip()
    if len(from_name) > MAX_FROM_NAME or not is_header_safe(from_name):
        raise errors.HeaderUnsafe(f"The From name is one line of at most {MAX_FROM_NAME} characters.")
    mistaken = from_names.mistake(from_name, company=house.company_name)
    if mistaken is not None:
        raise errors.FromNameInvalid(mistaken)
    check_acknowledgement(email.acknowledgement)
    settings = tidied(replace(email, address=mailbox_key(email.address), from_name=from_name, fallback=fallback))
    if fallback and (settings.imap or settings.smtp or settings.authserv_id):
        raise errors.FallbackChannelIsPermanent("An inbox's own channel has no servers of its own.")
    return settings


def _check_address(address: str, own: ConnectedChannel | None, state: Workspace, house: House) -> None:
    if not is_mail_address(address):
        raise errors.ChannelAddressInvalid("The channel's address is not a mail address.")
    domain = address.rpartition("@")[2]
    ours = house.mail_domain.lower()
    if domain == ours or domain.endswith(f".{ours}"):
        raise errors.ChannelAddressReserved(f"Addresses in {ours} are issued with an inbox; connect one of your own.")
    holder = state.addresses.get(address)
    if holder is not None and (own is None or holder != own.id):
        raise errors.ChannelAddressTaken("Another channel receives at this address.")
