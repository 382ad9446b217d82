"""Refusals about tickets and pipelines."""

from __future__ import annotations

from router.domain.errors.groups import Conflict, Invalid, NotFound


class TicketNotFound(NotFound):
    """The stream has no TicketOpened."""


class PipelineNotFound(NotFound):
    """No pipeline has this id."""


class StageNotFound(NotFound):
    """The ticket's pipeline has no stage of this id or name."""


class TicketIsErased(Conflict):
    """The ticket's contact was erased; no title may be stored again."""


class PipelineAlreadyExists(Conflict):
    """The id is taken by a pipeline that was made differently."""


class PipelineNameTaken(Conflict):
    """Another pipeline has this name (case aside)."""


class PipelineHasTickets(Conflict):
    """There are tickets in it, open or closed; the detail names the stages."""


class PipelineInUse(Conflict):
    """A channel or a rule opens tickets in it; the detail says which."""


class PipelineIsDefault(Conflict):
    """Every workspace has this one."""


class StageInUse(Conflict):
    """Tickets are in the stage, or a channel or the published rules open tickets in it."""


class TicketTitleInvalid(Invalid):
    """Too long."""


class StageCloses(Invalid):
    """A ticket cannot begin in a stage that closes it."""


class TooManyLinks(Invalid):
    """The ticket has as many conversations, or the conversation as many tickets, as it may."""


class StagesInvalid(Invalid):
    """A pipeline cannot have these stages; the detail says why."""


class TicketAutomationInvalid(Invalid):
    """A channel's switch names a pipeline, stage or owner that cannot be; the detail says which."""
