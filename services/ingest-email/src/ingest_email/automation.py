"""Tells mail that no person wrote for us from mail that one did (RFC 3834, 3464, 2919, 3798; Exchange's own field).

What is named here is never answered automatically. Sign and kind are words of fixed lists: no personal data.
"""

from __future__ import annotations

import re
from typing import Final

from events.values import AutomatedKind
from ingest_email.headers import parameters
from ingest_email.parse import Mail

MAILERS: Final = re.compile(
    r"mailer[-_.]?(?:daemon|agent)|mail[-_.]?daemon|mdaemon|postmaster|smtp[-_.]?daemon|mail[-_.]?delivery"
    r"(?:[-_.](?:subsystem|system))?",
    re.IGNORECASE,
)
"""The names (local parts) by which mail servers write themselves."""
_ROBOTS: Final = re.compile(
    rf"(?:{MAILERS.pattern}|bounces?|(?:[\w.+-]+[-_+])?bounces?(?:[-+].*)?|no[-_.]?reply"
    r"|do[-_.]?not[-_.]?reply|donotreply|root|www-data|nobody|autoresponder|auto-reply|autoreply|vacation)",
    re.IGNORECASE,
)
_ROBOT_NAMES: Final = re.compile(
    r"mailer[- ]?daemon|mail delivery (?:sub)?system|mail delivery (?:service|agent)|internet mail delivery|postmaster"
    r"|system administrator|mail administrator|message delivery|delivery subsystem",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT: Final = re.compile(
    r"\s*(?:re:\s*)?(?:undeliver(?:able|ed)|delivery (?:status|failure|report|notification|error|problem|has failed)"
    r"|delivery to .{1,200} (?:failed|has failed)|mail (?:delivery|system error|could not be delivered)|mail error"
    r"|mail status report|returned (?:mail|e-mail|to sender)|return(?:ed)? (?:mail|message)|failure (?:notice|delivery)"
    r"|failed (?:mail|delivery)|failed to deliver|warning: could not send|warning: message|nondeliverable"
    r"|non[- ]?delivery|message (?:delivery|could not|undeliverable)|could not deliver|unable to deliver|unzustellbar"
    r"|nicht zustellbar|undelivrable|no se puede entregar|nie dostarczono|wiadomość niedostarczona|недоставлен"
    r"|user unknown|returning message|e?-?mail (?:address )?(?:not delivered|returned)|postmaster notify"
    r"|problem delivering|bounced mail|sendmail error|permanent delivery failure|notification d'état"
    r"|rapport de non-remise|mancato recapito|エラーメール|送信エラー|.{0,200}(?:\(delivery failed\)|: non remis))",
    re.IGNORECASE,
)
_AWAY_SUBJECT: Final = re.compile(
    r"\s*(?:re:\s*)?(?:auto(?:matic|matische|mated)?[- ]?(?:reply|response|antwort|answer|replied)"
    r"|out of (?:the )?office"
    r"|abwesenheits?(?:notiz|nachricht|assistent)?\b|automatische antwort|réponse automatique|respuesta automática"
    r"|resposta automática|risposta automatica|automatisch antwoord|autosvar"
    r"|automatyczna odpowiedź|odpowiedź automatyczna"
    r"|automatická odpověď|автоответ|автоматический ответ|自动回复|自動回覆|自動応答|vacation(?: reply| message|:))",
    re.IGNORECASE,
)
_SUPPRESSED: Final = frozenset({"all", "oof", "autoreply"})
_PRECEDENCES: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_REPLY_FIELDS: Final = frozenset(
    {
        "x-autoreply",
        "x-autorespond",
        "x-auto-reply",
        "x-autoresponder",
        "x-mail-autoreply",
        "x-amazon-auto-reply",
        "x-vacation",
    }
)
LOOP_HEADER: Final = "X-Loop"
_LOOP_FIELD: Final = LOOP_HEADER.lower()
_OWN_FIELDS: Final = _REPLY_FIELDS | {
    "x-postroom-auto",
    "x-fc-machinegenerated",
    "x-failed-recipients",
    "x-ms-exchange-inbox-rules-loop",
}
_REPORTS: Final = frozenset(
    {
        "multipart/report",
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/partial",
    }
)
_LIST_FIELDS: Final = ("list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "list-archive")
_TELLING_FIELDS: Final = _OWN_FIELDS.union(
    _LIST_FIELDS, ("auto-submitted", "return-path", "precedence", "x-auto-response-suppress", _LOOP_FIELD)
)
"""A mail without any of these is judged by its sender and subject alone."""


def loop_mark(domain: str) -> str:
    """What `X-Loop` says in the automatic mails of the installation with this mail domain, and in no agent's mail.

    Mailing programs write the field into people's mail too (another Postroom's agents among them), so that only our own
    mark is a sign, and no field of another's.
    """
    return f"postroom@{domain.lower()}"


def sign_of(mail: Mail, envelope_sender: str | None = None, domain: str = "") -> str | None:
    """The first sign by which the mail is automatic, None for a person's mail.

    `envelope_sender` is the reverse path of SMTP ("" for `<>`), None where it isn't known; `domain` is our mail domain.
    """
    headers = mail.headers
    if mail.container not in _REPORTS and envelope_sender != "" and headers.fields.keys().isdisjoint(_TELLING_FIELDS):
        return _sender_sign(mail, envelope_sender or "") or _subject_sign(mail.subject)
    auto_submitted = headers.first("auto-submitted")
    if auto_submitted and parameters(auto_submitted)[0].partition(" ")[0] != "no":
        return "auto-submitted"
    if mail.container in _REPORTS:
        return "report"
    if envelope_sender == "" or headers.first("return-path").replace(" ", "") == "<>":
        return "null-sender"
    if headers.first("precedence").strip().lower() in _PRECEDENCES:
        return "precedence"
    suppressed = headers.first("x-auto-response-suppress").lower().replace(" ", "")
    if suppressed and _SUPPRESSED & set(suppressed.split(",")):
        return "x-auto-response-suppress"
    names = headers.fields.keys()
    if not names.isdisjoint(_OWN_FIELDS):
        return "x-autoreply"
    if domain and loop_mark(domain) in (value.strip().lower() for value in headers.all(_LOOP_FIELD)):
        return "x-loop"
    if not names.isdisjoint(_LIST_FIELDS):
        return "list"
    return _sender_sign(mail, envelope_sender or "") or _subject_sign(mail.subject)


def kind_of(mail: Mail, *, final: bool | None) -> AutomatedKind:
    """What an automatic mail is. `final` is what it reports of a delivery (`bounces.report_of`), None for nothing."""
    if final is not None:
        return "bounce" if final else "delayed"
    if mail.container not in _REPORTS and _answers_by_itself(mail):
        return "auto_reply"
    headers = mail.headers
    if headers.first("precedence").strip().lower() in ("list", "bulk") or not headers.fields.keys().isdisjoint(
        _LIST_FIELDS
    ):
        return "list"
    return "other"


def _answers_by_itself(mail: Mail) -> bool:
    """Says so (RFC 3834 5), or goes back to nobody (3834 3.3) and answers something."""
    headers = mail.headers
    return (
        parameters(headers.first("auto-submitted"))[0].startswith("auto-replied")
        or headers.first("precedence").strip().lower() in ("auto_reply", "auto-reply")
        or not headers.fields.keys().isdisjoint(_REPLY_FIELDS)
        or has_away_subject(mail.subject)
        or (headers.first("return-path").replace(" ", "") == "<>" and bool(mail.in_reply_to or mail.references))
    )


def is_mail_server(mail: Mail) -> bool:
    """Whether the sender calls itself as mail servers do."""
    local = mail.sender.address.rpartition("@")[0]
    return MAILERS.fullmatch(local) is not None or _ROBOT_NAMES.search(mail.sender.name) is not None


def has_away_subject(subject: str) -> bool:
    """Whether the subject is one of an answer in someone's absence."""
    return _AWAY_SUBJECT.match(subject) is not None


def has_bounce_subject(subject: str) -> bool:
    """Whether the subject is one that mail servers give to reports of non-delivery."""
    return _BOUNCE_SUBJECT.match(subject) is not None


def _sender_sign(mail: Mail, envelope_sender: str) -> str | None:
    locals_ = {mail.sender.address.rpartition("@")[0], envelope_sender.rpartition("@")[0]}
    if any(_ROBOTS.fullmatch(local) for local in locals_):
        return "robot-sender"
    return "robot-sender" if _ROBOT_NAMES.search(mail.sender.name) else None


def _subject_sign(subject: str) -> str | None:
    if has_away_subject(subject):
        return "away-subject"
    return "bounce-subject" if has_bounce_subject(subject) else None
