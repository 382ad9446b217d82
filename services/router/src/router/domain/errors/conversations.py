"""Refusals about conversations, replies, comments and snippets."""

from __future__ import annotations

from router.domain.errors.groups import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed


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


class ConversationIsMerged(Conflict):
    """Another conversation stands for it; the detail says which."""


class OfAnotherInbox(Conflict):
    """Conversations of two inboxes are not merged: move one of them first."""


class OfAnotherChannel(Conflict):
    """A mail and a chat are not merged, nor moved to where there is no such channel: nobody could answer them there."""


class NoSuggestedLink(Conflict):
    """It is not suggested, or not any more, that these belong together."""


class SubjectInvalid(Invalid):
    """Too long; what would end a header line is HeaderUnsafe."""


class AlreadySent(Conflict):
    """The reply is on its way, or was: it can't be taken back."""


class ReplyDidNotFail(Conflict):
    """Only a failed reply, or one that waits, can be sent again."""


class ReplyCannotBeRetried(Conflict):
    """It failed for good: at an address that does not exist, or at some of its recipients only."""


class ReplyIsNotUncertain(Conflict):
    """It is known whether it went out."""


class CustomerMustWriteFirst(Invalid):
    """On this channel nobody can be written to who has not written before."""


class NothingToForward(Invalid):
    """A forward takes messages of the conversation along, and not too many."""


class OwnAddress(Invalid):
    """An address of ours as the recipient of a first message or a forward: it would come back."""


class AcknowledgementInvalid(Invalid):
    """Its text is empty or too long."""


class VariableNotFilled(Invalid):
    """A text that goes out still holds a variable."""


class VariableUnknown(Invalid):
    """A template names a variable that does not exist."""


class SnippetNotFound(NotFound):
    """There is none, or it is another agent's own."""


class SnippetInvalid(Invalid):
    """Empty, too long, or one too many."""


class SendTimeInThePast(Invalid):
    """A reply is sent later than now, or at once."""


class SendTimeInvalid(Invalid):
    """Too late, too long an undo window, or both of them."""


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


class AgentNotInInbox(Invalid):
    """Who does not belong to the inbox is neither mentioned in it nor follows what is in it, nor is given it."""


class TeamNotInInbox(Invalid):
    """A team is mentioned in the inboxes that it serves, and given what somebody in it can open."""


class ViewNotFound(NotFound):
    """There is none, or it is another agent's own."""


class ViewInvalid(Invalid):
    """A view that could never show anything."""


class TooManyViews(Conflict):
    """As many views as there may be."""


class CommentEmpty(Invalid):
    """A comment of nothing but white space."""


class CommentTooLong(Invalid):
    """Over the limit that fits an event of the store."""


class LabelNotFound(NotFound):
    """Nobody defined such a label."""


class LabelNameTaken(Conflict):
    """Another label has this name, or had it."""


class LabelInvalid(Invalid):
    """Empty, too long, or with control characters."""


class TooManyLabels(Invalid):
    """The conversation carries as many labels as it may."""


class SnoozeInThePast(Invalid):
    """A snooze must end later than now."""


class TooManyAtOnce(Invalid):
    """One command changes more conversations than one transaction should."""


class OnlyForAgents(Forbidden):
    """Only an agent can do this: it is signed with the agent's name."""


class NotYourOwn(Forbidden):
    """It is another agent's to say."""


class OnlyForTheSystem(Forbidden):
    """Nobody chooses it: the system notes it when an agent's last session has ended."""
