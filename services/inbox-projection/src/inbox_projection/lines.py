"""A line of the thread as the API gives it, from its row; pure."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from events.conversations import CommentText, Hold, ReplyContent, Subject, SubjectChanged
from events.values import Address, Attachment, MessageContent
from inbox_projection.authors import author
from inbox_projection.html import remote_images, sanitise, with_remote_images
from inbox_projection.pool import Row

_inbound: Final = msgspec.json.Decoder(MessageContent)
_reply: Final = msgspec.json.Decoder(ReplyContent)
_comment: Final = msgspec.json.Decoder(CommentText)
_subject: Final = msgspec.json.Decoder(Subject)


class _Details(msgspec.Struct):
    """What is read of a line's details, whatever its kind."""

    automated: str | None = None
    automated_kind: str | None = None
    authentication: str = ""
    bounced_reply_id: UUID | None = None
    unreadable: str | None = None
    mentions: tuple[UUID, ...] = ()
    mentioned_team_ids: tuple[UUID, ...] = ()
    hold: Hold | None = None
    forwarded_ids: tuple[UUID, ...] = ()


_details: Final = msgspec.json.Decoder(_Details)
_any: Final = msgspec.json.Decoder(dict[str, Any])


class CleanHtml:
    """Sanitised HTML by message, the most recently read ones up to a number of characters; a message never changes."""

    def __init__(self, characters: int = 4_000_000) -> None:
        self._room = characters
        self._kept: OrderedDict[UUID, str] = OrderedDict()

    def of(self, message_id: UUID, html: str, attachments: tuple[Attachment, ...]) -> str:
        kept = self._kept.get(message_id)
        if kept is not None:
            self._kept.move_to_end(message_id)
            return kept
        inline = {one.content_id: attachment_url(message_id, one.id) for one in attachments if one.content_id}
        clean = sanitise(html, inline)
        self._kept[message_id] = clean
        self._room -= len(clean)
        while self._room < 0 and self._kept:
            self._room += len(self._kept.popitem(last=False)[1])
        return clean


def attachment_url(message_id: UUID, attachment_id: UUID) -> str:
    return f"/api/v1/messages/{message_id}/attachments/{attachment_id}"


def content_of(row: Row) -> MessageContent | ReplyContent | None:
    """The sealed half of a message in or out; None once erased."""
    if row["content"] is None or row["kind"] != "message":
        return None
    return _inbound.decode(row["content"]) if row["direction"] == "in" else _reply.decode(row["content"])


def sent_at(row: Row) -> datetime:
    """When a message came or went; of a reply that waited, when it was let go."""
    at: datetime = row["released_at"] or row["at"]
    return at


def shaped(row: Row, cache: CleanHtml, *, images: bool = False) -> dict[str, Any]:
    """The line, all fields of the contract present; `images` loads remote images of HTML, which otherwise wait."""
    details = _details.decode(row["details"]) if row["details"] else _Details()
    line = _bare(row, details)
    content = content_of(row)
    if content is not None:
        _fill(line, row["message_id"], content, cache, images)
        if isinstance(content, MessageContent):
            line["bounce"] = _bounce(content, details)
            line["invitation"] = _invitation(content)
    elif row["kind"] == "comment" and row["content"] is not None:
        line["text"] = line["new_text"] = _comment.decode(row["content"]).text
    elif row["kind"] == "activity":
        known = _any.decode(row["details"]) if row["details"] else {}
        line["activity"] = {"type": row["activity"], "details": known}
        if row["activity"] == SubjectChanged.__name__ and row["content"] is not None:
            line["subject"] = _subject.decode(row["content"]).subject
    return line


def _bare(row: Row, details: _Details) -> dict[str, Any]:
    return {
        "id": row["message_id"],
        "conversation_id": row["conversation_id"],
        "kind": row["kind"],
        "direction": row["direction"],
        "external_id": None,
        "author": author(row),
        "from": None,
        "to": (),
        "cc": (),
        "bcc": (),
        "subject": "",
        "text": "",
        "new_text": "",
        "quoted": "",
        "html": None,
        "remote_images": 0,
        "truncated": False,
        "attachments": (),
        "mentions": (*details.mentions, *details.mentioned_team_ids),
        "automated": details.automated is not None,
        "automated_kind": details.automated_kind,
        "authentication": details.authentication or None,
        "bounce": None,
        "invitation": None,
        "unreadable": details.unreadable is not None,
        "erased": row["content"] is None and row["kind"] != "activity",
        "activity": None,
        "sent_at": sent_at(row),
        "sequence": row["sequence"],
        "in_side_thread": bool(row["in_side_thread"]),
        "forwarded_ids": details.forwarded_ids,
        "delivery": None if row["delivery"] is None else _delivery(row, details),
    }


def _delivery(row: Row, details: _Details) -> dict[str, Any]:
    waits = row["delivery"] == "scheduled"
    return {
        "state": row["delivery"],
        "reason": row["delivery_reason"],
        "can_retry": bool(row["delivery_can_retry"]),
        "due_at": details.hold.not_before if waits and details.hold is not None else None,
        "held": row["delivery_code"].replace("_", "-") if waits and row["delivery_code"] else None,
    }


def _fill(
    line: dict[str, Any], message_id: UUID, content: MessageContent | ReplyContent, cache: CleanHtml, images: bool
) -> None:
    line["external_id"] = content.external_id
    line["from"] = address(content.sender)
    line["to"] = [address(one) for one in content.to]
    line["cc"] = [address(one) for one in content.cc]
    line["bcc"] = [address(one) for one in content.bcc]
    line["subject"] = content.subject
    line["text"] = content.text
    if isinstance(content, MessageContent):
        line["new_text"], line["quoted"] = content.new_text, content.quoted
        line["truncated"] = content.text_blob is not None or content.html_blob is not None
    else:
        line["new_text"] = content.text
    if content.html is not None:
        clean = cache.of(message_id, content.html, content.attachments)
        line["remote_images"] = remote_images(clean)
        line["html"] = with_remote_images(clean) if images else clean
    line["attachments"] = [attachment(message_id, one) for one in content.attachments]


def _bounce(content: MessageContent, details: _Details) -> dict[str, Any] | None:
    """What a delivery status notification says, and the reply of ours that it proves to speak of."""
    if content.bounce is None:
        return None
    return {**msgspec.structs.asdict(content.bounce), "reply_id": details.bounced_reply_id}


def _invitation(content: MessageContent) -> dict[str, Any] | None:
    return None if content.invitation is None else msgspec.structs.asdict(content.invitation)


def address(one: Address) -> dict[str, str]:
    return {"address": one.address, "name": one.name}


def attachment(message_id: UUID, one: Attachment) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "content_type": one.content_type,
        "size": one.size,
        "url": attachment_url(message_id, one.id),
        "inline": one.content_id is not None,
    }
