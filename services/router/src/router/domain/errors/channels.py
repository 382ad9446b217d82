"""Refusals about tests of channels, and about the names that their mails carry."""

from __future__ import annotations

from router.domain.errors.groups import Conflict, Invalid


class ChannelTestRunning(Conflict):
    """One test at a time."""


class ChannelTestOver(Conflict):
    """Nothing more is heard of a test that another one followed."""


class FromNameInvalid(Invalid):
    """A variable that there is none of, or a brace without its partner."""
