"""The texts of mails to agents, by language and kind, as they lie in `system_mail_texts`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

from events.notifications import NotificationKind

FALLBACK: Final = "en"
OTHERWISE: Final = "otherwise"
"""The refusal of which there is no more to say."""
FOLDER: Final = "ingest_email.system_mail_texts"


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Subject and plain text with `{names}` to be filled in."""

    subject: str
    text: str

    def filled(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text. Raises KeyError for a name without a value."""
        return self.subject.format_map(values), self.text.format_map(values)


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mails by kind, what is said of each kind of notification and of who wrote, and of each reason why an
    answer became no reply."""

    mails: dict[str, Text]
    kinds: dict[NotificationKind, str]
    refusals: dict[str, str]
    phrases: dict[str, str]


class Catalogue:
    """All languages; what one lacks is said in English."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self.languages = languages

    @staticmethod
    def read() -> Catalogue:
        """From the files of the package."""
        files = (entry for entry in resources.files(FOLDER).iterdir() if entry.name.endswith(".json"))
        return Catalogue(
            {file.name.removesuffix(".json"): msgspec.json.decode(file.read_bytes(), type=Language) for file in files}
        )

    def text(self, language: str, kind: str) -> Text:
        """In the language (RFC 5646; its region does not matter), else in English. Raises KeyError for no such kind."""
        return self._language(language).mails.get(kind) or self.languages[FALLBACK].mails[kind]

    def words(self, language: str, kind: NotificationKind) -> str:
        """What happened, on a line."""
        return self._language(language).kinds.get(kind) or self.languages[FALLBACK].kinds[kind]

    def refusal(self, language: str, code: str) -> str:
        """Why an answer became no reply, as a sentence."""
        known = self._language(language).refusals
        return known.get(code) or known[OTHERWISE]

    def phrase(self, language: str, name: str) -> str:
        """A piece of a text, with `{names}` to be filled in. Raises KeyError for no such piece."""
        return self._language(language).phrases.get(name) or self.languages[FALLBACK].phrases[name]

    def _language(self, language: str) -> Language:
        return self.languages.get(language.partition("-")[0].lower(), self.languages[FALLBACK])
