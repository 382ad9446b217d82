"""What a query says of conversations rather than of words: permission, inbox, assignee, labels, status, number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from psycopg.sql import SQL

from inbox_projection.pool import Database
from inbox_projection.queries.conversation_filter import Filter
from inbox_projection.queries.labels import with_all_names
from inbox_projection.views.search.documents import author
from inbox_projection.views.search.language import MOST_TERMS, Query
from inbox_projection.views.search.matching import Clause, Sender
from inbox_projection.views.search.words import words

FEW: Final = 500
"""Conversations that are few enough to be looked through by themselves."""
STATUSES: Final = ("open", "snoozed", "resolved")
"""Those that are searched when a query names none."""
_SQL: Final = {
    "reach": SQL("c.inbox_id = any(%(reach)s::uuid[])"),
    "inboxes": SQL("c.inbox_id = any(%(inboxes)s::uuid[])"),
    "agents": SQL("c.assignee_id = any(%(agents)s::uuid[])"),
    "nobody": SQL("c.assignee_id is null"),
    "channel": SQL("c.channel = %(channel)s"),
    **{f"label{n}": SQL(f"c.labels && %(label{n})s::text[]") for n in range(MOST_TERMS)},
    "without": SQL("not c.labels && %(without)s::text[]"),
    "number": SQL("c.number = %(number)s"),
    "since": SQL("d.at >= %(since)s"),
    "before": SQL("d.at < %(before)s"),
}
_FEW: Final = {
    "number": "select c.conversation_id from inbox.conversations c where c.number = %(number)s",
    "label0": "select distinct c.conversation_id from inbox.conversation_labels c"
    " where c.label = any(%(label0)s::text[]) and c.status = any(%(statuses)s::text[]) limit %(few)s",
    "agents": "select c.conversation_id from inbox.conversations c where c.assignee_id = any(%(agents)s::uuid[])"
    " and c.status = any(%(statuses)s::text[]) limit %(few)s",
    "inboxes": "select c.conversation_id from inbox.conversations c where c.inbox_id = any(%(inboxes)s::uuid[])"
    " and c.status = any(%(statuses)s::text[]) limit %(few)s",
    "reach": "select c.conversation_id from inbox.conversations c where c.inbox_id = any(%(reach)s::uuid[])"
    " and c.status = any(%(statuses)s::text[]) limit %(few)s",
}
_DOCUMENTS: Final = """
select d.document from (
    select w.id from unnest(%(ids)s::uuid[]) as w(id)
    union all select m.conversation_id from inbox.conversations m where m.merged_into = any(%(ids)s::uuid[])) t
join inbox.search_documents d on d.id = t.id
"""


@dataclass(frozen=True)
class Conditions:
    """Conditions by name with their values; documents are `d`, conversations `c`."""

    values: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in _SQL if name in self.values)

    @property
    def are_impossible(self) -> bool:
        """Nothing can meet them: somebody or something that there is not is named."""
        return any(self.values.get(name) == [] for name in ("reach", "inboxes", "agents"))


async def conditions_of(database: Database, query: Query, me: UUID, reach: frozenset[UUID] | None) -> Conditions:
    """The conditions for who asks: `reach` are the inboxes within sight, None all."""
    values: dict[str, Any] = {"statuses": list(query.statuses or STATUSES), "few": FEW + 1}
    if reach is not None:
        values["reach"] = list(reach)
    if query.inboxes:
        rows = await database.rows("select inbox_id as id, name from inbox.inboxes")
        values["inboxes"] = [row["id"] for row in rows if any(named(one, row["name"]) for one in query.inboxes)]
    if query.assignee == "none":
        values["nobody"] = True
    elif query.assignee is not None:
        values["agents"] = [me] if query.assignee == "me" else await _agents(database, query.assignee)
    simple: dict[str, Any] = {
        "channel": query.channel,
        "number": query.number,
        "since": query.since,
        "before": query.before,
    }
    values |= {name: value for name, value in simple.items() if value is not None}
    for number, label in enumerate(query.labels):
        values[f"label{number}"] = await _names(database, (label,))
    if query.without_labels:
        values["without"] = await _names(database, query.without_labels)
    return Conditions(values)


async def documents_within(database: Database, conditions: Conditions) -> list[int] | None:
    """All documents of the conversations that a condition leaves, where it leaves few; otherwise None."""
    for name, query in _FEW.items():
        if name in conditions.values:
            rows = await database.rows(query.encode(), conditions.values)
            if len(rows) <= FEW:
                ids = [row["conversation_id"] for row in rows]
                return [row["document"] for row in await database.rows(_DOCUMENTS, {"ids": ids})] if ids else []
    return None


async def with_agents(database: Database, query: Query) -> Query:
    """The query in which `from:` also means those of us who are called so."""
    if not any(isinstance(clause, Sender) for clause in (*query.wanted, *query.unwanted)):
        return query
    rows = await database.rows("select agent_id as id, name, email from inbox.agents")
    people = [(row["id"], words(f"{row['name']} {row['email']}")) for row in rows]

    def known(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
        return tuple(
            replace(clause, agents=tuple(author(one) for one, names in people if _is_called(clause, names)))
            if isinstance(clause, Sender)
            else clause
            for clause in clauses
        )

    return replace(query, wanted=known(query.wanted), unwanted=known(query.unwanted))


def named(asked: str, name: str) -> bool:
    """Whether a name begins with what was asked for, case and accents aside."""
    sought = words(asked)
    return bool(sought) and " ".join(words(name)).startswith(" ".join(sought))


@lru_cache(maxsize=256)
def condition(names: Sequence[str]) -> SQL:
    """The SQL of these conditions."""
    texts = [_SQL[name].as_string() for name in names]
    return SQL(" and ".join(["c.status = any(%(statuses)s::text[])", *texts]))


async def _names(database: Database, asked: tuple[str, ...]) -> list[str]:
    """The labels by all names by which conversations may carry them."""
    return list((await with_all_names(database, Filter(label=asked))).label)


async def _agents(database: Database, name: str) -> list[UUID]:
    rows = await database.rows("select agent_id as id, name, email from inbox.agents")
    return [row["id"] for row in rows if named(name, row["name"]) or named(name, row["email"])]


def _is_called(sender: Sender, names: Sequence[str]) -> bool:
    return all(any(word.matches(name) for name in names) for word in sender.words)
