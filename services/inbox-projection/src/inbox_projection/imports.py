"""Imports contacts from files, block by block, as commands that are safe to give again."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import IO, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events.contact_commands import CreateContact
from events.outcomes import CommandHandled
from inbox_projection import steps
from inbox_projection.auth.identity import caller_of_agent
from inbox_projection.commands import AnyCommand, CommandPort, agent, answered, envelope
from inbox_projection.contact_csv import CsvRefused, Numbered, records
from inbox_projection.contact_rows import Columns, Property, RowInvalid, columns, wish
from inbox_projection.origins import Origins
from inbox_projection.policy import Permission, granted
from inbox_projection.pool import Database, DatabaseAway, Row
from inbox_projection.queries import companies, contacts, imports
from inbox_projection.queries.contacts import Owner
from inbox_projection.queries.imports import Wrong
from service_kit.clock import Clock
from service_kit.ids import derived_id

log = logging.getLogger(__name__)
BLOCK: Final = 200
PREVIEW: Final = 10
POLL_SECONDS: Final = 1.0
HANDLE_IN_USE: Final = "conflict.handle-in-use"
IN_USE: Final = "Its address cannot be used for a new contact."
"""Of a contact who is out of reach no more is said, and not who it is."""
NOT_ALLOWED: Final = "Who began the import may not import contacts any more; what is counted is imported."


@dataclass(frozen=True)
class _Job:
    """An import with its file at hand, and the inboxes that who began it reaches (None: all)."""

    row: Row
    file: IO[bytes]
    properties: dict[UUID, Property]
    columns: Columns
    reach: frozenset[UUID] | None

    @property
    def id(self) -> UUID:
        found: UUID = self.row["import_id"]
        return found

    def records(self) -> Iterator[Numbered]:
        """The records behind the header, from the beginning of the file."""
        return islice(_records(self.file, self.row["encoding"]), 1, None)


class Imports:
    """Runs what was asked for, one file at a time. A process that dies leaves the file to the next one, which goes on
    after the last block that was counted: a record's command has the same id again, and is done once."""

    def __init__(
        self,
        database: Database,
        commands: CommandPort,
        workspace_id: UUID,
        clock: Clock,
        *,
        block: int = BLOCK,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._database, self._commands, self._origins = database, commands, Origins(database)
        self._workspace_id, self._clock = workspace_id, clock
        self._block, self._poll_seconds = block, poll_seconds

    async def run(self) -> None:
        await steps.taken(self.step, "importing", self._poll_seconds)

    async def step(self) -> bool:
        """Takes the next import to its end; False when there is none."""
        row = await imports.claim(self._database)
        if row is None:
            return False
        try:
            with tempfile.TemporaryFile() as file:
                async for piece in imports.pieces(self._database, row["import_id"]):
                    await asyncio.to_thread(file.write, piece)
                await self._imported(await self._checked(row, file))
        except CsvRefused as refused:
            reason = {"code": refused.code, "detail": refused.detail, "line": refused.line}
            await imports.finish(self._database, row["import_id"], "refused", **reason)
        except DatabaseAway:
            raise
        except Exception as error:  # a file that breaks us must not do so again and again
            log.error("an import failed", extra={"import": str(row["import_id"]), "fault": type(error).__name__})
            reason = {
                "code": "import-failed",
                "detail": f"The import broke off ({type(error).__name__}); what is counted is imported.",
            }
            await imports.finish(self._database, row["import_id"], "refused", **reason)
        return True

    async def _checked(self, row: Row, file: IO[bytes]) -> _Job:
        """Reads the whole file once before anything of it is imported. Raises CsvRefused."""
        caller = await caller_of_agent(self._database, row["agent_id"])
        if caller is None or Permission.MANAGE_CONTACTS not in granted(caller.role):
            raise CsvRefused("not-allowed", NOT_ALLOWED)
        found = [Property(one["id"], one["name"], one["kind"], tuple(one["choices"])) for one in await self._defined()]
        mapping = None if row["mapping"] is None else msgspec.json.decode(row["mapping"], type=dict[str, str])
        header, total = await asyncio.to_thread(_counted, file, row["encoding"])
        known = columns(header, mapping, found)
        await imports.checked(self._database, row["import_id"], total, known.header, known.fields)
        return _Job(row, file, {one.id: one for one in found}, known, caller.reach)

    async def _defined(self) -> list[Row]:
        return await companies.properties(self._database)

    async def _imported(self, job: _Job) -> None:
        done, rest, preview = job.row["rows"], job.records(), list[CreateContact]()
        await asyncio.to_thread(lambda: next(islice(rest, done, done), None))
        while block := await asyncio.to_thread(lambda: list(islice(rest, self._block))):
            wishes, wrong = _wishes(job, block)
            if job.row["dry_run"]:
                preview += [one for _, one in wishes[: PREVIEW - len(preview)]]
                counts = await self._expected(job, wishes)
            else:
                counts = await self._asked(job, dict(block), wishes, wrong)
            counts["failed"], counts["rows"] = len(wrong), len(block)
            steps = {name: counts[name] for name in ("rows", "created", "updated", "skipped", "failed")}
            if not await imports.advance(self._database, job.id, done, steps, wrong):
                return
            done += len(block)
        shown = msgspec.json.encode([_shown(one) for one in preview]).decode() if job.row["dry_run"] else None
        await imports.finish(self._database, job.id, "done", preview=shown)

    async def _expected(self, job: _Job, wishes: list[tuple[int, CreateContact]]) -> Counter[str]:
        """What a dry run says would become of the contacts; an address twice in the file is found once it is there.
        Whom the agent may not see is not there."""
        known = await self._owners(job, wishes)
        there = "updated" if job.row["existing"] == "update" else "skipped"
        return Counter(
            there if any(owner.visible for owner in _owners_of(one, known)) else "created" for _, one in wishes
        )

    async def _asked(
        self, job: _Job, cells: dict[int, list[str]], wishes: list[tuple[int, CreateContact]], wrong: list[Wrong]
    ) -> Counter[str]:
        """Gives the commands, and adds to `wrong` what was refused. Rows that share an address are asked for one after
        the other: the second finds the contact of the first."""
        counts = Counter[str]()
        while wishes:
            now, wishes = _apart(wishes)
            known = await self._owners(job, now)
            await self._origins.of_import(job.id, [_command(job, line) for line, _ in now])
            ends = await asyncio.gather(*(self._one(job, line, one, known) for line, one in now))
            for (line, _), (end, reason) in zip(now, ends, strict=True):
                if end == "failed":
                    wrong.append(Wrong(line, cells[line], reason))
                else:
                    counts[end] += 1
        return counts

    async def _one(self, job: _Job, line: int, one: CreateContact, known: Mapping[str, Owner]) -> tuple[str, str]:
        """What became of a row, and why. A contact out of reach is neither changed nor named, as where a person asks;
        the router changes nobody but whom we name."""
        command_id = _command(job, line)
        others = [owner for owner in _owners_of(one, known) if owner.contact_id != _contact(command_id)]
        if not all(owner.visible for owner in others):
            return "failed", IN_USE
        if others and job.row["existing"] == "skip":
            return "skipped", ""
        outcome = await self._ask(job, command_id, replace(one, known_as=others[0].contact_id) if others else one)
        if outcome.state == "done":
            return "created" if outcome.resource_id in (None, _contact(command_id)) else "updated", ""
        if outcome.code != HANDLE_IN_USE:
            return "failed", outcome.detail or outcome.code
        found = _owners_of(one, await self._owners(job, [(line, one)]))
        if not found or not all(owner.visible for owner in found):
            return "failed", IN_USE
        return ("skipped", "") if job.row["existing"] == "skip" else ("failed", outcome.detail or IN_USE)

    async def _owners(self, job: _Job, wishes: list[tuple[int, CreateContact]]) -> dict[str, Owner]:
        addresses = [handle.value for _, one in wishes for handle in one.handles]
        return await contacts.owners(self._database, addresses, job.reach) if addresses else {}

    async def _ask(self, job: _Job, command_id: UUID, data: CreateContact) -> CommandHandled:
        command: AnyCommand = envelope(
            data,
            command_id=command_id,
            stream=_contact(command_id),
            workspace_id=self._workspace_id,
            actor=agent(job.row["agent_id"]),
            now=self._clock(),
        )
        return await answered(self._commands, command, self._poll_seconds)


def _command(job: _Job, line: int) -> UUID:
    return derived_id(job.id, f"line {line}")


def _contact(command_id: UUID) -> UUID:
    return derived_id(command_id, "contact")


def _owners_of(one: CreateContact, known: Mapping[str, Owner]) -> list[Owner]:
    return [known[handle.value] for handle in one.handles if handle.value in known]


def _apart(wishes: list[tuple[int, CreateContact]]) -> tuple[list[tuple[int, CreateContact]], ...]:
    """The first rows of each address, and those that have to wait for them."""
    now, later, taken = list[tuple[int, CreateContact]](), list[tuple[int, CreateContact]](), set[str]()
    for line, one in wishes:
        addresses = {handle.value for handle in one.handles}
        (now if taken.isdisjoint(addresses) else later).append((line, one))
        taken |= addresses
    return now, later


def _wishes(job: _Job, block: list[Numbered]) -> tuple[list[tuple[int, CreateContact]], list[Wrong]]:
    wishes, wrong = list[tuple[int, CreateContact]](), list[Wrong]()
    for line, cells in block:
        try:
            wishes.append((line, wish(cells, job.columns, job.properties, update=job.row["existing"] == "update")))
        except RowInvalid as error:
            wrong.append(Wrong(line, cells, str(error)))
    return wishes, wrong


def _records(file: IO[bytes], encoding: str) -> Iterator[Numbered]:
    file.seek(0)
    return records(iter(lambda: file.read(64 * 1024), b""), encoding)


def _counted(file: IO[bytes], encoding: str) -> tuple[list[str], int]:
    """The header, and how many records follow it. Raises CsvRefused."""
    found = _records(file, encoding)
    first = next(found, None)
    if first is None:
        raise CsvRefused("empty-file", "The file is empty.")
    return first[1], sum(1 for _ in found)


def _shown(one: CreateContact) -> dict[str, object]:
    return {
        "name": one.name,
        "addresses": [handle.value for handle in one.handles],
        "phone": one.phone,
        "note": one.note,
        "properties": one.properties or {},
    }
