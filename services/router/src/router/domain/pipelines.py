"""Pipelines of the workspace: made, renamed, their stages changed, but none taken away that something is in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from events.pipelines import DEFAULT_PIPELINE_ID, Stage, TicketAutomation
from events.rules import OpenTicket
from events.ticket_commands import ChangePipeline, CreatePipeline, DeletePipeline
from events.workspace import EmailSettings, PipelineDefined, PipelineDeleted
from router.domain import errors
from router.domain.pipeline import Pipeline
from router.domain.texts import is_plain
from router.domain.workspace_state import Workspace

MAX_NAME: Final = 100
MAX_STAGES: Final = 50
MAX_PIPELINES: Final = 100


def create_pipeline(command: CreatePipeline, state: Workspace) -> tuple[PipelineDefined, ...]:
    """A further pipeline; `()` when this very one is there."""
    stages = _identified(command.stages)
    known = state.pipelines.get(command.pipeline_id)
    if known is not None:
        if (known.name, known.stages) == (command.name.strip(), stages):
            return ()
        raise errors.PipelineAlreadyExists(f"There is already another pipeline {command.pipeline_id}.")
    if len(state.pipelines) >= MAX_PIPELINES:
        raise errors.StagesInvalid(f"A workspace has at most {MAX_PIPELINES} pipelines.")
    return (_defined(command.pipeline_id, command.name, stages, state),)


def change_pipeline(command: ChangePipeline, state: Workspace, used: Collection[str]) -> tuple[PipelineDefined, ...]:
    """The pipeline with what the command names changed. `used` are the stages that tickets are in: they stay, and none
    of them begins or ceases to close its tickets."""
    known = state.pipeline(command.pipeline_id)
    stages = known.stages if command.stages is None else _identified(command.stages)
    name = known.name if command.name is None else command.name.strip()
    if (name, stages) == (known.name, known.stages):
        return ()
    _check_in_use(known, stages, set(used).union(_named_by_settings(known, state)))
    return (_defined(known.id, name, stages, state),)


def delete_pipeline(command: DeletePipeline, state: Workspace, used: Collection[str]) -> tuple[PipelineDeleted, ...]:
    """Without the pipeline; `()` when there is none. `used` are the stages that tickets are in, also closed ones.

    Raises PipelineIsDefault; PipelineHasTickets; PipelineInUse, while something opens tickets in it.
    """
    known = state.pipelines.get(command.pipeline_id)
    if known is None:
        return ()
    if known.id == DEFAULT_PIPELINE_ID:
        raise errors.PipelineIsDefault(
            "This pipeline takes the tickets that name none, so it stays; rename it instead."
        )
    if used:
        names = ", ".join(repr(stage.name) for stage in known.stages if stage.id in used)
        raise errors.PipelineHasTickets(
            f"There are tickets in {names}, open or closed, so the pipeline stays; rename it, or delete other stages."
        )
    opening = _opened_by(known, state)
    if opening is not None:
        raise errors.PipelineInUse(f"{opening} opens tickets in this pipeline; choose another one there first.")
    return (PipelineDeleted(pipeline_id=known.id),)


def automation_fault(automation: TicketAutomation | OpenTicket, state: Workspace) -> str | None:
    """What keeps a switch or a rule from opening tickets like this; None where nothing does."""
    if automation.pipeline_id is not None and automation.pipeline_id not in state.pipelines:
        return f"there is no pipeline {automation.pipeline_id}"
    pipeline = state.pipeline(automation.pipeline_id)
    if automation.stage is not None:
        stage = pipeline.stage(automation.stage)
        if stage is None:
            return f"the pipeline {pipeline.name!r} has no stage {automation.stage[:MAX_NAME]!r}"
        if stage.kind == "closed":
            return f"a ticket cannot begin in {stage.name!r}, which closes it"
    if automation.owner is None:
        return None
    agent = state.agents.get(automation.owner)
    if agent is None:
        return f"there is no agent {automation.owner}"
    return None if agent.active else f"the agent {automation.owner} is deactivated"


def with_ticket_automation(settings: EmailSettings, known: EmailSettings | None, state: Workspace) -> EmailSettings:
    """The settings, their switch naming its stage by id. One that is new and could not open tickets is refused with
    TicketAutomationInvalid."""
    automation = settings.ticket_automation
    if automation is None or (known is not None and automation == known.ticket_automation):
        return settings
    fault = automation_fault(automation, state)
    if fault is not None:
        raise errors.TicketAutomationInvalid(f"Tickets cannot be opened like this: {fault}.")
    if automation.stage is None:
        return settings
    stage = _id_of(automation.stage, state.pipeline(automation.pipeline_id))
    return replace(settings, ticket_automation=replace(automation, stage=stage))


def _identified(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The stages tidied, each with an id: its name, with a number behind it where that is another stage's id."""
    taken = {stage.id for stage in stages if stage.id}
    made: list[Stage] = []
    for stage in stages:
        name, stage_id, number = stage.name.strip(), stage.id, 1
        if not stage_id:
            stage_id = name
            while stage_id in taken:
                number += 1
                stage_id = f"{name} {number}"
            taken.add(stage_id)
        made.append(replace(stage, id=stage_id, name=name))
    return tuple(made)


def _defined(pipeline_id: UUID, name: str, stages: tuple[Stage, ...], state: Workspace) -> PipelineDefined:
    name = name.strip()
    if not is_plain(name, MAX_NAME):
        raise errors.NameInvalid(f"A pipeline needs a name of 1 to {MAX_NAME} characters on one line.")
    for other in state.pipelines.values():
        if other.id != pipeline_id and other.name.casefold() == name.casefold():
            raise errors.PipelineNameTaken(f"There is already a pipeline named {other.name!r}.")
    fault = next(_faults(stages), None)
    if fault is not None:
        raise errors.StagesInvalid(fault)
    return PipelineDefined(pipeline_id=pipeline_id, name=name, stages=stages)


def _faults(stages: tuple[Stage, ...]) -> Iterator[str]:
    if len(stages) > MAX_STAGES:
        yield f"A pipeline has at most {MAX_STAGES} stages."
    if any(
        not is_plain(text, 2 * MAX_NAME) or len(stage.name) > MAX_NAME for stage in stages for text in _texts(stage)
    ):
        yield f"A stage needs a name of 1 to {MAX_NAME} characters on one line."
    if len({stage.name.casefold() for stage in stages}) < len(stages) or len({s.id for s in stages}) < len(stages):
        yield "Two stages of a pipeline have not the same name."
    kinds = {stage.kind for stage in stages}
    if "closed" not in kinds or kinds == {"closed"}:
        yield "A pipeline needs a stage that closes tickets, and one that does not."


def _texts(stage: Stage) -> tuple[str, str]:
    return stage.id, stage.name


def _check_in_use(known: Pipeline, stages: tuple[Stage, ...], used: Collection[str]) -> None:
    kinds = {stage.id: stage.kind for stage in stages}
    for stage in known.stages:
        if stage.id not in used:
            continue
        if stage.id not in kinds:
            raise errors.StageInUse(f"The stage {stage.name!r} is in use; move its tickets and settings first.")
        if (kinds[stage.id] == "closed") != (stage.kind == "closed"):
            raise errors.StageInUse(
                f"The stage {stage.name!r} is in use; whether it closes tickets cannot change meanwhile."
            )


def _named_by_settings(pipeline: Pipeline, state: Workspace) -> Iterator[str]:
    """The stages of the pipeline that channels' switches and published rules open tickets in."""
    for channel in state.channels.values():
        automation = None if channel.email is None or not channel.connected else channel.email.ticket_automation
        if automation is not None and automation.pipeline_id == pipeline.id and automation.stage is not None:
            yield _id_of(automation.stage, pipeline)
    for action in (action for rule in state.rules.rules for action in rule.then):
        if (
            isinstance(action, OpenTicket)
            and action.stage is not None
            and state.pipeline(action.pipeline_id) == pipeline
        ):
            yield _id_of(action.stage, pipeline)


def _opened_by(pipeline: Pipeline, state: Workspace) -> str | None:
    """What opens tickets in the pipeline: a connected channel, or a rule, published or drafted."""
    for channel in state.channels.values():
        automation = None if channel.email is None or not channel.connected else channel.email.ticket_automation
        if channel.email is not None and automation is not None and automation.pipeline_id == pipeline.id:
            return f"The channel {channel.email.address}"
    for rule in (*state.rules.rules, *(() if state.draft is None else state.draft.rules)):
        if any(isinstance(action, OpenTicket) and action.pipeline_id == pipeline.id for action in rule.then):
            return f"The rule {rule.name!r}"
    return None


def _id_of(wanted: str, pipeline: Pipeline) -> str:
    stage = pipeline.stage(wanted)
    return wanted if stage is None else stage.id
