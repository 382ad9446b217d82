"""Every refusal of the write side, each a class named by its reason.

DomainError (service_kit.decider)
├── NotFound                      what the command names does not exist
│   ├── ConversationNotFound  ReplyNotFound  ContactNotFound  SnippetNotFound
│   ├── InboxNotFound  TeamNotFound  AgentNotFound  ChannelNotFound
│   ├── TicketNotFound  PipelineNotFound  StageNotFound
│   └── CompanyNotFound  ContactNotMerged
├── Conflict                      it exists, and its state forbids this
│   ├── ConversationIsSpam  ConversationInTrash  ConversationIsErased  ContactIsErased
│   ├── AlreadySent  ReplyDidNotFail  ReplyCannotBeRetried  ReplyIsNotUncertain
│   ├── InboxAlreadyExists  InboxNameTaken  InboxIsArchived
│   ├── TeamAlreadyExists  TeamNameTaken  TeamUsedByRules
│   ├── AgentAlreadyExists  AgentEmailTaken  AgentIsDeactivated  LastAdministrator
│   ├── ChannelAlreadyExists  ChannelAddressTaken  FallbackChannelIsPermanent
│   ├── NoRulesDrafted  LimitReached
│   ├── TicketIsErased  PipelineAlreadyExists  PipelineNameTaken  StageInUse
│   ├── HandleInUse  ContactIsMerged  MergedSetTooLarge
│   └── CompanyDomainTaken  ContactPropertyTaken
├── Invalid                       it could never be done like this
│   ├── HeaderUnsafe  RecipientInvalid  NoRecipient  TooManyRecipients  SenderNotOfChannel
│   ├── ReplyEmpty  ReplyTooLarge  CommentEmpty  CommentTooLong  LabelInvalid  TooManyLabels  SnoozeInThePast
│   ├── VariableNotFilled  VariableUnknown  SnippetInvalid  AcknowledgementInvalid
│   ├── SendTimeInThePast  SendTimeInvalid  CustomerMustWriteFirst  NothingToForward  OwnAddress
│   ├── ContactFieldInvalid  NameInvalid  EmailInvalid  TextTooLong  TimeZoneInvalid
│   ├── ChannelKindNotOffered  ChannelSettingsMissing  ChannelAddressInvalid  ChannelAddressReserved
│   ├── MailServerInvalid  ChannelSecretMissing  ChannelSecretTaken  CapacityInvalid
│   ├── RulesInvalid  FiltersInvalid
│   ├── TicketTitleInvalid  StageCloses  TooManyLinks  StagesInvalid  TicketAutomationInvalid
│   ├── ContactHandleInvalid  ContactEmpty  MergeWithItself  PropertyValueInvalid  ContactPropertyInvalid
│   └── CompanyInvalid  CompanyDomainInvalid  CompanyDomainPublic
├── Forbidden                     not for this actor
│   └── OnlyForAgents  OnlyForTheSystem  NotYourOwn
└── PreconditionFailed            the world moved on since the actor looked
    └── NewerMessageExists  FiltersChanged
"""

from router.domain.errors.conversations import *  # noqa: F403
from router.domain.errors.groups import *  # noqa: F403
from router.domain.errors.people import *  # noqa: F403
from router.domain.errors.tickets import *  # noqa: F403
from router.domain.errors.workspace import *  # noqa: F403
