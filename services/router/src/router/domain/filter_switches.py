"""Ready-made e-mail filters: what machines, newsletters and role addresses send, recognised by its facts; pure."""

from __future__ import annotations

from typing import Final

from events.filtering import Switch
from events.inbound import MessageReceived
from router.domain.texts import mailbox_key

NOTHING: Final[frozenset[Switch]] = frozenset()
ROLES: Final = frozenset(
    [
        "abuse",
        "ftp",
        "hostmaster",
        "info",
        "marketing",
        "news",
        "noc",
        "postmaster",
        "sales",
        "security",
        "support",
        "usenet",
        "uucp",
        "webmaster",
        "www",
        "admin",
        "administrator",
        "alert",
        "alerts",
        "autoresponder",
        "billing",
        "bot",
        "bounce",
        "bounces",
        "contact",
        "customerservice",
        "daemon",
        "hello",
        "help",
        "helpdesk",
        "invoice",
        "invoices",
        "listserv",
        "mailer",
        "mailerdaemon",
        "majordomo",
        "newsletter",
        "newsletters",
        "nobody",
        "notification",
        "notifications",
        "notify",
        "office",
        "root",
        "service",
        "sysadmin",
        "system",
        "team",
        "updates",
        "wwwdata",
    ]
)
"""The functions of RFC 2142, and those that have become usual; without the dots, hyphens and underscores in them."""
_MACHINES: Final = ("noreply", "donotreply", "dontreply", "mailerdaemon", "bounce")
"""How local parts begin that nobody reads: `no-reply-orders@`, `bounces+123@`."""
_JOINTS: Final = str.maketrans("", "", "-_.")


def shown(message: MessageReceived) -> frozenset[Switch]:
    """The ready-made filters that would catch the mail, whether they are on or not. Takes a microsecond."""
    if message.facts.channel != "email":
        return NOTHING
    found: list[Switch] = []
    if message.facts.automated is not None:
        found.append("automated")
    if "list-unsubscribe" in message.content.headers:
        found.append("newsletter")
    if is_role_address(message.content.sender.address):
        found.append("role_address")
    return frozenset(found) if found else NOTHING


def is_role_address(address: str) -> bool:
    """Whether an address is a function's and no person's, by its local part; a `+detail` does not count."""
    local = mailbox_key(address).partition("@")[0].partition("+")[0].translate(_JOINTS)
    return local in ROLES or local.startswith(_MACHINES)
