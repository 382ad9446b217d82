"""Teams: groups of agents among whom conversations go round."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from events.commands import ChangeTeam, CreateTeam, DeleteTeam
from events.rules import AssignTeam
from events.workspace import InboxChanged, TeamChanged, TeamCreated, TeamDeleted
from router.domain import errors
from router.domain.inboxes import as_it_is, check_staff, distinct
from router.domain.texts import is_plain
from router.domain.workspace_state import Workspace

MAX_NAME: Final = 100


def create_team(command: CreateTeam, state: Workspace) -> tuple[TeamCreated, ...]:
    name, member_ids = command.name.strip(), distinct(command.member_ids)
    known = state.teams.get(command.team_id)
    if known is not None:
        if (known.name, known.member_ids) == (name, member_ids):
            return ()
        raise errors.TeamAlreadyExists(f"There is already another team {command.team_id}.")
    _check_name(name, command.team_id, state)
    check_staff((), member_ids, state)
    return (TeamCreated(team_id=command.team_id, name=name, member_ids=member_ids),)


def change_team(command: ChangeTeam, state: Workspace) -> tuple[TeamChanged, ...]:
    team = state.team(command.team_id)
    name = team.name if command.name is None else command.name.strip()
    if name != team.name:
        _check_name(name, team.id, state)
    member_ids = team.member_ids if command.member_ids is None else distinct(command.member_ids)
    if command.member_ids is not None:
        check_staff((), member_ids, state)
    if (name, member_ids) == (team.name, team.member_ids):
        return ()
    return (TeamChanged(team_id=team.id, name=name, member_ids=member_ids),)


def delete_team(command: DeleteTeam, state: Workspace) -> tuple[InboxChanged | TeamDeleted, ...]:
    """The team goes, and first out of every inbox; refused while the published rules assign to it."""
    team = state.team(command.team_id)
    for rule in state.rules.rules:
        if any(isinstance(action, AssignTeam) and action.team_id == team.id for action in rule.then):
            raise errors.TeamUsedByRules(f"The published rule {rule.name!r} assigns to this team.")
    without = tuple(
        msgspec.structs.replace(as_it_is(inbox), team_ids=tuple(other for other in inbox.team_ids if other != team.id))
        for inbox in state.inboxes.values()
        if team.id in inbox.team_ids
    )
    return (*without, TeamDeleted(team_id=team.id))


def _check_name(name: str, team_id: UUID, state: Workspace) -> None:
    if not is_plain(name, MAX_NAME):
        raise errors.NameInvalid(f"A team needs a name of 1 to {MAX_NAME} characters on one line.")
    for other in state.teams.values():
        if other.id != team_id and other.name.casefold() == name.casefold():
            raise errors.TeamNameTaken(f"There is already a team named {other.name!r}.")
