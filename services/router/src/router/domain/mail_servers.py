"""The servers that an e-mail channel names, its mailbox and where its replies go out by, and their passwords."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from events.commands import SealedSecret
from events.workspace import Dkim, EmailSettings, ImapSettings, SmtpSettings, Transport
from router.domain import errors
from router.domain.texts import MAX_DOMAIN, is_header_safe
from router.domain.workspace_state import ConnectedChannel, Workspace

_SELECTOR: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
MAX_HISTORY_DAYS: Final = 3650
MAX_FOLDERS: Final = 20
MAX_TEXT: Final = 255
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "localhost.localdomain"})


def tidied(settings: EmailSettings) -> EmailSettings:
    """The settings as they are kept: hosts in lower case, nothing around names, each folder once."""
    imap, smtp = settings.imap, settings.smtp
    if imap is not None:
        folders = tuple(dict.fromkeys(imap.folders))
        imap = replace(imap, host=_tidy_host(imap.host), username=imap.username.strip(), folders=folders)
    if smtp is not None:
        smtp = replace(smtp, host=_tidy_host(smtp.host), username=smtp.username.strip())
    return replace(settings, imap=imap, smtp=smtp, authserv_id=settings.authserv_id.strip().lower())


def check_servers(settings: EmailSettings) -> None:
    """Raises MailServerInvalid."""
    if settings.imap is not None:
        _check_imap(settings.imap)
    if settings.smtp is not None:
        _check_smtp(settings.smtp)
    authserv_id = settings.authserv_id
    if len(authserv_id) > MAX_TEXT or not is_header_safe(authserv_id) or any(char.isspace() for char in authserv_id):
        raise errors.MailServerInvalid("The name of the server that checks senders is one word.")
    for dkim in (settings.dkim, settings.dkim_pending):
        if dkim is not None:
            _check_dkim(dkim, settings.address)


def secret_ids(channel: EmailSettings | None) -> frozenset[UUID]:
    """The secrets that the settings name."""
    servers = () if channel is None else (channel.imap, channel.smtp, channel.dkim, channel.dkim_pending)
    return frozenset(one.secret_id for one in servers if one is not None and one.secret_id is not None)


def check_secrets(
    settings: EmailSettings, given: Iterable[SealedSecret], own: ConnectedChannel | None, state: Workspace
) -> None:
    """Every secret that the settings name is given with them or the channel's own already. Raises ChannelSecretMissing,
    and ChannelSecretTaken for one that is given under an id in use: the stored one would stay."""
    in_use = {one for channel in state.channels.values() if channel.connected for one in secret_ids(channel.email)}
    mine = secret_ids(None if own is None else own.email)
    new = {secret.id for secret in given}
    if new & in_use:
        raise errors.ChannelSecretTaken("A new password needs an id that no password has yet.")
    if secret_ids(settings) - new - mine:
        raise errors.ChannelSecretMissing("The settings name a password that was not given.")


def _check_imap(imap: ImapSettings) -> None:
    _check_server("mailbox's server", imap.host, imap.port, imap.tls)
    _check_username("mailbox", imap.username)
    if not imap.username or imap.secret_id is None:
        raise errors.MailServerInvalid("A mailbox needs a user name and a password.")
    if not 1 <= len(imap.folders) <= MAX_FOLDERS:
        raise errors.MailServerInvalid(f"A mailbox is read in 1 to {MAX_FOLDERS} folders.")
    if not 0 <= imap.history_days <= MAX_HISTORY_DAYS:
        raise errors.MailServerInvalid(f"Of a mailbox at most the last {MAX_HISTORY_DAYS} days are fetched as history.")
    for folder in imap.folders:
        if not folder.strip() or len(folder) > MAX_TEXT or not is_header_safe(folder):
            raise errors.MailServerInvalid(f"A folder's name has 1 to {MAX_TEXT} characters on one line.")


def _check_smtp(smtp: SmtpSettings) -> None:
    _check_server("sending server", smtp.host, smtp.port, smtp.tls)
    _check_username("sending server", smtp.username)
    if bool(smtp.username) != (smtp.secret_id is not None):
        raise errors.MailServerInvalid("A log-in at the sending server needs a user name and a password.")


def _check_dkim(dkim: Dkim, address: str) -> None:
    """A signature counts for the address' own domain, or one above it (RFC 7489 3.1.1: relaxed alignment)."""
    own = address.rpartition("@")[2]
    if not _is_host(dkim.domain) or not (own == dkim.domain or own.endswith(f".{dkim.domain}")):
        raise errors.MailServerInvalid("Mails are signed for the domain of the channel's address.")
    if "." not in dkim.domain or not _SELECTOR.fullmatch(dkim.selector):
        raise errors.MailServerInvalid("A selector has 1 to 63 letters, digits and hyphens.")


def _check_server(name: str, host: str, port: int, tls: Transport) -> None:
    if not _is_host(host):
        raise errors.MailServerInvalid(f"The {name} needs a host name or an IP address.")
    if not 1 <= port <= 65535:
        raise errors.MailServerInvalid(f"The {name} has a port from 1 to 65535.")
    if tls == "none" and not _is_loopback(host):
        raise errors.MailServerInvalid(f"Without TLS the {name} can only be on this machine.")


def _check_username(name: str, username: str) -> None:
    if len(username) > MAX_TEXT or not is_header_safe(username):
        raise errors.MailServerInvalid(f"The user name at the {name} has at most {MAX_TEXT} characters on one line.")


def _tidy_host(host: str) -> str:
    return host.strip().lower().rstrip(".")


def _is_host(host: str) -> bool:
    return _is_address(host) or (len(host) <= MAX_DOMAIN and _HOST.fullmatch(host) is not None)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return ip_address(host).is_loopback if _is_address(host) else host in _LOOPBACK_NAMES
