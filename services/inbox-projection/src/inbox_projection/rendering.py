"""Snippets and signatures with their variables filled, for a conversation and an agent; pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from inbox_projection.html import sanitise_outgoing
from service_kit import signing_off, templates


@dataclass(frozen=True)
class Rendered:
    """`missing` are variables that have neither value nor fallback: they still stand in text and HTML."""

    text: str
    html: str | None
    missing: tuple[str, ...]


def values_of(view: dict[str, Any]) -> dict[str, str]:
    """What each variable stands for; `view` is the row of queries.snippets.values."""
    agent_name = view["agent_name"] or ""
    values = {
        "contact.name": view["contact_name"],
        "contact.first_name": templates.first_name(view["contact_name"]),
        "contact.email": view["contact_email"],
        "agent.name": agent_name,
        "agent.first_name": templates.first_name(agent_name),
        "agent.email": view["agent_email"] or "",
        "agent.meeting_url": view["meeting_url"] or "",
        "agent.signature": view["agent_signature"] or "",
        "inbox.name": view["inbox_name"],
        "inbox.address": view["channel_address"] or view["fallback_address"] or "",
        "conversation.number": str(view["number"]),
        "conversation.subject": view["subject"],
    }
    assert values.keys() == set(templates.KNOWN)
    return values


def signature(view: dict[str, Any] | None) -> str:
    """What stands below a reply; `view` is the row of queries.snippets.values or inbox_values."""
    return "" if view is None or not view["signature"] else signing_off.filled(view["signature"], values_of(view))


def render(text: str, html: str | None, values: dict[str, str]) -> Rendered:
    """Both filled; what a person's name puts into HTML is text there."""
    filled = templates.fill(text, values)
    if html is None:
        return Rendered(filled.text, None, filled.missing)
    shown = templates.fill(html, values, lambda value: escape(value).replace("\n", "<br>"))
    missing = tuple(dict.fromkeys((*filled.missing, *shown.missing)))
    return Rendered(filled.text, sanitise_outgoing(shown.text), missing)
