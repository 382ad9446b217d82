"""Every refusal of the write side, each a class named by its reason.

DomainError (service_kit.decider)
├── NotFound                      what the command names does not exist
│   ├── ConversationNotFound  ReplyNotFound  ContactNotFound
│   └── InboxNotFound  TeamNotFound  AgentNotFound  ChannelNotFound
├── Conflict                      it exists, and its state forbids this
│   ├── ConversationIsSpam  ConversationInTrash  ConversationIsErased  ContactIsErased
│   ├── InboxAlreadyExists  InboxNameTaken  InboxIsArchived
│   ├── TeamAlreadyExists  TeamNameTaken  TeamUsedByRules
│   ├── AgentAlreadyExists  AgentEmailTaken  AgentIsDeactivated  LastAdministrator
│   ├── ChannelAlreadyExists  ChannelAddressTaken  FallbackChannelIsPermanent
│   └── NoRulesDrafted
├── Invalid                       it could never be done like this
│   ├── HeaderUnsafe  RecipientInvalid  NoRecipient  TooManyRecipients  SenderNotOfChannel
│   ├── ReplyEmpty  ReplyTooLarge  CommentEmpty  CommentTooLong  LabelInvalid  TooManyLabels  SnoozeInThePast
│   ├── ContactFieldInvalid  NameInvalid  EmailInvalid  TextTooLong  TimeZoneInvalid
│   ├── ChannelKindNotOffered  ChannelSettingsMissing  ChannelAddressInvalid  ChannelAddressReserved
│   ├── MailServerInvalid  ChannelSecretMissing  ChannelSecretTaken  CapacityInvalid
│   └── RulesInvalid  FiltersInvalid
├── Forbidden                     not for this actor
│   └── OnlyForAgents  OnlyForTheSystem
└── PreconditionFailed            the world moved on since the actor looked
    └── NewerMessageExists  FiltersChanged
"""

from __future__ import annotations

from typing import ClassVar

from service_kit.decider import DomainError, Meaning


class NotFound(DomainError):
    meaning: ClassVar[Meaning] = "not_found"


class Conflict(DomainError):
    meaning: ClassVar[Meaning] = "conflict"


class Invalid(DomainError):
    meaning: ClassVar[Meaning] = "invalid"


class Forbidden(DomainError):
    meaning: ClassVar[Meaning] = "forbidden"


class PreconditionFailed(DomainError):
    meaning: ClassVar[Meaning] = "precondition_failed"


# -- conversations ------------------------------------------------------------------------------------------------


class ConversationNotFound(NotFound):
    """The stream has no ConversationOpened."""


class ReplyNotFound(NotFound):
    """A delivery report names a reply that the conversation never had."""


class ConversationIsSpam(Conflict):
    """An answer would tell a spammer that somebody reads; reopen the conversation first."""


class ConversationInTrash(Conflict):
    """Take it out of the trash (reopen it) before answering."""


class ConversationIsErased(Conflict):
    """Everybody in it was erased: there is no key left to seal new content under."""


class NewerMessageExists(PreconditionFailed):
    """A message, reply or comment came after what the agent had seen."""


class HeaderUnsafe(Invalid):
    """A header field holds a control character or line break (header injection)."""


class RecipientInvalid(Invalid):
    """A recipient is no mail address; the detail says which by its place, not its text."""


class NoRecipient(Invalid):
    """A reply needs at least one To."""


class TooManyRecipients(Invalid):
    """More recipients than one SMTP transaction must take (RFC 5321 4.5.3.1.8: 100)."""


class SenderNotOfChannel(Invalid):
    """The From of a reply is not the address of the channel it goes out by."""


class ReplyEmpty(Invalid):
    """Neither text nor HTML nor an attachment."""


class ReplyTooLarge(Invalid):
    """The reply's text would not fit an event of the store; send the long part as an attachment."""


class CommentEmpty(Invalid):
    """A comment of nothing but white space."""


class CommentTooLong(Invalid):
    """Over the limit that fits an event of the store."""


class LabelInvalid(Invalid):
    """Empty, too long, or with control characters."""


class TooManyLabels(Invalid):
    """The conversation carries as many labels as it may."""


class SnoozeInThePast(Invalid):
    """A snooze must end later than now."""


class OnlyForAgents(Forbidden):
    """Only an agent can do this: it is signed with the agent's name."""


class OnlyForTheSystem(Forbidden):
    """Nobody chooses it: the system notes it when an agent's last session has ended."""


# -- contacts -----------------------------------------------------------------------------------------------------


class ContactNotFound(NotFound):
    """The stream has no ContactCreated."""


class ContactIsErased(Conflict):
    """The person was erased; nothing about them may be stored again here."""


class ContactFieldInvalid(Invalid):
    """A name, phone or note that is too long or holds control characters."""


# -- workspace ----------------------------------------------------------------------------------------------------


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


class CapacityInvalid(Invalid):
    """A capacity is a whole number from 0, or unlimited."""


class FiltersInvalid(Invalid):
    """The e-mail filters cannot be used like this; the detail says which one and why."""


class FiltersChanged(PreconditionFailed):
    """Somebody else changed the filters since the actor looked at them."""
