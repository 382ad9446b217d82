"""Every refusal is in the tree of its module, means something, and has a reason of its own."""

from __future__ import annotations

import inspect

from router.domain import errors
from service_kit.decider import DomainError

GROUPS = (errors.NotFound, errors.Conflict, errors.Invalid, errors.Forbidden, errors.PreconditionFailed)
REFUSALS = [
    cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, DomainError) and cls not in GROUPS
]


def test_every_refusal_is_in_the_tree_of_the_docstring() -> None:
    words = set((errors.__doc__ or "").split())
    assert not {cls.__name__ for cls in REFUSALS} - words


def test_every_refusal_belongs_to_one_group_and_says_why_it_exists() -> None:
    refusals = [cls for cls in REFUSALS if cls is not DomainError]
    assert len(refusals) > 40
    for cls in refusals:
        assert [group for group in GROUPS if issubclass(cls, group)] == [cls.__base__]
        assert cls.__doc__ and cls.__doc__ != cls.__base__.__doc__


def test_codes_are_distinct() -> None:
    codes = [cls("").code for cls in REFUSALS]
    assert len(set(codes)) == len(codes)
    assert errors.NewerMessageExists().code == "precondition_failed.newer-message-exists"
