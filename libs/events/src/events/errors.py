"""What can be wrong with a record, as one tree.

EventError
├── MalformedEvent          not JSON, a missing header, or data that does not fit its schema
│   └── EventTooLarge       over the limit of the store (512 kB) or of a topic (2 MB)
├── UnknownEventType        a type that no family declares
├── UnknownEventVersion     a version newer than this reader, or one without an upcaster
├── KeyNotHeld              the data key was not looked up or has no row: a fault, never an erasure
└── SealBroken              the box was tampered with, or sealed under another key or event id
"""


class EventError(Exception):
    """A record that cannot be turned into an event; the message says what, why, and never holds personal data."""


class MalformedEvent(EventError):
    """Not JSON, a header is missing, or the data does not fit the schema of its type and version."""


class EventTooLarge(MalformedEvent):
    """The encoded event exceeds the size limit; big things belong in the blob store."""


class UnknownEventType(EventError):
    """No family declares this type."""


class UnknownEventVersion(EventError):
    """The version is newer than this reader knows, or no upcaster leads from it to the current one."""


class KeyNotHeld(EventError):
    """The key that sealed this event is neither held nor known to be erased."""


class SealBroken(EventError):
    """The sealed box does not open with its key and event id."""
