"""Who gets a conversation of the demo, and who else was considered: as routing would have said; pure."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from events.conversations import Candidate
from local_runtime.demo.cast import AGENTS, TEAMS, Cast
from local_runtime.demo.scripts import Script


def first_agent(cast: Cast, script: Script, number: int) -> UUID | None:
    """Who answers or comments first got it; of those that nobody has touched, some wait for anybody."""
    first = next((step.agent for step in script.steps if step.agent), None)
    if first is not None:
        return cast.agent(first)
    members = [member for member in TEAMS[script.inbox] if AGENTS[member].availability == "available"]
    return cast.agent(members[number % len(members)]) if number % 3 == 0 else None


def candidates(cast: Cast, team: str, number: int, chosen: UUID | None) -> Iterator[Candidate]:
    """The chosen one has the fewest; where nobody was chosen, everybody was away at that hour."""
    for order, handle in enumerate(TEAMS[team]):
        agent_id = cast.agent(handle)
        if agent_id == chosen:
            yield Candidate(agent_id=agent_id, open_conversations=2)
        else:
            away = chosen is None or AGENTS[handle].availability != "available"
            load = 3 + (number * 5 + order * 3) % 6
            yield Candidate(agent_id=agent_id, open_conversations=load, refused="away" if away else None)
