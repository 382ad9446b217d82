"""What the demo's team keeps its conversations by: its labels, and two views for everybody."""

from __future__ import annotations

from datetime import datetime
from itertools import cycle
from typing import Final, get_args

from events.envelope import Actor
from events.labels import LabelColor, LabelDefined
from events.saved_views import Sort, ViewFilter, ViewSaved
from local_runtime.demo.cast import ADMINISTRATOR
from local_runtime.demo.journal import Journal
from local_runtime.demo.scripts import Script

VIEWS: Final[tuple[tuple[str, ViewFilter, Sort], ...]] = (
    ("Longest waiting", ViewFilter(status=("open",), waiting_on="us"), "waiting"),
    ("Quotes", ViewFilter(label=("quote",)), "newest"),
)


def fill_shelves(journal: Journal, scripts: list[Script], at: datetime) -> None:
    """The administrator defines every label that a conversation ever carries, and shares the views."""
    cast, administrator = journal.cast, Actor("agent", str(journal.cast.agent(ADMINISTRATOR)))
    for name, color in zip(labels_of(scripts), cycle(get_args(LabelColor)), strict=False):
        defined = LabelDefined(label_id=cast.id(f"label {name}"), name=name, color=color)
        journal.add(cast.workspace_id, defined, at, administrator)
    for name, filter, sort in VIEWS:
        saved = ViewSaved(view_id=cast.id(f"view {name}"), name=name, filter=filter, sort=sort)
        journal.add(cast.workspace_id, saved, at, administrator)


def labels_of(scripts: list[Script]) -> list[str]:
    """In alphabetical order."""
    given = {step.text for script in scripts for step in script.steps if step.kind == "label"}
    return sorted(given.union(*(script.labels for script in scripts)))
