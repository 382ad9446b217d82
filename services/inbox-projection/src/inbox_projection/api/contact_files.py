"""Contacts from a CSV file, and into one."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, BinaryIO, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from inbox_projection.api import answers
from inbox_projection.api.forms import FILE, check_form, takes
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.imports import Import
from inbox_projection.api.parts import caller_of, origin_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, same_as_before
from inbox_projection.contact_csv import ENCODINGS, written
from inbox_projection.files import SAFE_HEADERS, disposition
from inbox_projection.policy import Permission
from inbox_projection.pool import Database, Row
from inbox_projection.problems import invalid, not_found, too_large
from inbox_projection.queries import companies, contacts, imports
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["contacts"])
MAX_BYTES: Final = 512 * 1024 * 1024
PAGE: Final = 1_000
_mapping: Final = msgspec.json.Decoder(dict[str, str])
_PROPERTIES: Final[dict[str, Any]] = {
    "file": FILE,
    "mapping": {
        "type": "string",
        "description": "JSON: what columns are, by their names: name, address, phone, note, ignore, property:<id>."
        " Without it columns are known by their names.",
    },
    "encoding": {"type": "string", "enum": list(ENCODINGS), "default": "auto"},
    "existing": {"type": "string", "enum": ["update", "skip"], "default": "update"},
}


@router.post(
    "/contacts/import",
    status_code=202,
    max_body_size=MAX_BYTES,
    openapi_extra=takes(_PROPERTIES),
    responses=answers.gives(Import, 202, "The import, where its progress can be asked for."),
)
@policy(Permission.MANAGE_CONTACTS)
async def import_contacts(request: Request, dry_run: bool = False, key: IdempotencyKey = None) -> Response:
    """A CSV file with a header in its first line. It is read through before anything is imported; what is then wrong
    with single rows is in the error file. Contacts whose address somebody has are updated, or skipped. Repeated with
    the same Idempotency-Key it is one import."""
    check_form(request)
    parts, me, identity = parts_of(request), caller_of(request).agent_id, begin(request, key)
    async with request.form(max_files=1, max_fields=3, max_part_size=64 * 1024) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid(("body", "file"), "A file is required.")
        if file.size is not None and file.size > MAX_BYTES:
            raise too_large(MAX_BYTES, "file")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        import_id = derived_id(identity, "import")
        asked = _asked(fields) | {"dry_run": dry_run}
        if key is not None:
            await same_as_before(request, identity, await run_in_threadpool(_digest, request, asked, file.file))
        if not dry_run:
            of = {"act_id": import_id, "target_id": import_id}
            await parts.origins.of_act("ContactsImported", me, origin_of(request), **of)
        await imports.keep(parts.database, import_id, me, asked, file.file)
    row = await _import(request, import_id)
    return answers.json(imports.shaped(row), 202, {"Location": f"/api/v1/contacts/imports/{import_id}"})


@router.get("/contacts/imports/{import_id}", responses=answers.gives(Import, what="How far it is."))
@policy(Permission.MANAGE_CONTACTS)
async def read_import(request: Request, import_id: UUID) -> Response:
    """For who began it and administrators, for seven days after its end."""
    return answers.json(imports.shaped(await _import(request, import_id)))


@router.get(
    "/contacts/imports/{import_id}/errors",
    response_class=StreamingResponse,
    responses=answers.gives_bytes("text/csv", "The rows that were not imported, each with its line and the reason."),
)
@policy(Permission.MANAGE_CONTACTS)
async def read_import_errors(request: Request, import_id: UUID) -> Response:
    """With the columns of the file, so that it can be mended and imported again."""
    row = await _import(request, import_id)
    header = msgspec.json.decode(row["header"]) if row["header"] else []
    return _csv("import-errors.csv", _errors(parts_of(request).database, import_id, header))


@router.get(
    "/contacts/export",
    response_class=StreamingResponse,
    responses=answers.gives_bytes("text/csv", "All contacts that you may see, newest first."),
)
@policy(Permission.MANAGE_CONTACTS)
async def export_contacts(request: Request) -> Response:
    """Cells that a spreadsheet would run as formulas begin with an apostrophe; an import takes it away again."""
    parts, caller = parts_of(request), caller_of(request)
    properties = await companies.properties(parts.database)
    await parts.origins.of_act("ContactsExported", caller.agent_id, origin_of(request))
    return _csv("contacts.csv", _exported(parts.database, caller.reach, properties))


def _digest(request: Request, asked: Mapping[str, Any], file: BinaryIO) -> bytes:
    """What makes two uploads the same: what is asked for and the file, not the borders between a form's parts. Keyed,
    for a file may hold little enough to be guessed."""
    key = parts_of(request).reply_token_key
    digest = hashlib.blake2b(b"contacts import " + msgspec.json.encode(asked, order="sorted"), key=key, digest_size=32)
    file.seek(0)
    while piece := file.read(1024 * 1024):
        digest.update(piece)
    file.seek(0)
    return digest.digest()


def _asked(fields: Mapping[str, str]) -> dict[str, Any]:
    if unknown := fields.keys() - {"mapping", "encoding", "existing"}:
        raise invalid(("body", sorted(unknown)[0][:40]), "There is no such field.")
    mapping, encoding, existing = fields.get("mapping"), fields.get("encoding", "auto"), fields.get("existing")
    if mapping is not None:
        try:
            _mapping.decode(mapping)
        except (msgspec.DecodeError, UnicodeError):
            raise invalid(("body", "mapping"), "Must be a JSON object of texts.") from None
        if "\x00" in mapping:
            raise invalid(("body", "mapping"), "The value has a NUL character.")
    if encoding not in ENCODINGS:
        raise invalid(("body", "encoding"), f"Must be one of {', '.join(ENCODINGS)}.")
    if existing not in (None, "update", "skip"):
        raise invalid(("body", "existing"), "Must be update or skip.")
    return {"mapping": mapping, "encoding": encoding, "existing": existing or "update"}


async def _import(request: Request, import_id: UUID) -> Row:
    caller = caller_of(request)
    row = await imports.one(parts_of(request).database, import_id)
    if row is None or (row["agent_id"] != caller.agent_id and caller.role != "administrator"):
        raise not_found("import")
    return row


def _csv(name: str, lines: AsyncIterator[str]) -> Response:
    headers = {**SAFE_HEADERS, "Content-Disposition": disposition(name)}
    return StreamingResponse(lines, headers=headers, media_type="text/csv; charset=utf-8")


async def _errors(database: Database, import_id: UUID, header: Sequence[str]) -> AsyncIterator[str]:
    yield written([[*header, "line", "reason"]])
    async for page in imports.errors(database, import_id):
        width = len(header)
        yield written(
            [*(list(one.cells)[:width] + [""] * (width - len(one.cells))), str(one.line), one.reason] for one in page
        )


async def _exported(database: Database, reach: frozenset[UUID] | None, properties: Sequence[Row]) -> AsyncIterator[str]:
    yield written(
        [["id", "name", "address", "phone", "note", "company", "created_at", *(p["name"] for p in properties)]]
    )
    after: contacts.Place | None = None
    while rows := await contacts.page(database, None, reach, after, PAGE):
        names = await companies.names(database, {row["company_id"] for row in rows if row["company_id"] is not None})
        yield written(_cells(row, names, properties) for row in rows)
        after = contacts.Place("", rows[-1]["contact_id"])


def _cells(row: Row, companies_by_id: Mapping[UUID, str], properties: Sequence[Row]) -> list[str]:
    card = contacts.shaped(row)
    values = (card["properties"].get(str(one["id"])) for one in properties)
    return [
        str(card["id"]),
        card["name"],
        "; ".join(one["value"] for one in card["handles"] if one["kind"] == "email"),
        card["phone"],
        card["note"],
        companies_by_id.get(card["company_id"], ""),
        card["created_at"].isoformat(),
        *(_cell(value) for value in values),
    ]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
