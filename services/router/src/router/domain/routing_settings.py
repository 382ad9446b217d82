"""Whether a channel can be routed as somebody wants it to be."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from events.routing import ChannelRouting
from events.workspace import EmailSettings
from router.domain import errors
from router.domain.workspace_state import Workspace

MAX_AGENTS: Final = 100


def with_routing(settings: EmailSettings, known: EmailSettings | None, state: Workspace) -> EmailSettings:
    """The settings with each agent named once. Raises RoutingInvalid; what the channel has already stays valid, even
    when the team was deleted meanwhile."""
    wish = settings.routing
    if wish is None or (known is not None and known.routing == wish):
        return settings
    tidy = replace(wish, agent_ids=tuple(dict.fromkeys(wish.agent_ids)))
    _check(tidy, state)
    return replace(settings, routing=tidy)


def _check(routing: ChannelRouting, state: Workspace) -> None:
    if (routing.kind == "agents") != bool(routing.agent_ids):
        raise errors.RoutingInvalid("Routing to agents names them, and no other routing does.")
    if len(routing.agent_ids) > MAX_AGENTS:
        raise errors.RoutingInvalid(f"A channel is routed to at most {MAX_AGENTS} agents; make a team of them.")
    if routing.kind == "team" and routing.team_id is None:
        raise errors.RoutingInvalid("Routing to a team names it.")
    if routing.kind == "nobody" and routing.team_id is not None:
        raise errors.RoutingInvalid("Routing to nobody names no team.")
    for agent_id in routing.agent_ids:
        if agent_id not in state.agents:
            raise errors.RoutingInvalid(f"There is no agent {agent_id}.")
    if routing.team_id is not None and routing.team_id not in state.teams:
        raise errors.RoutingInvalid(f"There is no team {routing.team_id}.")
