"""POSTROOM_SMTP_RELAY_URL: where outgoing mail goes, and how safely."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from events.workspace import SmtpSettings
from service_kit.settings import SettingsError

Tls = Literal["implicit", "required", "offered", "never", "refused"]
NAME: Final = "POSTROOM_SMTP_RELAY_URL"
_PORTS: Final = {"smtp": 587, "smtps": 465}
_TLS: Final[dict[str, Tls]] = {"required": "required", "offered": "offered", "never": "never"}


@dataclass(frozen=True)
class SmtpRelay:
    """A mail server. `tls`: `implicit` from the first byte; `required` by STARTTLS, both with the certificate
    checked; `offered`: STARTTLS when the server has it, certificate unchecked (RFC 7435); `never`; `refused`: plain
    text to another machine was asked for, and nothing is sent. `by_grant`: the log-in is XOAUTH2, with a token for
    password.
    """

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    by_grant: bool = False


@dataclass(frozen=True)
class Outbox:
    """A folder into which mails are written instead of being sent."""

    folder: Path


def server_of(settings: SmtpSettings) -> SmtpRelay:
    """A channel's own server. Password or token are opened when connecting; without TLS it must be on this machine."""
    wanted: dict[str, Tls] = {"tls": "implicit", "starttls": "required", "none": "never"}
    tls = wanted[settings.tls]
    if tls == "never" and not _is_this_machine(settings.host):
        tls = "refused"
    by_grant = settings.auth == "oauth2"
    return SmtpRelay(settings.host, settings.port, tls, settings.username or None, by_grant=by_grant)


def parse(url: str) -> SmtpRelay | Outbox:
    """`smtp[s]://[user:password@]host[:port][?tls=required|offered|never]` or `outbox:<folder>`.

    Without `tls`, smtp:// means `offered`, but `required` when a password would travel to another machine.
    Raises SettingsError, whose message never shows the password.
    """
    scheme, _, rest = url.strip().partition(":")
    if scheme == "outbox":
        if not rest:
            raise _wrong("names no folder", "outbox:/var/lib/postroom/outbox")
        return Outbox(Path(rest))
    if scheme not in _PORTS:
        raise _wrong("is neither a mail server nor an outbox", "smtp://user:password@mail.example.com:587")
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS[scheme]
        options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise _wrong("is not a URL", "smtp://mail.example.com:587?tls=required") from None
    if not parts.hostname or parts.path not in ("", "/") or set(options) - {"tls"}:
        raise _wrong("has no host, or more than host, port and tls", "smtp://mail.example.com:587?tls=required")
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password is not None else None
    return SmtpRelay(parts.hostname, port, _tls(scheme, options, parts.hostname, username), username, password)


def _tls(scheme: str, options: dict[str, list[str]], host: str, username: str | None) -> Tls:
    wanted = options.get("tls", [""])[-1]
    if scheme == "smtps":
        if wanted:
            raise _wrong("asks for tls twice", "smtps://mail.example.com")
        return "implicit"
    if wanted:
        if wanted not in _TLS:
            raise _wrong("has an unknown tls", "?tls=required, ?tls=offered or ?tls=never")
        return _TLS[wanted]
    return "required" if username is not None and not _is_this_machine(host) else "offered"


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _wrong(problem: str, example: str) -> SettingsError:
    return SettingsError(f"{NAME} {problem}; set it to something like {example}")
