"""Builders and a stand-in for the projector's shell, for tests and measurements."""

from inbox_projection.testing.actions import Actions
from inbox_projection.testing.replay import Replay
from inbox_projection.testing.story import Logged, Opened, Story, Thread, open_record

__all__ = ["Actions", "Logged", "Opened", "Replay", "Story", "Thread", "open_record"]
