"""What agents ask of contacts and companies."""

from __future__ import annotations

from uuid import UUID

from events.contacts import PropertyValue
from events.envelope import Command
from events.properties import PropertyKind
from events.values import Handle


class UpdateContact(Command, frozen=True, kw_only=True):
    """A field left out stays. The target is the contact. Properties go by the text of their ids; None: taken away."""

    name: str | None = None
    phone: str | None = None
    note: str | None = None
    properties: dict[str, PropertyValue] | None = None


class EraseContact(Command, frozen=True, kw_only=True):
    """Destroys the person's keys, rows and blobs. The target is the contact. It cannot be undone."""


class CreateContact(Command, frozen=True, kw_only=True):
    """Adds a person. The target is the contact that it makes.

    A handle that somebody has is refused; with `update` what is given is written to that contact instead.
    """

    name: str = ""
    handles: tuple[Handle, ...] = ()
    phone: str = ""
    note: str = ""
    properties: dict[str, PropertyValue] | None = None
    update: bool = False


class AddContactNote(Command, frozen=True, kw_only=True):
    note_id: UUID
    text: str


class BlockContact(Command, frozen=True, kw_only=True):
    """Mails of this person are kept out of the inboxes."""


class UnblockContact(Command, frozen=True, kw_only=True):
    pass


class MergeContacts(Command, frozen=True, kw_only=True):
    """The target stands for `from_id` from now on, and for all that was merged into it."""

    from_id: UUID


class UnmergeContact(Command, frozen=True, kw_only=True):
    """`from_id`, merged into the target, is a contact of its own again."""

    from_id: UUID


class LinkCompany(Command, frozen=True, kw_only=True):
    """The target, a contact, belongs to this company, and to no other any more."""

    company_id: UUID


class UnlinkCompany(Command, frozen=True, kw_only=True):
    company_id: UUID


class CreateCompany(Command, frozen=True, kw_only=True):
    """The target is the company that it makes. A domain of another company, or of a public provider, is refused."""

    name: str
    domains: tuple[str, ...] = ()
    note: str = ""


class ChangeCompany(Command, frozen=True, kw_only=True):
    """A field left out stays. The target is the company."""

    name: str | None = None
    domains: tuple[str, ...] | None = None
    note: str | None = None


class DefineContactProperty(Command, frozen=True, kw_only=True):
    """A property that contacts have from now on; `choices` of one of the kind "choice". The target is the workspace."""

    property_id: UUID
    name: str
    kind: PropertyKind
    choices: tuple[str, ...] = ()


ContactCommand = (
    UpdateContact
    | EraseContact
    | CreateContact
    | AddContactNote
    | BlockContact
    | UnblockContact
    | MergeContacts
    | UnmergeContact
    | LinkCompany
    | UnlinkCompany
)
CompanyCommand = CreateCompany | ChangeCompany
