"""What becomes of a reply, recipient by recipient: the pure transitions of the delivery ledger (design section 7).

    requested ──► attempting ──► data_sent ──► accepted | failed | unknown
        ▲             │              │
        └── retry ────┘              └── no answer: unknown, sent once more, flagged

A reply may have several recipients, and the next hop may take some, refuse some and put others off; so each has a
standing of its own, and the reply's state follows from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, assert_never
from uuid import UUID

import msgspec

State = Literal["requested", "attempting", "data_sent", "accepted", "failed", "unknown"]
Standing = Literal["waiting", "accepted", "refused", "doubtful", "unknown"]
ReportKind = Literal["attempted", "accepted", "uncertain", "refused"]
DOUBTS: Final[frozenset[Standing]] = frozenset({"doubtful", "unknown"})
MAX_REASON: Final = 1_000
PARTLY_REFUSED: Final = "partly-refused"
FaultCode = Literal[
    "unreachable",
    "certificate",
    "tls-failed",
    "tls-missing",
    "insecure",
    "login-missing",
    "login-required",
    "wrong-password",
    "grant-expired",
    "secret-missing",
    "refused",
]
"""Why a mail server takes nothing from us, whatever the mail: a code that the UI puts into words."""
NO_ANSWER: Final = "the mail server took the message and gave no answer: it may have arrived"
NO_MORE: Final = "no-more"
"""The code of a doubt that is the last word: nothing is tried any more unless somebody says so."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Recipient(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a recipient stands. `doubtful`: handed over once without an answer, to be tried once more; `unknown`: that
    too got no answer. `code` is the status of the refusal; no words, which could name the person.
    """

    standing: Standing = "waiting"
    code: str = ""

    @property
    def is_open(self) -> bool:
        return self.standing in ("waiting", "doubtful")


class Taken(msgspec.Struct, frozen=True):
    """The next hop took responsibility for this recipient."""


class PutOff(msgspec.Struct, frozen=True):
    """Not now (4xx, a connection that failed): worth another try."""

    code: str
    words: str = ""


class TurnedDown(msgspec.Struct, frozen=True):
    """Never (5xx)."""

    code: str
    words: str = ""


class Silence(msgspec.Struct, frozen=True):
    """The final dot may have been sent, and no answer came."""


Answer = Taken | PutOff | TurnedDown | Silence


class Answered(msgspec.Struct, frozen=True):
    """What the next hop said for each recipient of an attempt; `addresses` are those of all recipients.

    `fault` is set when that was not about this mail, so that others need not be tried meanwhile.
    """

    addresses: tuple[str, ...]
    answers: Mapping[int, Answer]
    fault: FaultCode | None = None


class Postponed(msgspec.Struct, frozen=True):
    """Nothing was said: a part of ours was away, or the attempt was interrupted before the final dot."""

    code: str
    words: str = ""


class Interrupted(msgspec.Struct, frozen=True):
    """Whoever attempted is gone, at or after the final dot; the standings already say what is doubtful."""


class Impossible(msgspec.Struct, frozen=True):
    """The reply can't be made into a mail, or goes nowhere: its person is erased, an attachment is gone, a header can't
    be written, its channel is disconnected. `can_retry` where an agent may mend that and try again.
    """

    code: str
    words: str = ""
    can_retry: bool = False


Outcome = Answered | Postponed | Interrupted | Impossible


class Delivery(msgspec.Struct, frozen=True):
    """A reply under way, at its `attempt`-th try; no recipients: not known yet (the reply is sealed)."""

    reply_id: UUID
    attempt: int
    requested_at: datetime
    recipients: tuple[Recipient, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """A fact for the router about one attempt; `reason` may hold addresses."""

    kind: ReportKind
    attempt: int
    code: str = ""
    reason: str = ""
    can_retry: bool = True


class Settlement(msgspec.Struct, frozen=True):
    """How the ledger goes on: `due_at` is the next attempt, None when there is none."""

    state: State
    recipients: tuple[Recipient, ...]
    due_at: datetime | None
    reports: tuple[Report, ...]


class Schedule(msgspec.Struct, frozen=True):
    """Seconds from an attempt to the next; the last repeats until `give_up_after`, counted from the request."""

    delays: tuple[float, ...] = (1, 5, 30, 120, 600, 1800, 3600, 7200)
    give_up_after: float = 48 * 3600.0

    def pause(self, attempt: int, jitter: float) -> timedelta:
        """Four to six fifths of the delay after the given attempt (1, 2, …), as `jitter` (0 to 1) says."""
        seconds = self.delays[min(max(attempt, 1), len(self.delays)) - 1]
        return timedelta(seconds=seconds * (0.8 + 0.4 * jitter))


def known(recipients: Sequence[Recipient], count: int) -> tuple[Recipient, ...]:
    """The standings, or `count` waiting recipients when there are none yet."""
    return tuple(recipients) or (Recipient(),) * count


def open_indexes(recipients: Sequence[Recipient]) -> tuple[int, ...]:
    """Who is still to be served."""
    return tuple(index for index, recipient in enumerate(recipients) if recipient.is_open)


def heard(recipients: Sequence[Recipient], answers: Mapping[int, Answer]) -> tuple[Recipient, ...]:
    """The standings after these answers; whoever has none stands as before."""
    return tuple(
        _after(recipient, answers[index]) if recipient.is_open and index in answers else recipient
        for index, recipient in enumerate(recipients)
    )


def settle(delivery: Delivery, outcome: Outcome, now: datetime, schedule: Schedule, jitter: float) -> Settlement:
    """What the end of an attempt means. Total: every outcome of every delivery has a settlement."""
    match outcome:
        case Answered(addresses, answers, _):
            recipients = heard(known(delivery.recipients, len(addresses)), answers)
            silent = any(isinstance(answer, Silence) for answer in answers.values())
            last = next((a for a in answers.values() if isinstance(a, PutOff)), PutOff("expired"))
            words = _words(recipients, addresses, answers)
        case Postponed(code, spoken):
            recipients, silent, last, words = delivery.recipients, False, PutOff(code, spoken), spoken
        case Interrupted():
            recipients, silent, last, words = delivery.recipients, True, PutOff("no-answer"), ""
        case Impossible(code, spoken, can_retry):
            recipients = _closed(known(delivery.recipients, 1), code)
            return _final(delivery, recipients, spoken, silent=False, can_retry=can_retry)
        case _:
            assert_never(outcome)
    if recipients and not open_indexes(recipients):
        return _final(delivery, recipients, words, silent=silent)
    due_at = now + schedule.pause(delivery.attempt, jitter)
    if due_at > delivery.requested_at + timedelta(seconds=schedule.give_up_after):
        given_up = f"given up after {schedule.give_up_after / 3600:g} h; the last answer was: {words or last.words}"
        return _final(delivery, _closed(known(recipients, 1), last.code), given_up, silent=silent)
    reports = (Report("uncertain", delivery.attempt, reason=NO_ANSWER),) if silent else ()
    return Settlement(_waiting_state(recipients), recipients, due_at, reports)


def released(delivery: Delivery, now: datetime) -> Settlement:
    """Given back unfinished, before the final dot: due again at once."""
    return Settlement(_waiting_state(delivery.recipients), delivery.recipients, now, ())


def arrived(delivery: Delivery, now: datetime) -> Settlement:
    """An agent knows that the reply arrived: who may have it is tried no more; who was put off is, at once."""
    recipients = tuple(
        Recipient("accepted") if recipient.standing in DOUBTS else recipient for recipient in delivery.recipients
    )
    if recipients and not open_indexes(recipients):
        return _final(delivery, recipients, "", silent=False)
    return Settlement(_waiting_state(recipients), recipients, now, ())


def _waiting_state(recipients: Sequence[Recipient]) -> State:
    doubt = any(recipient.standing in DOUBTS for recipient in recipients)
    return "unknown" if doubt else "requested"


def _after(recipient: Recipient, answer: Answer) -> Recipient:
    match answer:
        case Taken():
            return Recipient("accepted")
        case PutOff():
            return recipient
        case TurnedDown(code):
            return Recipient("refused", code)
        case Silence():
            return Recipient("unknown" if recipient.standing == "doubtful" else "doubtful")
        case _:
            assert_never(answer)


def _closed(recipients: Sequence[Recipient], code: str) -> tuple[Recipient, ...]:
    """Nobody is tried any more: who waited is refused, who was doubtful stays unknown."""
    closed = {"waiting": Recipient("refused", code), "doubtful": Recipient("unknown")}
    return tuple(closed.get(recipient.standing, recipient) for recipient in recipients)


def _final(
    delivery: Delivery, recipients: tuple[Recipient, ...], words: str, *, silent: bool, can_retry: bool = True
) -> Settlement:
    """The last word: refused where someone was refused, else unknown where someone may have it, else accepted."""
    standings = [recipient.standing for recipient in recipients]
    attempt, report = delivery.attempt, Report("accepted", delivery.attempt)
    state: State = "accepted"
    if "refused" in standings:
        state = "failed"
        code = next(r.code for r in recipients if r.standing == "refused")
        if not all(standing == "refused" for standing in standings):
            code, can_retry = PARTLY_REFUSED, False
        report = Report("refused", attempt, code, _tidy(words), can_retry)
    elif "unknown" in standings:
        state, report = "unknown", Report("uncertain", attempt, NO_MORE, _tidy(words) or NO_ANSWER)
    uncertain = (Report("uncertain", attempt, reason=NO_ANSWER),) if silent and state == "failed" else ()
    return Settlement(state, recipients, None, (*uncertain, report))


def _words(recipients: Sequence[Recipient], addresses: Sequence[str], answers: Mapping[int, Answer]) -> str:
    """Who was not served and what was said: "1 of 3 recipients: bob@example.com: 550 no such user"."""
    lines = []
    for index, (recipient, address) in enumerate(zip(recipients, addresses, strict=True)):
        answer = answers.get(index)
        if isinstance(answer, PutOff | TurnedDown):
            lines.append(f"{address}: {answer.code} {answer.words}".strip())
        elif recipient.standing == "refused":
            lines.append(f"{address}: {recipient.code}")
        elif recipient.standing in DOUBTS:
            lines.append(f"{address}: no answer, it may have arrived")
    if not lines:
        return ""
    return f"{len(lines)} of {len(addresses)} recipients: {'; '.join(lines)}" if len(addresses) > 1 else lines[0]


def _tidy(words: str) -> str:
    return _UNPRINTABLE.sub(" ", words).strip()[:MAX_REASON]
