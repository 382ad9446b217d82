"""What follows from writing first: the contact found by the address or made, and the conversation."""

from __future__ import annotations

from events.commands import StartConversation
from events.envelope import Envelope
from events.values import Handle
from router.domain import contact, first_messages
from router.domain.texts import mailbox_key
from router.people import company_of
from router.working_set import Cause, WorkingSet


def start(command: Envelope[StartConversation], working: WorkingSet, cause: Cause) -> None:
    """Appends the conversation, and before it a contact where the address is nobody's yet. Raises DomainError."""
    to = command.data.content.to
    address = mailbox_key(to[0].address) if to else ""
    known_id = working.rows.known.handles.get(("email", working.rows.email_hash(address)))
    contact_id = known_id or working.house.derived_id(command.id, "contact")
    events = first_messages.start(
        command,
        working.conversation(command.stream),
        contact_id=contact_id,
        number=working.rows.known.last_number + 1,
        workspace=working.workspace,
        house=working.house,
    )
    if events and known_id is None:
        handle = Handle(kind="email", value=address)
        met = contact.meet(handle, to[0].name, contact.UNKNOWN, company_of(address, working))
        working.append_contact(contact_id, met, cause)
    working.append_conversation(command.stream, events, cause)
