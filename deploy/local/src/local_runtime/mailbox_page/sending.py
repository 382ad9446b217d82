"""Hands a customer's mail to the SMTP port of ingest-email, and says in a word why it was not taken."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from typing import Final, Literal

from local_runtime.ports import LOCALHOST

SECONDS: Final = 20
Why = Literal["smtp-away", "put-off", "refused"]


class NotSent(Exception):
    """Nothing was taken. `words` are the server's own, empty when it did not say anything."""

    def __init__(self, why: Why, words: str = "") -> None:
        super().__init__(f"{why} {words}".strip())
        self.why, self.words = why, words


@dataclass(frozen=True, slots=True)
class Postman:
    """Delivers to one port of this machine."""

    port: int

    def deliver(self, raw: bytes, sender: str, recipient: str) -> None:
        """Returns when the server has taken the mail. Raises NotSent. Blocks."""
        try:
            with smtplib.SMTP(LOCALHOST, self.port, timeout=SECONDS) as smtp:
                smtp.sendmail(sender, [recipient], raw)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _refusal(code, words) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent("smtp-away") from error


def _refusal(code: int, words: bytes | str) -> NotSent:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return NotSent("put-off" if 400 <= code < 500 else "refused", f"{code} {' '.join(text.split())}"[:300])
