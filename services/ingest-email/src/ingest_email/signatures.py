"""Where a signature begins at the end of what somebody wrote: "-- ", "Sent from my …", a list's footer, the own name.

Looks at the last lines only. What reads like sentences is no signature: a postscript stays in sight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

MAX_LINES: Final = 14
"""Lines with words that a signature has at most."""
MAX_CHARACTERS: Final = 1_200
MAX_SIGNATURE_LINE: Final = 80
MAX_NAME_WORDS: Final = 5

_DELIMITERS: Final = frozenset({"--", "__", "—", "---"})
_SENT_FROM = re.compile(
    r"(?:sent (?:wirelessly )?(?:from|via|using|with|by) (?:my\b|mail\b|mailbox|outlook|yahoo|proton|gmail|samsung"
    r"|iphone|ipad|android|huawei|xiaomi|acompli|spark\b|nine\b|windows|blackberry|aol|gmx|web\.de|fastmail|the )"
    r"|get outlook for|sent on the go|(?:von|mit) meinem .{1,40} gesendet|gesendet (?:von|mit|aus)\b"
    r"|diese nachricht wurde von mein|wysłan[eoy]? (?:z|przy|za)\b|wysłano z|envoyé (?:de|depuis|à partir|sans fil)\b"
    r"|enviado (?:desde|do|a partir|con)\b|inviato (?:da|dal)\b|verzonden (?:van|vanaf|met)\b|skickat från|sendt fra"
    r"|lähetetty|odesláno z|odoslané z|trimis de pe|küldve|отправлено (?:с|из)\b|надіслано з|gönderildi|iphone'?dan"
    r"|发自我的|從我的|iphoneから送信|나의 .{1,20}에서 보냄)",
    re.IGNORECASE,
)
_SENT_FROM_INITIALS: Final = frozenset("sgvmdweilotkонг发從나SGVMDWEILOTKОНГ")
"""With what such lines begin; spares most lines the look through all languages."""
_CLOSING = re.compile(
    r"(?:(?:many |kind |best |warm )?(?:thanks|thank you|thx|regards|wishes|best|cheers|sincerely|greetings)"
    r"|yours(?: sincerely| faithfully| truly)?|take care"
    r"|mit (?:freundlichen|besten|vielen|lieben) grü(?:ß|ss)en|(?:viele|liebe|beste|freundliche|schöne) grü(?:ß|ss)e"
    r"|mfg|vg|lg|gru(?:ß|ss)|danke|vielen dank|pozdrawiam|pozdrowienia|z poważaniem|z wyrazami szacunku|dziękuję|dzięki"
    r"|cordialement|bien à vous|merci|salutations|saludos|un saludo|atentamente|gracias|cordiali saluti|saluti|grazie"
    r"|distinti saluti|atenciosamente|obrigad[oa]|cumprimentos|abraços|met vriendelijke groet(?:en)?|groet(?:en|jes)?"
    r"|(?:med )?vänliga? hälsning(?:ar)?|(?:med )?venlig hilsen|mvh|hilsen|terveisin|s pozdravem|děkuji|s pozdravom"
    r"|ďakujem|üdvözlettel|köszönöm|cu stimă|mulțumesc|с уважением|спасибо|з повагою|дякую|saygılarımla|teşekkürler)"
    r"(?:[ ,.!-].{0,30})?",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"://|www\.|@|\d[\d ()./-]{5,}")
_DASHED_NAME = re.compile(r"[-–—][^\W\d_][\w.]+(?: [^\W\d_][\w.]*){0,2}")
_POSTSCRIPT = re.compile(r"p\.? ?s\b", re.IGNORECASE)


def signature_from(text: str, sender: str = "") -> int:
    """Where the signature begins in `text`, its length for none. `sender` is the writer's name as the mail gives it.

    There are always words before it: a text that is nothing but a signature has none.
    """
    cut = max(0, len(text) - MAX_CHARACTERS)
    tail = text[cut:] if cut else text
    delimited = "\n--" in tail
    if not delimited and _ends_in_words(tail):
        return len(text)
    lines = tail.split("\n")
    first = 1 if cut else 0
    start = _start(lines, first, sender, delimited=delimited)
    if start is None:
        return len(text)
    begin = cut + sum(map(len, lines[:start])) + start
    return begin if text[:begin].strip() else len(text)


def _ends_in_words(tail: str) -> bool:
    """Whether the last line of a text without any delimiter says that there is no signature: so most texts end."""
    words = tail.rstrip()
    last = words[words.rfind("\n") + 1 :].strip()
    return bool(last) and not _is_plain(last) and not (last[0] in _SENT_FROM_INITIALS and _is_sent_from(last))


def _start(lines: Sequence[str], first: int, sender: str, *, delimited: bool) -> int | None:
    """The line at which the signature begins: the highest that does so with nothing but signature below it. Where
    something else stands below, only a delimiter may still come (`delimited`)."""
    start, words, all_plain = None, 0, True
    own = _OwnName(sender)
    for number in range(len(lines) - 1, first - 1, -1):
        line = lines[number].strip()
        if not line:
            continue
        words += 1
        if words > MAX_LINES:
            break
        initial = line[0]
        if line in _DELIMITERS and (all_plain or line == "--"):
            start = number if words > 1 else start
        elif not all_plain:
            if not delimited:
                break
        elif len(line) > MAX_SIGNATURE_LINE:
            all_plain = False
        elif initial in _SENT_FROM_INITIALS and _is_sent_from(line):
            start = number
        elif initial.casefold()[:1] in own.initials and own.begins(line) and not _is_item(lines, number):
            start = _with_closing(lines, number, first)
        elif initial in "_-=" and _is_rule(line):
            start = number if _has_contact(lines[number + 1 :]) else start
        elif not _is_plain(line):
            all_plain = False
    return start


class _OwnName:
    """The writer's name, as it stands at the head of a signature. Other lines than those whose first letter (case
    folded) is one of `initials` have not got it."""

    __slots__ = ("_first", "_whole", "initials")

    def __init__(self, sender: str) -> None:
        self._whole = sender.casefold()
        self._first = next(iter(sender.split()), "").strip(",.").casefold()
        self.initials = f"-–—*_,.{self._whole[:1]}{self._first[:1]}"

    def begins(self, line: str) -> bool:
        """Whether the line, at most 80 characters, is the name, or another one behind a dash."""
        if line[0] in "-–—" and _DASHED_NAME.fullmatch(line):
            return line[1].isupper() or line[1:].casefold() == self._whole
        if not self._whole.strip():
            return False
        line = line.strip("*_ ,.")
        if line.casefold() == self._whole:
            return True
        written = line.split()
        return (
            len(written) <= MAX_NAME_WORDS
            and bool(written)
            and written[0].strip(",.").casefold() == self._first
            and all(word[0].isupper() for word in written)
        )


def _with_closing(lines: Sequence[str], number: int, first: int) -> int:
    """The line of "Regards," above the name, or the name's."""
    above = next((n for n in range(number - 1, max(first, number - 3) - 1, -1) if lines[n].strip()), None)
    return above if above is not None and _CLOSING.fullmatch(lines[above].strip()) else number


def _is_sent_from(line: str) -> bool:
    return len(line) <= MAX_SIGNATURE_LINE and "," not in line and _SENT_FROM.match(line) is not None


def _is_item(lines: Sequence[str], number: int) -> bool:
    """Whether the line stands in a list, or below the words that open one."""
    above = next((lines[n].strip() for n in range(number - 1, max(-1, number - 3), -1) if lines[n].strip()), "")
    return lines[number].lstrip()[0] in "-–—" and (above[:1] in ("-", "–", "*", "•") or above[-1:] == ":")


def _is_plain(line: str) -> bool:
    """A line as signatures have them: short, no sentence, no question, no postscript."""
    first, last = line[0], line[-1]
    if last in "?:;" or first == ">" or (first in "pP" and _POSTSCRIPT.match(line)):
        return False
    words = line.count(" ") + 1
    return words <= 4 or (words <= 8 and (last not in ".!" or _CONTACT.search(line) is not None))


def _is_rule(line: str) -> bool:
    return len(line) >= 10 and len(set(line)) == 1


def _has_contact(lines: Sequence[str]) -> bool:
    return any(_CONTACT.search(line) for line in lines)
