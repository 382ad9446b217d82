"""Pipelines are made and changed; what is in use stays."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from events import commands as commands
from events import ticket_commands as c
from events.pipelines import DEFAULT_PIPELINE_ID, DEFAULT_STAGES, Stage, TicketAutomation
from events.rules import All, OpenTicket, RuleSet
from events.workspace import (
    AgentDeactivated,
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    EmailSettings,
    PipelineDefined,
    PipelineDeleted,
    RuleSetDrafted,
    RuleSetPublished,
)
from router.domain import errors, workspace
from router.domain.pipelines import MAX_PIPELINES
from router.domain.testing import (
    ACME,
    ADA,
    BOB,
    FALLBACK_ADDRESS,
    HOUSE,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_FALLBACK,
    SUPPORT_MAIL,
    WORKSPACE,
    a_rule,
    a_workspace,
    an_id,
    command,
)
from router.domain.workspace import Workspace
from service_kit.spec import When
from service_kit.spec import given as given_decider

RETURNS = an_id("returns")
ASKED, PAID = Stage("Asked", "Asked", "open"), Stage("Paid", "Paid", "closed")
DEFINED = PipelineDefined(pipeline_id=RETURNS, name="Returns", stages=(ASKED, PAID))


def asked(data: Any, *history: Any, used: Any = ()) -> When[Workspace, Any]:
    return given_decider(workspace.decider(HOUSE, used_stages=used), *ACME, *history).when(command(data, on=WORKSPACE))


def stages(*wanted: tuple[str, Any]) -> tuple[Stage, ...]:
    return tuple(Stage("", name, kind) for name, kind in wanted)


def creating(name: str = " Returns ", wanted: tuple[Stage, ...] = (), **changes: Any) -> c.CreatePipeline:
    made = wanted or stages(("Asked", "open"), ("Paid", "closed"))
    return c.CreatePipeline(**({"pipeline_id": RETURNS, "name": name, "stages": made} | changes))


def changing(**changes: Any) -> c.ChangePipeline:
    return c.ChangePipeline(**({"pipeline_id": RETURNS} | changes))


def test_every_workspace_has_a_pipeline_before_anybody_defines_one() -> None:
    pipeline = a_workspace().pipeline(None)
    assert (pipeline.id, pipeline.name, pipeline.stages) == (DEFAULT_PIPELINE_ID, "Support", DEFAULT_STAGES)
    assert [stage.name for stage in pipeline.stages] == ["New", "Waiting on us", "Waiting on customer", "Closed"]
    assert pipeline.first.id == "New"


def test_a_pipeline_is_made_with_ids_for_its_stages() -> None:
    when = asked(creating())
    when.then(DEFINED)
    assert when.state.pipeline(RETURNS).stages == (ASKED, PAID)


def test_a_pipeline_that_is_there_is_not_made_again() -> None:
    asked(creating(), DEFINED).then_nothing_happened()
    asked(creating("Other"), DEFINED).then_refused(errors.PipelineAlreadyExists)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (creating(" "), errors.NameInvalid),
        (creating("Two\nlines"), errors.NameInvalid),
        (creating("support"), errors.PipelineNameTaken),
        (creating(wanted=stages(("Asked", "open"))), errors.StagesInvalid),
        (creating(wanted=stages(("Paid", "closed"), ("No", "closed"))), errors.StagesInvalid),
        (creating(wanted=stages(("Paid", "closed"), ("paid", "open"))), errors.StagesInvalid),
        (creating(wanted=stages((" ", "open"), ("Paid", "closed"))), errors.StagesInvalid),
        (creating(wanted=(Stage("one", "A", "open"), Stage("one", "B", "closed"))), errors.StagesInvalid),
        (creating(wanted=stages(*((f"s{n}", "open") for n in range(50)), ("Paid", "closed"))), errors.StagesInvalid),
    ],
)
def test_a_pipeline_that_cannot_be_is_refused(wish: Any, refusal: Any) -> None:
    asked(wish).then_refused(refusal)


def test_there_are_so_many_pipelines_at_most() -> None:
    many = [replace(DEFINED, pipeline_id=an_id(f"p{n}"), name=f"p{n}") for n in range(MAX_PIPELINES - 1)]
    asked(creating(), *many).then_refused(errors.StagesInvalid, "at most")


def test_stages_are_renamed_added_and_put_in_another_order_under_their_ids() -> None:
    renamed = (Stage("Paid", "Paid back", "closed"), Stage("", "Paid", "closed"), replace(ASKED, kind="waiting_on_us"))
    when = asked(changing(stages=renamed), DEFINED, used={"Asked", "Paid"})
    when.then(replace(DEFINED, stages=(renamed[0], Stage("Paid 2", "Paid", "closed"), renamed[2])))


def test_a_pipeline_that_is_so_already_does_not_change() -> None:
    asked(changing(name="Returns", stages=(ASKED, PAID)), DEFINED).then_nothing_happened()
    asked(changing(), DEFINED).then_nothing_happened()


def test_the_default_pipeline_can_be_renamed() -> None:
    when = asked(changing(pipeline_id=DEFAULT_PIPELINE_ID, name="Help"))
    when.then(PipelineDefined(pipeline_id=DEFAULT_PIPELINE_ID, name="Help", stages=DEFAULT_STAGES))
    assert when.state.pipeline(None).name == "Help"


def test_a_pipeline_nobody_made_cannot_change() -> None:
    asked(changing(name="X")).then_refused(errors.PipelineNotFound)


DONE = Stage("Done", "Done", "closed")


def test_a_stage_with_tickets_in_it_cannot_go_nor_begin_to_close_them() -> None:
    asked(changing(stages=(DONE, PAID)), DEFINED, used={"Asked"}).then_refused(errors.StageInUse, "Asked")
    closing = (replace(ASKED, kind="closed"), replace(PAID, kind="open"))
    asked(changing(stages=closing), DEFINED, used={"Paid"}).then_refused(errors.StageInUse, "Paid")
    asked(changing(stages=(ASKED, DONE)), DEFINED, used={"Asked"}).then(replace(DEFINED, stages=(ASKED, DONE)))


AUTOMATION = TicketAutomation(pipeline_id=RETURNS, stage="Asked", owner=ADA)
OTHER = (Stage("Begun", "Begun", "open"), PAID)


def test_a_stage_that_a_channel_opens_tickets_in_cannot_go() -> None:
    settings = EmailSettings(address=SUPPORT_ADDRESS, ticket_automation=AUTOMATION)
    switched = ChannelChanged(channel_id=SUPPORT_MAIL, email=settings)
    asked(changing(stages=OTHER), DEFINED, switched).then_refused(errors.StageInUse, "Asked")


def test_a_stage_that_a_published_rule_opens_tickets_in_cannot_go() -> None:
    rules = RuleSet(1, (a_rule("all", All(()), OpenTicket(pipeline_id=RETURNS, stage="asked")),))
    asked(changing(stages=OTHER), DEFINED, RuleSetPublished(rule_set=rules)).then_refused(errors.StageInUse)
    asked(changing(stages=OTHER), DEFINED).then(replace(DEFINED, stages=OTHER))


DELETE = c.DeletePipeline(pipeline_id=RETURNS)


def test_a_pipeline_without_tickets_goes_once() -> None:
    asked(DELETE, DEFINED).then(PipelineDeleted(pipeline_id=RETURNS))
    asked(DELETE, DEFINED, PipelineDeleted(pipeline_id=RETURNS)).then_nothing_happened()
    asked(creating(), DEFINED, PipelineDeleted(pipeline_id=RETURNS)).then(DEFINED)


def test_the_default_pipeline_stays() -> None:
    asked(c.DeletePipeline(pipeline_id=DEFAULT_PIPELINE_ID)).then_refused(errors.PipelineIsDefault)


def test_a_pipeline_with_tickets_stays_and_says_in_which_stages() -> None:
    asked(DELETE, DEFINED, used={"Paid"}).then_refused(errors.PipelineHasTickets, "'Paid'")


def test_a_pipeline_that_a_channel_or_a_rule_opens_tickets_in_stays() -> None:
    settings = EmailSettings(address=SUPPORT_ADDRESS, ticket_automation=AUTOMATION)
    switched = ChannelChanged(channel_id=SUPPORT_MAIL, email=settings)
    asked(DELETE, DEFINED, switched).then_refused(errors.PipelineInUse, SUPPORT_ADDRESS)
    disconnected = ChannelDisconnected(channel_id=SUPPORT_MAIL)
    asked(DELETE, DEFINED, switched, disconnected).then(PipelineDeleted(pipeline_id=RETURNS))
    rules = RuleSet(1, (a_rule("all", All(()), OpenTicket(pipeline_id=RETURNS)),))
    for with_rules in (RuleSetPublished(rule_set=rules), RuleSetDrafted(rule_set=rules)):
        asked(DELETE, DEFINED, with_rules).then_refused(errors.PipelineInUse, "rule")


def switching(automation: TicketAutomation | None) -> commands.ChangeChannel:
    """At the inbox's own address: a channel of the inbox like any other."""
    settings = EmailSettings(address=FALLBACK_ADDRESS, fallback=True, ticket_automation=automation)
    return commands.ChangeChannel(channel_id=SUPPORT_FALLBACK, email=settings)


def test_a_fallback_address_opens_tickets_too_in_a_stage_named_by_its_id() -> None:
    when = asked(switching(replace(AUTOMATION, stage=" aSKED ")), DEFINED)
    settings = EmailSettings(address=FALLBACK_ADDRESS, fallback=True, ticket_automation=AUTOMATION)
    when.then(ChannelChanged(channel_id=SUPPORT_FALLBACK, email=settings))
    asked(switching(AUTOMATION), DEFINED, *when.events).then_nothing_happened()
    asked(switching(None), DEFINED, *when.events).then(
        ChannelChanged(channel_id=SUPPORT_FALLBACK, email=replace(settings, ticket_automation=None))
    )


@pytest.mark.parametrize(
    ("changes", "saying"),
    [
        ({"pipeline_id": an_id("nowhere")}, "no pipeline"),
        ({"stage": "Nowhere"}, "no stage"),
        ({"stage": "Paid"}, "closes it"),
        ({"owner": an_id("nobody")}, "no agent"),
        ({"owner": BOB}, "deactivated"),
    ],
)
def test_a_switch_that_could_not_open_tickets_is_refused(changes: dict[str, Any], saying: str) -> None:
    gone = AgentDeactivated(agent_id=BOB)
    wrong = replace(AUTOMATION, **changes)
    asked(switching(wrong), DEFINED, gone).then_refused(errors.TicketAutomationInvalid, saying)
    settings = EmailSettings(address="new@acme.test", ticket_automation=wrong)
    connecting = commands.ConnectChannel(channel_id=an_id("new"), inbox_id=SUPPORT, kind="email", email=settings)
    asked(connecting, DEFINED, gone).then_refused(errors.TicketAutomationInvalid, saying)


def test_a_switch_whose_owner_left_keeps_nobody_from_changing_the_channel_otherwise() -> None:
    settings = EmailSettings(address="new@acme.test", ticket_automation=replace(AUTOMATION, owner=BOB))
    connected = ChannelConnected(channel_id=an_id("new"), inbox_id=SUPPORT, kind="email", email=settings)
    named = replace(settings, from_name="Acme")
    wish = commands.ChangeChannel(channel_id=an_id("new"), email=named)
    asked(wish, DEFINED, connected, AgentDeactivated(agent_id=BOB)).then(
        ChannelChanged(channel_id=an_id("new"), email=named)
    )


@pytest.mark.parametrize(
    ("action", "saying"),
    [
        (OpenTicket(pipeline_id=an_id("nowhere")), "no pipeline"),
        (OpenTicket(stage="Nowhere"), "no stage"),
        (OpenTicket(stage="Closed"), "closes it"),
        (OpenTicket(owner=an_id("nobody")), "no agent"),
    ],
)
def test_a_rule_that_could_not_open_tickets_is_refused(action: OpenTicket, saying: str) -> None:
    wish = commands.DraftRules(rules=(a_rule("all", All(()), action),))
    asked(wish).then_refused(errors.RulesInvalid, saying)
    assert asked(commands.DraftRules(rules=(a_rule("all", All(()), OpenTicket(stage="new")),))).refusal is None
