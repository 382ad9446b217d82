"""Of what kind a refusal is: the first word of its code, which the API turns into a status."""

from __future__ import annotations

from typing import ClassVar

from service_kit.decider import DomainError, Meaning


class NotFound(DomainError):
    meaning: ClassVar[Meaning] = "not_found"


class Conflict(DomainError):
    meaning: ClassVar[Meaning] = "conflict"


class Invalid(DomainError):
    meaning: ClassVar[Meaning] = "invalid"


class Forbidden(DomainError):
    meaning: ClassVar[Meaning] = "forbidden"


class PreconditionFailed(DomainError):
    meaning: ClassVar[Meaning] = "precondition_failed"
