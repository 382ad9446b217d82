"""Whatever the API can refuse is told in words that say what happened and what to do: `web/src/lib/i18n`."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from inspect import getmembers, isclass
from pathlib import Path
from typing import Final

import pytest

from inbox_projection.api import sending
from inbox_projection.bulks import FAILED
from inbox_projection.problems import of_refusal
from router.domain import errors
from router.domain.errors import groups
from service_kit.decider import DomainError

ROOT: Final = Path(__file__).parents[2]
ROUTER: Final = ROOT / "services/router/src/router"
APIS: Final = (
    ROOT / "services/inbox-projection/src/inbox_projection",
    ROOT / "services/analytics/src/analytics",
    ROOT / "libs/service-kit/src/service_kit/web",
)
_MEANINGS: Final = ("not_found.", "conflict.", "invalid.", "forbidden.", "precondition_failed.")
_PLACES: Final = {"Problem": 1, "invalid": 2, "forbidden": 1, "unavailable": 1}
"""Of the calls that make a problem: which argument its code is. Left out, it is the function's own default."""
COMPUTED: Final[dict[str, frozenset[str]]] = {
    "problems.py": frozenset({"invalid-request", "not-allowed", "unavailable"}),  # defaults
    "sending.py": frozenset(code for _, code in sending._CODES.values()),
    "recovery.py": frozenset({"token-used", "token-expired"}),
    "failures.py": frozenset(
        {"malformed-json", "malformed-request", "not-found", "method-not-allowed", "too-large", "refused"}
    ),
    "people.py": frozenset(),  # passes one on
}
"""Files in which a code is computed, and what it can come to."""
CATALOGUES: Final = ROOT / "services/inbox-projection/web/src/lib/i18n"
OF_THE_PAGE: Final = {
    "network": "no answer came",
    "time-out": "no answer came in time",
    "page-fault": "the page itself has a mistake",
    "newer-page": "the page's files are of a former version",
    "still-pending": "a write is followed for a minute",
    "picture-too-large": "told before a picture is sent",
    "picture-no-picture": "told before a picture is sent",
}
OWN_IDS: Final = "the API draws a new id for each"
PROGRAM: Final = "only a program that does not follow the document is told this"
REPORTS: Final = "the page asks for what the reports' catalogue offers"
NEVER: Final[dict[str, str]] = {
    "agent-already-exists": OWN_IDS,
    "channel-already-exists": OWN_IDS,
    "inbox-already-exists": OWN_IDS,
    "pipeline-already-exists": OWN_IDS,
    "team-already-exists": OWN_IDS,
    "channel-secret-taken": OWN_IDS,
    "channel-secret-missing": "the API seals what is given and refuses by itself where it is missing",
    "channel-settings-missing": "the API always sends them along",
    "channel-kind-not-offered": "the page connects e-mail only",
    "channel-test-over": "a mail of a test is told this, which nobody reads",
    "avatar-invalid": "the API makes the picture that is stored",
    "too-many-at-once": "the API sends many in pieces that fit",
    "only-for-agents": "who uses the page is an agent",
    "only-for-the-system": "the page does not offer it",
    "foreign-origin": "the page is of the API's own origin",
    "idempotency-key-reused": "the page draws a new key for each write",
    "invalid-cursor": PROGRAM,
    "malformed-json": PROGRAM,
    "malformed-request": PROGRAM,
    "not-conversations": PROGRAM,
    "repeated-parameter": PROGRAM,
    "unknown-parameter": PROGRAM,
    "definition-not-live": REPORTS,
    "definition-of-other-reports": REPORTS,
    "format-comes-later": REPORTS,
    "report-comes-later": REPORTS,
    "unknown-definition": REPORTS,
}
"""What the web UI can never be told, and why."""


def of_the_router() -> frozenset[str]:
    """Of refused commands: classes of refusals, and the few that the shell answers by itself."""
    above = {one for _, one in getmembers(groups, isclass)}
    classes = [one for _, one in getmembers(errors, isclass) if issubclass(one, DomainError) and one not in above]
    said = [text for path in ROUTER.rglob("*.py") for text in _texts(path) if text.startswith(_MEANINGS)]
    return frozenset(of_refusal(code, "").code for code in (*(one().code for one in classes), *said))


def of_the_apis() -> frozenset[str]:
    """Of requests that the APIs refuse by themselves. Fails where one is computed and COMPUTED knows nothing of it."""
    found: set[str] = set()
    for path in (path for folder in APIS for path in folder.rglob("*.py")):
        for call in _calls(path):
            code = _code(call)
            if isinstance(code, ast.Constant):
                found.add(str(code.value))
            elif isinstance(code, ast.IfExp):
                found.update(str(one.value) for one in (code.body, code.orelse) if isinstance(one, ast.Constant))
            elif code is not None:
                assert path.name in COMPUTED, f"{path}:{call.lineno} computes a code: say of what, in COMPUTED"
                found.update(COMPUTED[path.name])
    return frozenset(found)


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PLACES:
            yield node


def _code(call: ast.Call) -> ast.expr | None:
    named = next((one.value for one in call.keywords if one.arg == "code"), None)
    place = _PLACES[call.func.id if isinstance(call.func, ast.Name) else ""]
    return named if named is not None else call.args[place] if len(call.args) > place else None


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value


def words(language: str, *files: str) -> dict[str, str]:
    return {key: text for one in files for key, text in json.loads((CATALOGUES / language / one).read_text()).items()}


def told(language: str) -> dict[str, str]:
    return words(language, "problems.json", "refusals.json")


def possible() -> frozenset[str]:
    return frozenset(of_the_router() | of_the_apis() | {FAILED})


@pytest.mark.parametrize("language", ["en", "pl"])
def test_whatever_can_be_refused_has_words_that_say_what_to_do(language: str) -> None:
    there = told(language)
    keys = [code.replace("-", "_") for code in possible() - NEVER.keys()]
    assert len(keys) > 150
    missing = sorted(key for key in keys if not there.get(key) or not there.get(f"{key}_next"))
    assert missing == [], f"{language}/refusals.json lacks these, or what to do (…_next)"


def test_what_is_said_never_to_be_told_exists_and_has_no_words() -> None:
    there = told("en")
    assert sorted(NEVER.keys() - possible()) == [], "no longer refused by anybody"
    assert sorted(code for code in NEVER if code.replace("-", "_") in there) == []


def test_no_words_are_left_of_what_nobody_refuses() -> None:
    keys = {key.removesuffix("_next").replace("_", "-") for key in told("en")}
    assert sorted(keys - possible() - OF_THE_PAGE.keys()) == []


def test_no_code_has_words_twice() -> None:
    assert words("en", "problems.json").keys() & words("en", "refusals.json").keys() == set()


def test_a_new_refusal_would_be_found() -> None:
    found = possible()
    assert {"already-sent", "agent-not-in-inbox", "filters-changed"} <= found, "classes of the router"
    assert {"record-still-unreadable", "idempotency-key-reused"} <= found, "what its shell answers"
    assert {"too-many-files", "own-address", "token-used", "bus-away", "malformed-json"} <= found, "of the API"
    assert {"too-many-rows", "not-allowed"} <= found, "of the reports, and of what both share"
