"""Shapes of how an agent wants to see and hear the inbox, of what is left to be set up, and of where things are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from inbox_projection.api.models.common import Asked, Given

Theme = Literal["system", "light", "dark"]
Density = Literal["comfortable", "compact"]
SidebarSection = Literal["tickets", "company", "previous", "properties"]
StepName = Literal["name_inbox", "invite", "connect", "receive", "answer"]


class Preferences(Given):
    """As they are for whoever never chose."""

    theme: Theme = "system"
    density: Density = "comfortable"
    sound: bool = Field(True, description="When something comes that you are told of.")
    title_badge: bool = Field(True, description="The number of unread notifications in the title of the browser's tab.")
    desktop: bool = Field(False, description="The browser's own notifications, where it is allowed to show them.")
    undo_seconds: int = Field(10, description="For so long a reply from the web UI can be taken back.")
    set_up_hidden: bool = Field(False, description="The set-up checklist is not shown any more.")
    sidebar_folded: list[SidebarSection] = Field(
        [], description="Sections beside a conversation of which only the title is shown."
    )


class PreferencesChange(Asked):
    """Fields left out stay."""

    theme: Theme | None = None
    density: Density | None = None
    sound: bool | None = None
    title_badge: bool | None = None
    desktop: bool | None = None
    undo_seconds: Annotated[int, Field(ge=0, le=30)] | None = None
    set_up_hidden: bool | None = None
    sidebar_folded: Annotated[list[SidebarSection], Field(max_length=10)] | None = None


class Step(Given):
    name: StepName
    done: bool


class SetUp(Given):
    steps: list[Step] = Field(description="In their order; each is done once it has really happened.")


class Workspace(Given):
    company_name: str = Field(description="Empty where none is set.")
    public_url: str
    reports_url: str = Field(description="Where `/api/v1/reports` is; the same log-in counts there.")
