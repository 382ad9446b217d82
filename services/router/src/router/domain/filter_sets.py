"""The e-mail filters as a whole: checked, and replaced by who has seen their newest version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec

from events.commands import SetEmailFilters
from events.filtering import FilterSwitches
from events.workspace import EmailFilter, EmailFiltersSet
from router.domain import errors
from router.domain.comparisons import PatternInvalid
from router.domain.email_filters import HEADER_NAMES, HEADERS, domain_of, pattern_of
from router.domain.texts import is_header_safe
from router.domain.workspace_state import Workspace

MAX_FILTERS: Final = 500
MAX_VALUE: Final = 1_000
MAX_NOTE: Final = 1_000
MAX_BYTES: Final = 300_000
"""Of all filters together: they are one event, which the store takes up to 512 kB."""
MAX_FAULTS: Final = 10


def set_email_filters(command: SetEmailFilters, state: Workspace) -> tuple[EmailFiltersSet, ...]:
    """The filters under the next version; `()` when they are so already.

    Raises FiltersChanged when the command was made from another version than the newest, FiltersInvalid with the
    first ten faults.
    """
    known = state.filters
    switches = known.switches if command.switches is None else tuple(one for one in command.switches if one.on)
    if (command.filters, switches) == (known.filters, known.switches) and known.version > 0:
        return ()
    if command.version is not None and command.version != known.version:
        raise errors.FiltersChanged(
            f"You changed version {command.version} of the filters, and the newest is {known.version}."
        )
    check_filters(command.filters, state)
    _check_switches(switches, state)
    return (EmailFiltersSet(version=known.version + 1, filters=command.filters, switches=switches),)


def check_filters(filters: tuple[EmailFilter, ...], state: Workspace) -> None:
    """Raises FiltersInvalid."""
    if len(filters) > MAX_FILTERS:
        raise errors.FiltersInvalid(f"There are {len(filters)} filters, at most {MAX_FILTERS} are allowed.")
    faults = list(_faults(filters, state))
    if faults:
        raise errors.FiltersInvalid(" ".join(faults[:MAX_FAULTS]))
    size = len(msgspec.json.encode(filters))
    if size > MAX_BYTES:
        raise errors.FiltersInvalid(f"The filters have {size} bytes, at most {MAX_BYTES} are allowed.")


def _check_switches(switches: tuple[FilterSwitches, ...], state: Workspace) -> None:
    """Raises FiltersInvalid: each inbox once, and only such as there are."""
    inboxes = [one.inbox_id for one in switches]
    if len(set(inboxes)) != len(inboxes):
        raise errors.FiltersInvalid("The ready-made filters of an inbox are given twice.")
    for inbox_id in inboxes:
        if inbox_id is not None and inbox_id not in state.inboxes:
            raise errors.FiltersInvalid(f"Ready-made filters: there is no inbox {inbox_id}.")


def _faults(filters: tuple[EmailFilter, ...], state: Workspace) -> Iterator[str]:
    ids: set[UUID] = set()
    for place, one in enumerate(filters, start=1):
        for fault in _faults_of(one, state):
            yield f"Filter {place}: {fault}."
        if one.id in ids:
            yield f"Filter {place}: its id is that of an earlier filter."
        ids.add(one.id)


def _faults_of(one: EmailFilter, state: Workspace) -> Iterator[str]:
    if not one.value.strip() or (one.field == "domain" and one.operator == "is" and not domain_of(one.value)):
        yield "it needs a value"
    elif len(one.value) > MAX_VALUE:
        yield f"its value has {len(one.value)} characters, at most {MAX_VALUE} are allowed"
    elif one.operator == "matches":
        try:
            pattern_of(one.value)
        except PatternInvalid as error:
            yield f"its regular expression cannot be used: {error}"
    if one.field == "header":
        if one.header.lower() not in HEADERS:
            yield f"filters know the headers {HEADER_NAMES}, not {one.header[:60]!r}"
    elif one.header:
        yield "a header belongs to filters by header only"
    if one.inbox_id is not None and one.inbox_id not in state.inboxes:
        yield f"there is no inbox {one.inbox_id}"
    if len(one.note) > MAX_NOTE or not all(is_header_safe(line) for line in one.note.split("\n")):
        yield f"its note has at most {MAX_NOTE} characters, and no control characters"
