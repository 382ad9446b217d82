"""Pictures of agents: whose they are, and what is one."""

from __future__ import annotations

from uuid import UUID

import pytest

from events import commands as c
from events.avatars import MAX_AVATAR_BYTES, AgentAvatarRemoved, AgentAvatarSet, AvatarPicture, RemoveAvatar, SetAvatar
from events.envelope import Envelope
from events.workspace import WorkspaceEvent
from router.domain import errors, workspace
from router.domain.testing import ACME, ADA, BOB, HOUSE, WORKSPACE, an_id, command
from router.domain.workspace import Workspace
from service_kit.spec import Given
from service_kit.spec import given as given_decider

NEW = an_id("new")
WEBP = b"RIFF....WEBP"
CHOSEN = AgentAvatarSet(agent_id=BOB, personal=AvatarPicture(image=WEBP, content_type="image/webp"))
REMOVED = AgentAvatarRemoved(agent_id=BOB)
GONE = RemoveAvatar(agent_id=BOB)


def given(*events: WorkspaceEvent) -> Given[Envelope[c.WorkspaceCommand], Workspace, WorkspaceEvent]:
    return given_decider(workspace.decider(HOUSE), *ACME, *events)


def ask(wish: c.WorkspaceCommand, by: UUID = BOB) -> Envelope[c.WorkspaceCommand]:
    return command(wish, on=WORKSPACE, by=by)


def wish(image: bytes = WEBP, content_type: str = "image/webp", agent_id: UUID = BOB) -> SetAvatar:
    return SetAvatar(agent_id=agent_id, image=image, content_type=content_type)


def test_an_agent_is_shown_with_a_picture_and_with_another_one_later() -> None:
    given().when(ask(wish())).then(CHOSEN)
    given(CHOSEN).when(ask(wish())).then(CHOSEN)


def test_a_picture_is_removed_once() -> None:
    given(CHOSEN).when(ask(GONE)).then(REMOVED)
    given(CHOSEN, REMOVED).when(ask(GONE)).then_nothing_happened()
    given().when(ask(GONE)).then_nothing_happened()


def test_nobody_chooses_the_picture_of_another() -> None:
    given().when(ask(wish(), by=ADA)).then_refused(errors.NotYourOwn)
    given(CHOSEN).when(ask(GONE, by=ADA)).then_refused(errors.NotYourOwn)
    given().when(ask(wish(agent_id=NEW), by=NEW)).then_refused(errors.AgentNotFound)


@pytest.mark.parametrize(
    ("image", "content_type"),
    [
        (b"<svg onload=alert(1)>", "image/svg+xml"),
        (b"<html>", "image/webp"),
        (WEBP, "image/jpeg"),
        (b"", "image/webp"),
        (WEBP.ljust(MAX_AVATAR_BYTES + 1), "image/webp"),
    ],
)
def test_what_is_no_small_picture_is_refused(image: bytes, content_type: str) -> None:
    given().when(ask(wish(image, content_type))).then_refused(errors.AvatarInvalid)
