"""Every refusal of the write side, each a class named by its reason.

DomainError (service_kit.decider)
├── NotFound                      what the command names does not exist
│   ├── NotificationNotFound
│   ├── ConversationNotFound  ReplyNotFound  ContactNotFound  SnippetNotFound  ViewNotFound
│   ├── LabelNotFound
│   ├── InboxNotFound  TeamNotFound  AgentNotFound  ChannelNotFound
│   ├── TicketNotFound  PipelineNotFound  StageNotFound
│   └── CompanyNotFound  ContactNotMerged  ContactPropertyNotFound  FilteredMessageNotFound
├── Conflict                      it exists, and its state forbids this
│   ├── NotificationTooOld  ChannelTestRunning  ChannelTestOver
│   ├── ConversationIsSpam  ConversationInTrash  ConversationIsErased  ContactIsErased
│   ├── ConversationIsMerged  OfAnotherInbox  OfAnotherChannel  NoSuggestedLink
│   ├── AlreadySent  ReplyDidNotFail  ReplyCannotBeRetried  ReplyIsNotUncertain
│   ├── InboxAlreadyExists  InboxNameTaken  InboxIsArchived
│   ├── TeamAlreadyExists  TeamNameTaken  TeamUsedByRules
│   ├── AgentAlreadyExists  AgentEmailTaken  AgentIsDeactivated  LastAdministrator
│   ├── ChannelAlreadyExists  ChannelAddressTaken  FallbackChannelIsPermanent
│   ├── NoRulesDrafted  LimitReached  TooManyViews  LabelNameTaken
│   ├── TicketIsErased  PipelineAlreadyExists  PipelineNameTaken  StageInUse
│   ├── PipelineHasTickets  PipelineInUse  PipelineIsDefault
│   ├── HandleInUse  ContactIsMerged  MergedSetTooLarge  FilteredMessageErased
│   └── CompanyDomainTaken  ContactPropertyTaken
├── Invalid                       it could never be done like this
│   ├── AnswerAutomated  AnswerUnreadable  NotificationQuoted  FromNameInvalid
│   ├── HeaderUnsafe  RecipientInvalid  NoRecipient  TooManyRecipients  SenderNotOfChannel
│   ├── ReplyEmpty  ReplyTooLarge  CommentEmpty  CommentTooLong  LabelInvalid  TooManyLabels  SnoozeInThePast
│   ├── SubjectInvalid  ReopenDaysInvalid  AvatarInvalid
│   ├── VariableNotFilled  VariableUnknown  SnippetInvalid  AcknowledgementInvalid
│   ├── SendTimeInThePast  SendTimeInvalid  CustomerMustWriteFirst  NothingToForward  OwnAddress
│   ├── ContactFieldInvalid  NameInvalid  EmailInvalid  TextTooLong  TimeZoneInvalid
│   ├── ChannelKindNotOffered  ChannelSettingsMissing  ChannelAddressInvalid  ChannelAddressReserved
│   ├── MailServerInvalid  ChannelSecretMissing  ChannelSecretTaken  CapacityInvalid
│   ├── BusinessHoursInvalid  RoutingInvalid
│   ├── RulesInvalid  FiltersInvalid  AgentNotInInbox  TeamNotInInbox  ViewInvalid
│   ├── BlockedSenderInvalid  BlockedDomainPublic  BlockedSenderOurs  TooManyAtOnce
│   ├── TicketTitleInvalid  StageCloses  TooManyLinks  StagesInvalid  TicketAutomationInvalid
│   ├── ContactHandleInvalid  ContactEmpty  MergeWithItself  PropertyValueInvalid  ContactPropertyInvalid
│   └── CompanyInvalid  CompanyDomainInvalid  CompanyDomainPublic
├── Forbidden                     not for this actor
│   ├── AnswerFromAnotherAddress  AgentNotOfInbox
│   └── OnlyForAgents  OnlyForTheSystem  NotYourOwn
└── PreconditionFailed            the world moved on since the actor looked
    └── NewerMessageExists  RulesChanged  FiltersChanged
"""

from router.domain.errors.answers import *  # noqa: F403
from router.domain.errors.channels import *  # noqa: F403
from router.domain.errors.conversations import *  # noqa: F403
from router.domain.errors.groups import *  # noqa: F403
from router.domain.errors.people import *  # noqa: F403
from router.domain.errors.tickets import *  # noqa: F403
from router.domain.errors.workspace import *  # noqa: F403
