"""Which e-mail filter catches a mail, before there is a conversation: allow beats block, block beats spam; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, assert_never
from uuid import UUID

import msgspec

from events.filtering import FilterSwitches, Switch
from events.inbound import MessageReceived
from events.values import FILTERED_HEADERS, Address, MessageContent
from events.workspace import EmailFilter
from router.domain.comparisons import Folded, Pattern, PatternInvalid, compile_pattern, fold
from router.domain.filter_switches import NOTHING, shown
from router.domain.texts import mailbox_key

PATTERN_MEMORY: Final = 512 * 1024
"""Bytes that one compiled expression may take; there are up to 500. A larger one is refused (RE2, max_mem)."""


class Caught(msgspec.Struct, frozen=True):
    """The filter that caught a mail, of which version of the filters, and what becomes of the mail. Of a ready-made one
    it is `switch`, and the id the inbox's."""

    filter_id: UUID
    kind: Literal["block", "spam"]
    version: int
    switch: Switch | None = None


def _mailboxes(*addresses: Address) -> tuple[str, ...]:
    """Each address alone and as it stands in a header, with its name."""
    written = (text for one in addresses for text in (one.address, f"{one.name} <{one.address}>" if one.name else ""))
    return tuple(text for text in written if text)


_Reader = Callable[[MessageContent], tuple[str, ...]]


def _further(name: str) -> _Reader:
    return lambda content: (content.headers[name],) if name in content.headers else ()


HEADERS: Final[Mapping[str, _Reader]] = {
    "from": lambda content: _mailboxes(content.sender),
    "to": lambda content: _mailboxes(*content.to),
    "cc": lambda content: _mailboxes(*content.cc),
    "reply-to": lambda content: _mailboxes(*content.reply_to),
    "delivered-to": lambda content: (content.delivered_to,) if content.delivered_to else (),
    "subject": lambda content: (content.subject,),
    "message-id": lambda content: (content.external_id,) if content.external_id else (),
    "in-reply-to": lambda content: content.in_reply_to,
    "references": lambda content: content.references,
    **{name: _further(name) for name in FILTERED_HEADERS},
}
"""The headers that a filter can look at, which are those that travel with a message, by name in lower case."""
HEADER_NAMES: Final = ", ".join(name.title() for name in HEADERS)


class _Mail:
    """What filters look at; everything is made once, and only when a filter looks at it."""

    def __init__(self, content: MessageContent) -> None:
        self.content = content
        self.folded = Folded()
        self.address = mailbox_key(content.sender.address)
        self._bytes: dict[str, bytes] = {}

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2] if "@" in self.address else ""

    @cached_property
    def body(self) -> str:
        return self.content.text

    def bytes_of(self, text: str) -> bytes:
        raw = self._bytes.get(text)
        if raw is None:
            raw = self._bytes[text] = text.encode("utf-8", "replace")
        return raw


_Test = Callable[[_Mail], bool]


class _Kind:
    """The filters of one kind: the plain ones by address and domain in dictionaries, the others as tests."""

    def __init__(self, filters: Iterable[EmailFilter]) -> None:
        self.addresses: dict[str, list[EmailFilter]] = {}
        self.domains: dict[str, list[EmailFilter]] = {}
        self.tests: list[tuple[EmailFilter, _Test]] = []
        for one in filters:
            if one.operator == "is" and one.field == "address":
                self.addresses.setdefault(mailbox_key(one.value), []).append(one)
            elif one.operator == "is" and one.field == "domain":
                self.domains.setdefault(domain_of(one.value), []).append(one)
            else:
                self.tests.append((one, _test_of(one)))

    def first(self, mail: _Mail, inbox_id: UUID) -> EmailFilter | None:
        """A filter of this kind that matches the mail in this inbox."""
        for one in self._named(mail):
            if _applies(one, inbox_id):
                return one
        for one, test in self.tests:
            if _applies(one, inbox_id) and test(mail):
                return one
        return None

    def _named(self, mail: _Mail) -> Iterator[EmailFilter]:
        yield from self.addresses.get(mail.address, ())
        if self.domains:
            domain = mail.domain
            while domain:
                yield from self.domains.get(domain, ())
                domain = domain.partition(".")[2]


@dataclass(frozen=True)
class EmailFilters:
    """All filters, version 0 when none were ever set; compiled at the first mail, once for each version."""

    version: int = 0
    filters: tuple[EmailFilter, ...] = ()
    switches: tuple[FilterSwitches, ...] = ()

    @cached_property
    def _kinds(self) -> tuple[_Kind, _Kind, _Kind]:
        enabled = [one for one in self.filters if one.enabled]
        allow, block, spam = ([one for one in enabled if one.kind == kind] for kind in ("allow", "block", "spam"))
        return _Kind(allow), _Kind(block), _Kind(spam)

    def catch(self, message: MessageReceived) -> Caught | None:
        """The filter that the mail meets, None when it goes through. Linear in the mail's length."""
        if not self.filters:
            return None
        allow, block, spam = self._kinds
        mail = _Mail(message.content)
        blocked = block.first(mail, message.inbox_id)
        found = blocked or spam.first(mail, message.inbox_id)
        if found is None or allow.first(mail, message.inbox_id) is not None:
            return None
        return Caught(found.id, "spam" if blocked is None else "block", self.version)

    def switched(self, message: MessageReceived) -> Caught | None:
        """The ready-made filter that catches a mail of somebody to whom we have never written; None when none of those
        that are on does, or an `allow` filter lets it through."""
        on = _on(self.switches, message.inbox_id) if self.switches else NOTHING
        caught = min(on & shown(message), default=None) if on else None
        if caught is None or self._kinds[0].first(_Mail(message.content), message.inbox_id) is not None:
            return None
        return Caught(message.inbox_id, "block", self.version, caught)


NO_FILTERS: Final = EmailFilters()


def domain_of(value: str) -> str:
    """A domain as it is compared: lower case, without the at sign or dots that people write around it."""
    return value.strip().lower().lstrip("@*.").rstrip(".")


def pattern_of(value: str) -> Pattern:
    """The expression, caseless. Raises PatternInvalid."""
    return compile_pattern(value, PATTERN_MEMORY)


def _on(switches: Iterable[FilterSwitches], inbox_id: UUID) -> frozenset[Switch]:
    return NOTHING.union(*(one.on for one in switches if one.inbox_id in (None, inbox_id)))


def _applies(one: EmailFilter, inbox_id: UUID) -> bool:
    return one.inbox_id is None or one.inbox_id == inbox_id


def _texts_of(one: EmailFilter) -> Callable[[_Mail], tuple[str, ...]]:
    match one.field:
        case "address":
            return lambda mail: (mail.address,)
        case "domain":
            return lambda mail: (mail.domain,)
        case "header":
            read = HEADERS.get(one.header.lower())
            return (lambda mail: read(mail.content)) if read is not None else (lambda mail: ())
        case "subject":
            return lambda mail: (mail.content.subject,)
        case "body":
            return lambda mail: (mail.body,)
        case _:
            assert_never(one.field)


def _test_of(one: EmailFilter) -> _Test:
    texts = _texts_of(one)
    match one.operator:
        case "is":
            wanted = fold(one.value.strip())
            return lambda mail: any(mail.folded[text].strip() == wanted for text in texts(mail))
        case "contains":
            part = fold(one.value)
            return lambda mail: any(part in mail.folded[text] for text in texts(mail))
        case "matches":
            try:
                pattern = pattern_of(one.value)
            except PatternInvalid:
                return lambda mail: False
            return lambda mail: any(pattern.search(mail.bytes_of(text)) is not None for text in texts(mail))
        case _:
            assert_never(one.operator)
