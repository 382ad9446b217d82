"""The documents are true: reference pages are fresh, every promise names tests that exist, settings are described."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("libs/*/src"), *ROOT.glob("services/*/src"), *ROOT.glob("deploy/*/src")]
PAGES = ("events.md", "topics.md", "metrics.md", "api.md")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/reference/generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_a_reference_page_is_what_the_code_says(page: str) -> None:
    assert (ROOT / "docs/reference" / page).read_text("utf-8") == generator().PAGES[page](), "run `make schemas`"


def test_every_promise_names_tests_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = re.findall(r"`((?:libs|services|tests|deploy)/[\w/.-]+\.py)::(test_\w+)`", text)
    assert len(named) >= 8, "each promise names its test as `path::test_name`"
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), f"{path} has no {name}"


def test_every_setting_is_described() -> None:
    described = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    used = {
        name
        for source in SOURCES
        for path in source.rglob("*.py")
        for name in re.findall(r"\"((?:POSTROOM|INGEST_EMAIL|ROUTER|INBOX)_[A-Z_]+)\"", path.read_text("utf-8"))
    }
    assert used, "no settings found: the pattern is wrong"
    assert {name for name in used if f"`{name}`" not in described} == set()


def test_every_service_says_what_it_owns() -> None:
    for folder in sorted((ROOT / "services").iterdir()):
        if folder.is_dir():
            assert "writes" in (folder / "README.md").read_text("utf-8"), folder.name


def test_the_locks_name_no_host() -> None:
    for lock in ("requirements.lock", "deploy/local/jgo.lock.toml"):
        assert "://" not in (ROOT / lock).read_text("utf-8"), lock
    npm = (ROOT / "services/inbox-projection/web/package-lock.json").read_text("utf-8")
    assert '"resolved"' not in npm and "registry" not in npm, "npm: omit-lockfile-registry-resolved"
