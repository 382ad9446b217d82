"""Who may save and delete which snippet, and that its variables exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from events.envelope import Actor
from events.snippets import DeleteSnippet, SaveSnippet, SnippetDeleted, SnippetSaved
from router.domain import errors
from router.domain.replies import MAX_CONTENT, agent_of
from router.domain.snippet import Snippet, snippet_of
from router.domain.texts import is_header_safe, is_plain
from service_kit import templates

MAX_NAME: Final = 120
MAX_SNIPPETS: Final = 5_000


def save_snippet(command: SaveSnippet, actor: Actor, known: Mapping[UUID, Snippet]) -> tuple[SnippetSaved, ...]:
    """The snippet as it is from now on; `()` when it is so already. Anybody may change a shared one, nobody another
    agent's own: that is not even there."""
    agent_id = agent_of(actor)
    if agent_id is None:
        raise errors.OnlyForAgents("Only an agent can save a snippet.")
    before = known.get(command.snippet_id)
    _check_mine(before, agent_id)
    if before is None and len(known) >= MAX_SNIPPETS:
        raise errors.SnippetInvalid(f"There are at most {MAX_SNIPPETS} snippets.")
    if not is_plain(command.name, MAX_NAME):
        raise errors.NameInvalid(f"A snippet's name is 1 to {MAX_NAME} characters on one line.")
    if command.folder and not is_plain(command.folder, MAX_NAME):
        raise errors.NameInvalid(f"A folder's name is at most {MAX_NAME} characters on one line.")
    if not (command.text.strip() or (command.html or "").strip() or command.attachments):
        raise errors.SnippetInvalid("A snippet needs a text, HTML or an attachment.")
    if any(not is_header_safe(f"{one.name}{one.content_type}{one.content_id or ''}") for one in command.attachments):
        raise errors.HeaderUnsafe("An attachment's name holds a line break or another control character.")
    wrong = (*templates.unknown(command.text), *templates.unknown(command.html or ""))
    if wrong:
        raise errors.VariableUnknown(f"There is no variable {wrong[0]}.")
    saved = SnippetSaved(
        snippet_id=command.snippet_id,
        owner_id=None if command.shared else agent_id,
        name=command.name,
        folder=command.folder,
        text=command.text,
        html=command.html,
        attachments=command.attachments,
    )
    if len(msgspec.json.encode(saved)) > MAX_CONTENT:
        raise errors.SnippetInvalid(f"A snippet has at most {MAX_CONTENT} bytes.")
    return () if before is not None and before == snippet_of(saved) else (saved,)


def delete_snippet(command: DeleteSnippet, actor: Actor, known: Mapping[UUID, Snippet]) -> tuple[SnippetDeleted, ...]:
    before = known.get(command.snippet_id)
    if before is None:
        raise errors.SnippetNotFound("There is no such snippet.")
    _check_mine(before, agent_of(actor))
    return (SnippetDeleted(snippet_id=command.snippet_id),)


def _check_mine(snippet: Snippet | None, agent_id: UUID | None) -> None:
    if snippet is not None and snippet.owner_id is not None and snippet.owner_id != agent_id:
        raise errors.SnippetNotFound("There is no such snippet.")
