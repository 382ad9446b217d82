"""What the deciders need of this installation: its mail domain, and how ids are derived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from service_kit.limits import UNLIMITED, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Built once by the shell from its settings; the functions are pure and total.

    `mail_domain` holds the fallback addresses. `derived_id(parent, name)` gives the same id for the same two, so
    handling a record twice makes the same ids. `message_id(reply_id, conversation_id)` is the signed Message-ID of
    a reply, without angle brackets; `side_message_id` that of a forward, signed as the side thread's.
    `reply_address(address, conversation_id)` is the address with the conversation's token.
    `limits` is what the workspace may have of some things, `company_name` what From names call the company.
    """

    mail_domain: str
    derived_id: Callable[[UUID, str], UUID]
    message_id: Callable[[UUID, UUID], str]
    side_message_id: Callable[[UUID, UUID], str]
    reply_address: Callable[[str, UUID], str]
    limits: Limits = UNLIMITED
    company_name: str = ""
