"""The SQL by which lists and counts of conversations find their rows: ranges of one index each, whatever the filter.

The most selective filter drives: what a search found, contact, mention, label, assignee, team, inbox, else every inbox
within reach. Each driving value with each standing (status and turn) is a range of an index in the order of the list;
what else is asked for is checked in the index, which includes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from psycopg.sql import SQL, Composed

from inbox_projection.queries.conversation_filter import Filter, Place
from inbox_projection.views.inbox import mention_of

Order = Literal["newest", "oldest", "waiting"]
Driver = Literal["found", "contact", "label", "labels", "assignee", "nobody", "team", "inbox", "all"]
PEOPLE: Final = SQL(
    "(select %(contact)s::uuid as contact_id union all"
    " select m.contact_id from inbox.contacts m where m.merged_into = %(contact)s) as i"
)
"""A contact and all for whom that one stands."""
COUNTED: Final = 1_000
EXAMINED: Final = 10_000
"""A count looks at no more entries of an index than this, where it has to look into them."""


@dataclass(frozen=True)
class Part:
    """A part of an order, which comes after the parts before it: by what it goes, and which conversations it has."""

    order: Order = "newest"
    turns: tuple[str, ...] = ()
    priority: str | None = None


PARTS: Final[dict[str, tuple[Part, ...]]] = {
    "newest": (Part(),),
    "oldest": (Part("oldest"),),
    "waiting": (Part("waiting", ("us",)), Part(turns=("customer", "nobody"))),
    "priority": tuple(Part(priority=name) for name in ("urgent", "high", "normal", "low")),
}
"""By what `sort` says. Waiting: who waits for us the longest, then the others by their newest activity."""


@dataclass(frozen=True)
class Shape:
    """What the text of a query depends on."""

    driver: Driver
    others: tuple[str, ...]
    order: Order
    priority: Literal["", "usual", "unusual"]
    limited: bool
    further: bool


def shape_of(wanted: Filter, part: Part, *, further: bool) -> Shape:
    driver = _driver(wanted)
    others: list[tuple[bool, str]] = [
        (wanted.inbox_id is not None and driver != "inbox", "inbox"),
        (wanted.inboxes is not None and driver != "all", "limited"),
        (wanted.assignee == "none" and driver != "nobody", "nobody"),
        (wanted.assignee not in (None, "none") and driver != "assignee", "assignee"),
        (wanted.team_id is not None and driver != "team", "team"),
        (bool(wanted.channel), "channel"),
        (bool(wanted.label) and (driver in ("found", "contact") or wanted.mentioned is not None), "labels"),
        (wanted.mentioned is not None and driver in ("found", "contact"), "mentioned"),
        (wanted.contact_id is not None and driver == "found", "contact"),
        (wanted.created_from is not None, "created_from"),
        (wanted.created_to is not None, "created_to"),
    ]
    priority: Literal["", "usual", "unusual"] = ""
    if part.priority is not None:
        priority = "usual" if part.priority == "normal" else "unusual"
    named = tuple(name for present, name in others if present)
    return Shape(driver, named, part.order, priority, wanted.inboxes is not None, further)


def parameters_of(wanted: Filter, part: Part, after: Place | None, limit: int) -> dict[str, Any] | None:
    """What the query is asked with; None where nothing can be in this part."""
    standings = [one for one in wanted.standings() if not part.turns or one[1] in part.turns]
    if not standings:
        return None
    driving = (mention_of(wanted.mentioned),) if wanted.mentioned is not None else wanted.label
    return {
        "inboxes": list(wanted.inboxes or ()),
        "inbox": wanted.inbox_id,
        "statuses": [status for status, _ in standings],
        "turns": [turn for _, turn in standings],
        "assignee": wanted.assignee,
        "team": wanted.team_id,
        "label": driving[0] if driving else None,
        "driving": list(driving),
        "labels": list(wanted.label),
        "mention": None if wanted.mentioned is None else mention_of(wanted.mentioned),
        "channels": list(wanted.channel),
        "contact": wanted.contact_id,
        "found": list(wanted.found or ()),
        "created_from": wanted.created_from,
        "created_to": wanted.created_to,
        "priority": part.priority,
        "at": None if after is None else after.at,
        "id": None if after is None else after.id,
        "limit": limit,
        "examined": EXAMINED,
    }


@lru_cache(maxsize=1024)
def keys_query(shape: Shape) -> Composed:
    """`conversation_id` and `at`, in the order of the list, at most `limit` of each range."""
    at = SQL("c.waiting_since as at" if shape.order == "waiting" else "c.last_message_at as at")
    conditions = SQL(" and ").join([*_range(shape), *_others(shape)])
    branch = SQL("select c.conversation_id, {} from {} c where {} order by {} limit %(limit)s").format(
        at, _table(shape), conditions, _order(shape)
    )
    return SQL("select {} from {} cross join lateral ({}) k").format(
        SQL("distinct k.*" if shape.driver == "labels" else "k.*"), _driving(shape), branch
    )


@lru_cache(maxsize=1024)
def count_query(shape: Shape) -> bytes:
    """`found` conversations, at most `limit`, and whether that was `cut` short at `examined` entries looked at.

    It stops at the first of the two; the last entry that may be looked at is kept to tell that it was reached.
    """
    several = shape.driver == "labels"
    others = SQL(" and ").join(_others(shape)) if shape.others else SQL("true")
    branch = SQL("select c.conversation_id, ({}) as fits from {} c where {} limit %(examined)s").format(
        others, _table(shape), SQL(" and ").join(_range(shape))
    )
    return (
        SQL(
            "select count({}) filter (where fits) as found, coalesce(bool_or(n = %(examined)s), false) as cut"
            " from (select * from (select k.*, row_number() over () as n from {} cross join lateral ({}) k"
            " limit %(examined)s) e where fits or n = %(examined)s {}) x"
        )
        .format(
            SQL("distinct conversation_id" if several else "*"),
            _driving(shape),
            branch,
            SQL("" if several else "limit %(limit)s"),
        )
        .as_bytes()
    )


def descending(order: Order) -> bool:
    return order == "newest"


def _driver(wanted: Filter) -> Driver:
    if wanted.found is not None:
        return "found"
    if wanted.contact_id is not None:
        return "contact"
    if wanted.mentioned is not None or len(wanted.label) == 1:
        return "label"
    if wanted.label:
        return "labels"
    if wanted.assignee is not None:
        return "nobody" if wanted.assignee == "none" else "assignee"
    if wanted.team_id is not None:
        return "team"
    return "inbox" if wanted.inbox_id is not None else "all"


def _table(shape: Shape) -> SQL:
    by_label = shape.driver in ("label", "labels")
    return SQL("inbox.conversation_labels") if by_label else SQL("inbox.conversations")


_STANDINGS: Final = SQL("unnest(%(statuses)s::text[], %(turns)s::text[]) as s(status, turn)")
_EVERY_INBOX: Final = SQL("(select inbox_id from inbox.inboxes) as i")
_REACHED: Final = SQL("unnest(%(inboxes)s::uuid[]) as i(inbox_id)")
_FOUND: Final = SQL("unnest(%(found)s::uuid[]) as i(conversation_id)")
_FEW: Final = {"found": SQL("c.conversation_id = i.conversation_id"), "contact": SQL("c.contact_id = i.contact_id")}
_LABELS: Final = SQL("unnest(%(driving)s::text[]) as l(label)")
_DRIVEN_BY: Final[dict[str, SQL]] = {
    "label": SQL("c.label = %(label)s"),
    "labels": SQL("c.label = l.label"),
    "assignee": SQL("c.assignee_id = %(assignee)s"),
    "nobody": SQL("c.assignee_id is null"),
    "team": SQL("c.team_id = %(team)s"),
    "inbox": SQL("c.inbox_id = %(inbox)s"),
    "all": SQL("c.inbox_id = i.inbox_id"),
}


def _driving(shape: Shape) -> Composed:
    """The values that ranges begin with; of a contact the standings are no part of them, for nobody writes so much."""
    match shape.driver:
        case "found":
            return Composed([_FOUND])
        case "contact":
            return Composed([PEOPLE])
        case "labels":
            return SQL("{}, {}").format(_STANDINGS, _LABELS)
        case "all":
            return SQL("{}, {}").format(_STANDINGS, _REACHED if shape.limited else _EVERY_INBOX)
        case _:
            return Composed([_STANDINGS])


def _range(shape: Shape) -> list[SQL]:
    """What says where in the index to look."""
    if shape.driver in _FEW:
        standing = "(c.status, c.waiting_on) in (select * from unnest(%(statuses)s::text[], %(turns)s::text[]))"
        found = [_FEW[shape.driver], SQL(standing)]
    else:
        found = [_DRIVEN_BY[shape.driver], SQL("c.status = s.status")]
        if shape.order != "waiting":
            found.append(SQL("c.waiting_on = s.turn"))
    if shape.order == "waiting":
        found.append(SQL("c.waiting_since is not null"))
    if shape.priority == "unusual":
        found += [SQL("c.priority = %(priority)s"), SQL("c.priority <> 'normal'")]
    elif shape.priority == "usual":
        found.append(SQL("c.priority = 'normal'"))
    if shape.further:
        at = "c.waiting_since" if shape.order == "waiting" else "c.last_message_at"
        side = "<" if descending(shape.order) else ">"
        found.append(_FURTHER[at, side])
    return found


_FURTHER: Final = {
    (at, side): SQL(f"({at}, c.conversation_id) {side} (%(at)s, %(id)s)")
    for at in ("c.waiting_since", "c.last_message_at")
    for side in ("<", ">")
}
_CARRIES: Final = SQL(
    "exists (select from inbox.conversation_labels x where x.conversation_id = c.conversation_id"
    " and x.label = any(%(labels)s::text[]))"
)
_MENTIONS: Final = SQL(
    "exists (select from inbox.conversation_labels y where y.conversation_id = c.conversation_id"
    " and y.label = %(mention)s)"
)
_OTHERS: Final[dict[str, SQL | Composed]] = {
    "inbox": SQL("c.inbox_id = %(inbox)s"),
    "limited": SQL("c.inbox_id = any(%(inboxes)s::uuid[])"),
    "nobody": SQL("c.assignee_id is null"),
    "assignee": SQL("c.assignee_id = %(assignee)s"),
    "team": SQL("c.team_id = %(team)s"),
    # A kind of which there is no channel has no conversations: known without a look at any of them.
    "channel": SQL(
        "c.channel = any(%(channels)s::text[])"
        " and exists (select from inbox.channels h where h.kind = any(%(channels)s::text[]))"
    ),
    "contact": SQL("c.contact_id in (select i.contact_id from {})").format(PEOPLE),
    "labels": _CARRIES,
    "mentioned": _MENTIONS,
    "created_from": SQL("c.created_at >= %(created_from)s"),
    "created_to": SQL("c.created_at < %(created_to)s"),
}


def _others(shape: Shape) -> list[SQL | Composed]:
    return [_OTHERS[name] for name in shape.others]


def _order(shape: Shape) -> SQL:
    """By the index; of nobody's by the whole of it, for the planner does not take `is null` for a constant."""
    names = ["waiting_since" if shape.order == "waiting" else "last_message_at", "conversation_id"]
    if shape.driver == "nobody":
        before = ["status"] if shape.order == "waiting" else ["status", "waiting_on"]
        names = ["assignee_id", *(["priority"] if shape.priority == "unusual" else []), *before, *names]
    direction = " desc" if descending(shape.order) else ""
    return SQL(", ".join(f"c.{name}{direction}" for name in names))
