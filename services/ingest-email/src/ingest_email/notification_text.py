"""What a mail tells an agent of a conversation or a channel: who wrote, the subject, how the text begins; pure."""

from __future__ import annotations

from typing import Final

import msgspec

from events.system_mails import ChannelMatter, Excerpt, Matter
from ingest_email.system_mail_catalogue import Catalogue

MOST_SUBJECT: Final = 120
MOST_OF_SEVERAL: Final = 200
"""Characters of a text where a mail tells of several conversations."""


class Written(msgspec.Struct, frozen=True):
    """What was written, opened, with the name of who wrote it; `unseen`: not by or for the customer."""

    excerpt: Excerpt
    who: str
    unseen: bool


def told(matter: Matter, written: Written | None, catalogue: Catalogue, language: str, url: str, *, alone: bool) -> str:
    """The lines about a conversation. Each line of what was written is marked as quoted, so that nothing in it looks
    like ours; without `written` (its person was erased) only what happened and where."""
    words = ", ".join(catalogue.words(language, kind) for kind in matter.kinds)
    lines = [f"{titled(matter, written)}: {words}"]
    if written is not None and written.excerpt.text:
        shown = written.excerpt.text if alone else _cut(written.excerpt.text, MOST_OF_SEVERAL)
        how = "wrote_unseen" if written.unseen else "wrote"
        who = one_line(written.who) or catalogue.phrase(language, "somebody")
        lines += ["", catalogue.phrase(language, how).format(who=who)]
        lines += [f"> {_printable(line)}".rstrip() for line in shown.splitlines()]
        lines.append("")
    return "\n".join((*lines, f"{url}/conversations/{matter.conversation_id}", ""))


def told_of_channel(matter: ChannelMatter, address: str, catalogue: Catalogue, language: str, url: str) -> str:
    """The lines about a channel that has trouble, with the code of its reason."""
    words = catalogue.words(language, "channel_unhealthy")
    where = f"{url}/settings/inboxes/{matter.inbox_id}/channels/{matter.channel_id}"
    return "\n".join((f"{address or matter.channel_id}: {words} ({matter.reason or matter.state})", where, ""))


def titled(matter: Matter, written: Written | None) -> str:
    """`#12 My parcel`, on a line that may stand in a header."""
    subject = "" if written is None else _cut(one_line(written.excerpt.subject), MOST_SUBJECT)
    return f"#{matter.number} {subject}".strip()


def one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rstrip() + " …"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
