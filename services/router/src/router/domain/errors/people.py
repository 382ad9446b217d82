"""Refusals about contacts, their properties, and companies."""

from __future__ import annotations

from router.domain.errors.groups import Conflict, Invalid, NotFound


class ContactNotFound(NotFound):
    """The stream has no ContactCreated."""


class ContactIsErased(Conflict):
    """The person was erased; nothing about them may be stored again here."""


class ContactFieldInvalid(Invalid):
    """A name, phone or note that is too long or holds control characters."""


class HandleInUse(Conflict):
    """Somebody else has this address; the detail names the contact."""


class ContactIsMerged(Conflict):
    """Another contact stands for this one; the detail names it."""


class MergedSetTooLarge(Conflict):
    """More contacts than one may stand for."""


class ContactNotMerged(NotFound):
    """The one was never merged into the other."""


class MergeWithItself(Invalid):
    """Both are the same contact."""


class ContactHandleInvalid(Invalid):
    """No e-mail address, or too many."""


class ContactEmpty(Invalid):
    """Neither a name nor a handle."""


class PropertyValueInvalid(Invalid):
    """Not of the property's kind, or no such property."""


class ContactPropertyNotFound(NotFound):
    """No property has this id."""


class ContactPropertyInvalid(Invalid):
    """A property that could not be shown, or one too many."""


class ContactPropertyTaken(Conflict):
    """There is one of this name, or another of this id."""


class CompanyNotFound(NotFound):
    """No company has this id."""


class CompanyInvalid(Invalid):
    """A name or note that could not be shown, or too many domains."""


class CompanyDomainInvalid(Invalid):
    """No e-mail domain."""


class CompanyDomainPublic(Invalid):
    """Anybody may have an address there."""


class CompanyDomainTaken(Conflict):
    """Another company has it; the detail names that company."""
