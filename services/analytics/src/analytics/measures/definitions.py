"""Definitions of the timed measures: every choice that a number depends on; a name never changes meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from analytics.measures.first_response import FirstResponse
from analytics.measures.measure import Kind
from analytics.measures.reply_time import ReplyTime
from analytics.measures.resolution import Resolution
from analytics.measures.time_in_state import TimeInState


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """The choices in words, and the measures that make them. `live`: reports can ask for it, others are for a replay.

    `business_hours`: what the measures time around the clock is counted within the inbox's business hours. That is done
    when it is asked for, because a conversation's events know nothing of them; so it is live where the measures are.
    `calendar_now`: by the hours that the inbox has now, whatever it had then. `without`: kinds of facts that reports by
    it leave out; so what is live is measured once, and definitions choose of it.
    """

    name: str
    version: int
    live: bool
    choices: dict[str, str]
    business_hours: bool = False
    calendar_now: bool = False
    without: frozenset[Kind] = frozenset({"resolution_whole"})
    first_response: FirstResponse = FirstResponse()
    reply_time: ReplyTime = ReplyTime()
    resolution: Resolution = Resolution()
    time_in_state: TimeInState = TimeInState()

    def kinds(self, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
        """Those of these kinds that count by it."""
        return tuple(kind for kind in kinds if kind not in self.without)


_V1: Final = {
    "start": "the first message that the customer wrote in an episode (first response, resolution) or run (reply time);"
    " where a bot had it, first response starts at its hand-off",
    "episode": "begins with the conversation, with the first message after a resolve, or when an agent reopens",
    "stop": "the first public message of a person, when its channel accepted it; resolution: the resolve",
    "clock": "24 × 7",
    "pauses": "none",
    "credit": "who sent the message; resolution: who resolved",
    "team": "the conversation's team when it stopped",
    "bucket": "when it stopped",
    "merged": "who waits in what is merged waits in the conversation that stands for it, of both the earlier, once",
    "left out": "auto-replies, bounces and warnings of a delay start nothing; comments, acknowledgements, bots and side"
    " threads stop nothing; a reply that was not accepted stops nothing; what lay in a mailbox before it was connected"
    " is no work: it is counted and timed nowhere",
}
V1: Final = Definition(name="v1", version=1, live=True, choices=_V1)
V1_WITH_BOT: Final = Definition(
    name="v1-with-bot",
    version=1,
    live=False,
    choices=_V1 | {"start": "as v1, but first response starts at the customer's message even where a bot had it"},
    first_response=FirstResponse(with_bot=True),
)
V1_BUSINESS_HOURS: Final = Definition(
    name="v1-business-hours",
    version=1,
    live=True,
    choices=_V1
    | {
        "clock": "within the business hours of the inbox in which it stopped, by those that were valid when it started;"
        " 24 × 7 where the inbox had none then"
    },
    business_hours=True,
)
V1_BUSINESS_HOURS_NOW: Final = Definition(
    name="v1-business-hours-now",
    version=1,
    live=True,
    choices=_V1
    | {
        "clock": "within the business hours that the inbox in which it stopped has now, whatever they were then;"
        " 24 × 7 where it has none"
    },
    business_hours=True,
    calendar_now=True,
)
V1_FIRST_RESOLVE: Final = Definition(
    name="v1-first-resolve",
    version=1,
    live=True,
    choices=_V1 | {"stop": "as v1, but of a conversation's resolutions the first one only"},
    without=frozenset({"resolution_again", "resolution_whole"}),
)
V1_WHOLE_RESOLUTION: Final = Definition(
    name="v1-whole-resolution",
    version=1,
    live=True,
    choices=_V1
    | {
        "start": "as v1, but every resolution starts at the conversation's first message: its last one is the time to"
        " the last resolve"
    },
    without=frozenset({"resolution_again"}),
)
TIME_IN_STATE: Final = {
    "states": "one at every moment, the first that holds: while resolved, none; spam or in the trash, waiting on"
    " nobody; snoozed; muted, waiting on nobody; a person's message was accepted and the customer has not written"
    " since, waiting on the customer; nobody has asked anything, waiting on nobody; no agent has it, even if a team"
    " does, unassigned; else waiting on us. What a bot has would be a state of its own: no event tells of bots yet, so"
    " none is shown",
    "start": "with the conversation, ours too; where it was resolved, when it was open or snoozed again",
    "episode": "from its start to the resolve that ended it; one that has not ended counts nowhere yet",
    "stop": "the resolve; the parts add up to the time from start to stop, to the millisecond",
    "clock": "24 × 7; by business hours it cannot be asked for, because only the sums of an episode are kept",
    "pauses": "none: each is a state",
    "credit": "who resolved, whoever had it before",
    "team": "the conversation's team when it was resolved",
    "bucket": "when it was resolved",
    "left out": "auto-replies, bounces and warnings of a delay ask nothing; comments, acknowledgements, bots and side"
    " threads answer nothing; what was merged into another conversation; what lay in a mailbox before it was connected",
}
"""The choices of v1 for the report of that name, which differ from those of the other times."""
DEFINITIONS: Final = {
    each.name: each
    for each in (V1, V1_BUSINESS_HOURS, V1_BUSINESS_HOURS_NOW, V1_WITH_BOT, V1_FIRST_RESOLVE, V1_WHOLE_RESOLUTION)
}
