"""Settings of an e-mail channel as asked for, over those that it has; passwords become secrets on the way; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from events.pipelines import TicketAutomation
from events.routing import ChannelRouting
from events.workspace import Acknowledgement, EmailSettings, ImapSettings, SmtpSettings
from inbox_projection import dkim_keys
from inbox_projection.problems import Problem, invalid

_stored: Final = msgspec.json.Decoder(EmailSettings)
FreshId = Callable[[str], UUID]
"""The id of the new secret of a server ("imap", "smtp")."""


@dataclass
class Merged:
    """The settings whole, and the new passwords by the id that the settings name them by. Passwords are in no repr."""

    settings: EmailSettings
    passwords: dict[UUID, str] = field(default_factory=dict, repr=False)


def stored(text: str) -> EmailSettings:
    """The settings as the view has them."""
    return _stored.decode(text)


def merged(known: EmailSettings, asked: dict[str, Any], fresh: FreshId) -> Merged:
    """`asked` has only what was given, passwords as text under `imap.password` and `smtp.password`.

    What is left out stays, also a password; `imap` or `smtp` null takes the server away. A password is kept for its own
    host only: for another one it must be given again, so that nobody can have it sent to a machine of his own.
    Raises Problem 422.
    """
    passwords: dict[UUID, str] = {}
    changes = {name: asked[name] for name in ("address", "from_name", "authserv_id") if asked.get(name) is not None}
    for name, kind in (("imap", ImapSettings), ("smtp", SmtpSettings)):
        if name in asked:
            changes[name] = _server(name, kind, getattr(known, name), asked[name], fresh, passwords)
    if "ticket_automation" in asked:
        wish = asked["ticket_automation"]
        changes["ticket_automation"] = None if wish is None else TicketAutomation(**wish)
    if "acknowledgement" in asked:
        wish = asked["acknowledgement"]
        changes["acknowledgement"] = None if wish is None else Acknowledgement(**wish)
    if "routing" in asked:
        changes["routing"] = _routing(asked["routing"])
    return Merged(msgspec.structs.replace(known, **changes), passwords)


def _routing(wish: dict[str, Any] | None) -> ChannelRouting | None:
    if wish is None:
        return None
    agents = tuple(dict.fromkeys(wish.get("agent_ids", ())))
    return ChannelRouting(kind=wish["kind"], agent_ids=agents, team_id=wish.get("team_id"))


def _server(
    name: str,
    kind: type[ImapSettings] | type[SmtpSettings],
    known: ImapSettings | SmtpSettings | None,
    asked: dict[str, Any] | None,
    fresh: FreshId,
    passwords: dict[UUID, str],
) -> ImapSettings | SmtpSettings | None:
    if asked is None:
        return None
    given = {field: value for field, value in asked.items() if value is not None}
    password = given.pop("password", None)
    given["tls"] = _transport(given.get("tls"), given.get("port"), known)
    if given["tls"] is None:
        del given["tls"]
    _required(name, kind, known, given)
    server = kind(**given) if known is None else msgspec.structs.replace(known, **given)
    if not server.username:
        if password is not None:
            raise _wrong(name, "username", "A password needs a user name.", "password_without_user")
        return msgspec.structs.replace(server, secret_id=None)
    if password is not None:
        secret_id = fresh(name)
        passwords[secret_id] = password
        return msgspec.structs.replace(server, secret_id=secret_id, auth="password")
    if known is None or known.secret_id is None:
        raise _wrong(name, "password", "A password is required.", "missing")
    if server.host != known.host:
        raise _wrong(name, "password", "For another host the password must be given again.", "password_for_host")
    return server


def _required(name: str, kind: type, known: object, given: dict[str, Any]) -> None:
    for required in ("host", "username") if kind is ImapSettings else ("host",):
        if known is None and required not in given:
            raise _wrong(name, required, "This is required.", "missing")
    if kind is ImapSettings and given.get("username") == "":
        raise _wrong(name, "username", "This is required.", "missing")


def _transport(tls: str | bool | None, port: int | None, known: ImapSettings | SmtpSettings | None) -> str | None:
    """`true` is what the port is for: STARTTLS on 25, 143 and 587, TLS from the first byte on any other."""
    if tls is True:
        return "starttls" if (port or (known.port if known else None)) in (25, 143, 587) else "tls"
    return "none" if tls is False else tls


def _wrong(server: str, name: str, detail: str, code: str) -> Problem:
    return invalid(("body", "settings", server, name), detail, field=code)


def shaped(settings: EmailSettings, *, servers: bool) -> dict[str, Any]:
    """The settings as answers show them, passwords never; without `servers` only what everybody may know."""
    return {
        "address": settings.address,
        "from_name": settings.from_name,
        "authserv_id": settings.authserv_id,
        "imap": _shown(settings.imap) if servers else None,
        "smtp": _shown(settings.smtp) if servers else None,
        "ticket_automation": None
        if settings.ticket_automation is None
        else msgspec.structs.asdict(settings.ticket_automation),
        "acknowledgement": None
        if settings.acknowledgement is None
        else msgspec.structs.asdict(settings.acknowledgement),
        "routing": None if settings.routing is None else msgspec.structs.asdict(settings.routing),
        "dkim": _signing(settings),
        "dkim_pending": None
        if settings.dkim_pending is None
        else dkim_keys.shown(settings.dkim_pending, signing=False),
    }


def _signing(settings: EmailSettings) -> dict[str, Any] | None:
    """The key that signs; where none does, the one that is made for it."""
    if settings.dkim is not None:
        return dkim_keys.shown(settings.dkim, signing=True)
    return None if settings.dkim_pending is None else dkim_keys.shown(settings.dkim_pending, signing=False)


def _shown(server: ImapSettings | SmtpSettings | None) -> dict[str, Any] | None:
    if server is None:
        return None
    shown = msgspec.structs.asdict(server)
    has_password = shown.pop("secret_id") is not None and server.auth == "password"
    return {**shown, "password": None, "has_password": has_password}
