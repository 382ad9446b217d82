"""Whether a regular expression is one that RE2 takes, before anybody is asked to match by it; pure."""

from __future__ import annotations

from typing import Final

import re2

MAX_PATTERN: Final = 1_000
"""Characters."""


class PatternInvalid(ValueError):
    """RE2 does not take the expression; the message says why, without repeating it."""


def check_pattern(pattern: str) -> None:
    """Returns for an expression that matches in linear time (no look-around, no back-references).

    Raises PatternInvalid.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternInvalid(f"at most {MAX_PATTERN} characters are allowed")
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = 4 * 1024 * 1024
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PatternInvalid(f"not a regular expression (RE2): {text.partition(':')[0] or 'not understood'}") from None
    except UnicodeEncodeError:
        raise PatternInvalid("it holds half a character") from None
