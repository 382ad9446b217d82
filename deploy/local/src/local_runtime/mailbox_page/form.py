"""The form of a new mail or an answer, as it comes from the page."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from local_runtime.mailbox_page.letters import Saved, read_letter
from local_runtime.mailbox_page.library import Library
from local_runtime.mailbox_page.writing import MAX_FILES, MAX_TEXT, Draft, NotWritten, checked

MAX_FIELDS: Final = 12


async def draft_of(request: Request, library: Library) -> Draft:
    """Refuses with NotWritten; a body that is no form is one without any field."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise NotWritten("text", "no-form")
    try:
        async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_TEXT * 4 + 1024) as form:
            return checked(await _draft(form, library))
    except HTTPException as error:
        raise NotWritten("files" if "files" in str(error.detail) else "text", "too-large") from error


async def _draft(form: FormData, library: Library) -> Draft:
    def text(name: str) -> str:
        value = form.get(name, "")
        return value if isinstance(value, str) else ""

    answers = library.find(text("answers")) if text("answers") else None
    if text("answers") and answers is None:
        raise NotWritten("answers", "not-found")
    uploads = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    letter = None if answers is None else await run_in_threadpool(read_letter, answers.path)
    return Draft(
        name=text("name").strip(),
        address=text("address").strip(),
        to=text("to").strip(),
        subject=text("subject").strip(),
        text=text("text"),
        cc=tuple(one.strip() for one in text("cc").replace(";", ",").split(",") if one.strip()),
        files=tuple([Saved(_base(one), one.content_type or "", await one.read()) for one in uploads]),
        answers=answers,
        quoted=letter.text if letter is not None and text("quote") == "1" else "",
        language="pl" if text("language") == "pl" else "en",
    )


def _base(upload: UploadFile) -> str:
    name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in name if character.isprintable())[:150] or "file"
