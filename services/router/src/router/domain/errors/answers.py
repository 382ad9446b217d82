"""Refusals of agents' answers by mail, besides those that the API's replies meet too."""

from __future__ import annotations

from router.domain.errors.groups import Conflict, Forbidden, Invalid, NotFound


class NotificationNotFound(NotFound):
    """The mail that is answered was about no single conversation, or its store is not this one."""


class NotificationTooOld(Conflict):
    """A notification can be answered for a while only."""


class AnswerFromAnotherAddress(Forbidden):
    """The answer has the agent's token and comes from somebody else's address."""


class AgentNotOfInbox(Forbidden):
    """The agent was taken off the conversation's inbox."""


class AnswerAutomated(Invalid):
    """A machine answered: an absence note, a bounce."""


class AnswerUnreadable(Invalid):
    """Only a stub could be made of the mail."""


class NotificationQuoted(Invalid):
    """The notification's own text stands within what would be sent to the customer."""
