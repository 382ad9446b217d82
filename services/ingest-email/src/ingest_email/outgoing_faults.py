"""What an error of a mail server means: for the mail, and for the server itself; pure."""

from __future__ import annotations

import ssl
from typing import Final

from aiosmtplib.errors import SMTPException, SMTPResponseException

from ingest_email.delivery import Answer, FaultCode, PutOff, TurnedDown

CONNECTION: Final = "connection"
CLOSING: Final = 421
_LOG_IN_FIRST: Final = frozenset({530, 534, 535, 538})
_ABOUT_US: Final = _LOG_IN_FIRST | {CLOSING}


class ServerFault(SMTPException):
    """The server refused us (connection, greeting, TLS, log-in), not the mail: an operator can mend that, or time.

    `code` is what the server said, or CONNECTION, or the fault itself.
    """

    def __init__(self, fault: FaultCode, code: str, message: str) -> None:
        super().__init__(message)
        self.fault: FaultCode = fault
        self.code = code


def fault_in(error: Exception, otherwise: FaultCode) -> ServerFault:
    """An error before there was a mail; `otherwise` names it when it shows no clearer sign."""
    if isinstance(error, ServerFault):
        return error
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ServerFault("certificate", "certificate", cause.verify_message or "the certificate does not fit")
        if isinstance(cause, ssl.SSLError):
            return ServerFault("tls-failed", "tls-failed", cause.reason or "TLS could not be agreed on")
    if isinstance(error, SMTPResponseException):
        return ServerFault(otherwise, _code(error.code), error.message)
    return ServerFault("unreachable", CONNECTION, _words(error))


def fault_of(error: Exception) -> FaultCode | None:
    """What an error says of the server; None when it is about the mail."""
    if isinstance(error, ServerFault):
        return error.fault
    if isinstance(error, SMTPResponseException):
        return "login-required" if error.code in _LOG_IN_FIRST else "refused" if error.code == CLOSING else None
    return "unreachable"


def answer_to(error: Exception) -> Answer:
    """What an error before the final dot means for whom it befell."""
    if isinstance(error, ServerFault):
        return PutOff(error.code, _printable(error.message))
    if isinstance(error, SMTPResponseException):
        return refusal(error.code, error.message)
    return PutOff(CONNECTION, _words(error))


def is_about_us(error: SMTPResponseException) -> bool:
    """Not about the recipient or the mail that the command named."""
    return error.code in _ABOUT_US


def refusal(code: int, words: str) -> PutOff | TurnedDown:
    """5xx is final, unless it is about our log-in; everything else may go better later."""
    text = _printable(words)
    if 500 <= code < 600 and code not in _ABOUT_US:
        return TurnedDown(str(code), text)
    return PutOff(_code(code), text)


def _code(code: int) -> str:
    return str(code) if code > 0 else "garbled"


def _words(error: Exception) -> str:
    return _printable(str(error) or type(error).__name__)


def _printable(words: str) -> str:
    return words.encode("utf-8", "replace").decode("utf-8")


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or at.__context__
    return found
