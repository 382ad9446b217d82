"""Who may do what: one pure function over role, permission and inbox membership; what is not allowed is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import Enum
from typing import Final, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from events.values import Role


class Permission(Enum):
    """What a route needs. The two of the second block concern what lies in an inbox."""

    LOG_IN = "log in (everybody, even who is not logged in)"
    DESCRIBE = "read the description of this API (everybody)"
    USE_SELF = "see and change one's own profile, availability and session"
    READ_WORKSPACE = "see inboxes one belongs to, teams, agents and channels"
    MANAGE_INBOX = "change an inbox and its channels"
    CREATE_INBOX = "make inboxes"
    MANAGE_TEAMS = "make, change and delete teams"
    MANAGE_AGENTS = "invite agents, change roles, deactivate"
    MANAGE_RULES = "read, draft and publish rules"
    ERASE_CONTACT = "erase a person for ever"
    MANAGE_CONTACTS = "import and export contacts, define their properties"
    SEE_QUARANTINE = "see and retry what could not be handled"
    MANAGE_FILTERS = "read and set e-mail filters, and see what they kept out"
    SEE_AUDIT = "see who did what, when and from where"
    MANAGE_PIPELINES = "make and change pipelines of tickets"
    RECONCILE = "see how much was received, stored and shown"

    READ_CONVERSATIONS = "read conversations, their messages, files, people, tickets and decisions"
    WORK_ON_CONVERSATIONS = "reply, comment, assign, label, resolve; open and change tickets; change a contact's card"


PUBLIC: Final = frozenset({Permission.LOG_IN, Permission.DESCRIBE})
_EVERYBODY: Final = PUBLIC | {
    Permission.USE_SELF,
    Permission.READ_WORKSPACE,
    Permission.READ_CONVERSATIONS,
    Permission.WORK_ON_CONVERSATIONS,
}
_MANAGERS: Final = _EVERYBODY | {
    Permission.CREATE_INBOX,
    Permission.MANAGE_INBOX,
    Permission.MANAGE_TEAMS,
    Permission.MANAGE_RULES,
    Permission.MANAGE_FILTERS,
    Permission.MANAGE_PIPELINES,
    Permission.RECONCILE,
    Permission.MANAGE_CONTACTS,
}


class Verdict(Enum):
    """Allowed, forbidden (say so: 403), or hidden (it must look as if it did not exist: 404)."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Caller:
    """Who asks, as of this request. `inbox_ids` are those the agent belongs to, directly or through a team."""

    agent_id: UUID
    role: Role
    inbox_ids: frozenset[UUID] = frozenset()
    time_zone: str = ""

    @property
    def reach(self) -> frozenset[UUID] | None:
        """The inboxes whose content the caller may see; None is all of them."""
        return None if self.role == "administrator" else self.inbox_ids

    @property
    def zone(self) -> tzinfo:
        """The agent's own; UTC for one who has none that is known here."""
        try:
            return ZoneInfo(self.time_zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            return UTC


def granted(role: Role) -> frozenset[Permission]:
    """What a role may do at all, before any inbox is looked at."""
    match role:
        case "administrator":
            return frozenset(Permission)
        case "manager":
            return _MANAGERS
        case "agent":
            return _EVERYBODY
        case _ as never:
            assert_never(never)


class Anywhere:
    """Marks a question that concerns no particular inbox."""


ANYWHERE: Final = Anywhere()


def decide(caller: Caller | None, permission: Permission, inbox: UUID | Anywhere = ANYWHERE) -> Verdict:
    """The one decision. A caller of None is nobody: only public permissions are granted.

    An inbox outside the caller's reach is hidden, whatever the permission; a permission the role lacks is forbidden.
    """
    if permission in PUBLIC:
        return Verdict.ALLOWED
    if caller is None or permission not in granted(caller.role):
        return Verdict.FORBIDDEN
    if isinstance(inbox, UUID) and caller.reach is not None and inbox not in caller.reach:
        return Verdict.HIDDEN
    return Verdict.ALLOWED
