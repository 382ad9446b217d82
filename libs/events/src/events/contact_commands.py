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

    A handle that somebody has is refused; with `update` what is given is written to that contact instead, if it is the
    one `known_as`: who asks has seen that contact, and nobody else is changed.
    """

    name: str = ""
    handles: tuple[Handle, ...] = ()
    phone: str = ""
    note: str = ""
    properties: dict[str, PropertyValue] | None = None
    update: bool = False
    known_as: UUID | None = None


class AddContactAddress(Command, frozen=True, kw_only=True):
    """The target is known by a further e-mail address; one that somebody has is refused."""

    address: str


class RemoveContactAddress(Command, frozen=True, kw_only=True):
    """The target is not known by this e-mail address any more; by `first` first, where the address was that."""

    address: str
    first: str | None = None


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
    """The target, a contact, belongs to this company, and to no other any more; `unless_linked`: one who belongs to a
    company stays there."""

    company_id: UUID
    unless_linked: bool = False


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


class ChangeContactProperty(Command, frozen=True, kw_only=True):
    """A field left out stays; what kind of property it is stays for ever. Contacts keep values that are no choice any
    more. The target is the workspace."""

    property_id: UUID
    name: str | None = None
    choices: tuple[str, ...] | None = None


class DeleteContactProperty(Command, frozen=True, kw_only=True):
    """Contacts have it no more, nor their values of it. The target is the workspace."""

    property_id: UUID


ContactPropertyCommand = DefineContactProperty | ChangeContactProperty | DeleteContactProperty
ContactCommand = (
    UpdateContact
    | EraseContact
    | CreateContact
    | AddContactAddress
    | RemoveContactAddress
    | AddContactNote
    | BlockContact
    | UnblockContact
    | MergeContacts
    | UnmergeContact
    | LinkCompany
    | UnlinkCompany
)
CompanyCommand = CreateCompany | ChangeCompany
