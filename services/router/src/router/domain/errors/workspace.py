"""Refusals about inboxes, teams, agents, channels, rules and filters."""

from __future__ import annotations

from router.domain.errors.groups import Conflict, Invalid, NotFound, PreconditionFailed


class InboxNotFound(NotFound):
    """No inbox has this id."""


class TeamNotFound(NotFound):
    """No team has this id, or it was deleted."""


class AgentNotFound(NotFound):
    """No agent has this id."""


class ChannelNotFound(NotFound):
    """No channel has this id, or it was disconnected, or it belongs to another inbox."""


class InboxAlreadyExists(Conflict):
    """The id is taken by an inbox that was made differently."""


class InboxNameTaken(Conflict):
    """Another inbox in use has this name (case aside)."""


class InboxIsArchived(Conflict):
    """No channel is connected to an archived inbox."""


class TeamAlreadyExists(Conflict):
    """The id is taken by a team that was made differently."""


class TeamNameTaken(Conflict):
    """Another team has this name (case aside)."""


class TeamUsedByRules(Conflict):
    """The published rules assign to this team; publish rules without it first."""


class AgentAlreadyExists(Conflict):
    """The id is taken by an agent."""


class AgentEmailTaken(Conflict):
    """Another agent logs in with this address."""


class AgentIsDeactivated(Conflict):
    """A deactivated agent takes no work and has no availability."""


class LastAdministrator(Conflict):
    """The workspace must keep one active administrator."""


class LimitReached(Conflict):
    """The workspace has as many of these as it may have; the detail names the limit and the count."""


class ChannelAlreadyExists(Conflict):
    """The id is taken by a channel that was made differently."""


class ChannelAddressTaken(Conflict):
    """Another connected channel receives at this address."""


class FallbackChannelIsPermanent(Conflict):
    """An inbox's own address is valid for ever; only its From name changes."""


class NoRulesDrafted(Conflict):
    """There is nothing to publish."""


class NameInvalid(Invalid):
    """A name that is empty, too long, or holds control characters."""


class EmailInvalid(Invalid):
    """An agent's log-in address that is no mail address."""


class TextTooLong(Invalid):
    """A signature or link over its limit."""


class TimeZoneInvalid(Invalid):
    """A language or time zone tag that cannot be one."""


class ChannelKindNotOffered(Invalid):
    """No service of this installation runs channels of this kind."""


class ChannelSettingsMissing(Invalid):
    """An e-mail channel needs its e-mail settings."""


class ChannelAddressInvalid(Invalid):
    """No mail address (RFC 5321 4.1.2)."""


class ChannelAddressReserved(Invalid):
    """Addresses in the fallback domain are issued by the router only."""


class RulesInvalid(Invalid):
    """The rule set names something unknown or cannot be evaluated; the detail says which rule and why."""


class MailServerInvalid(Invalid):
    """A channel's mailbox or sending server cannot be reached as it is described; the detail says what is wrong."""


class ChannelSecretMissing(Invalid):
    """A channel's settings name a password that was neither given with them nor is the channel's own already."""


class ChannelSecretTaken(Invalid):
    """The id of a given password is in use: a new password has an id of its own."""


class ReopenDaysInvalid(Invalid):
    """A number of days below none or above ten years."""


class BusinessHoursInvalid(Invalid):
    """Business hours that no week can have; the detail says what is wrong."""


class RoutingInvalid(Invalid):
    """A channel's routing names nobody, or an agent or a team that does not exist."""


class AvatarInvalid(Invalid):
    """A picture of another format than is shown, or too large for the log."""


class CapacityInvalid(Invalid):
    """A capacity is a whole number from 0, or unlimited."""


class FiltersInvalid(Invalid):
    """The e-mail filters cannot be used like this; the detail says which one and why."""


class BlockedSenderInvalid(Invalid):
    """Whom to block with the spam is no mail address, or no domain."""


class BlockedDomainPublic(Invalid):
    """At a public provider's domain anybody may have an address: only single senders of it are blocked."""


class BlockedSenderOurs(Invalid):
    """An address of ours, or our own domain, is to be blocked."""


class FilteredMessageNotFound(NotFound):
    """No filter kept out such a mail."""


class FilteredMessageErased(Conflict):
    """Its sender was erased: there is nothing left that could be let in."""


class RulesChanged(PreconditionFailed):
    """Somebody else drafted other rules since the actor looked at them."""


class FiltersChanged(PreconditionFailed):
    """Somebody else changed the filters since the actor looked at them."""
