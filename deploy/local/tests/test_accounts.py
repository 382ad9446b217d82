"""A parent folder that PostgreSQL's own user may not enter is found and named."""

import shutil
import tempfile
from pathlib import Path

import pytest

from local_runtime.accounts import BINARIES, LIBRARIES, closed_parent, reachable_binaries, require_reachable
from local_runtime.children import Account
from local_runtime.errors import FolderUnreachable

STRANGER = Account(54321, 54321)


@pytest.fixture
def cellar(tmp_path: Path) -> Path:
    """A folder inside one that only its owner may enter, all others of the test's being open."""
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o755)
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked" / "cellar").mkdir()
    (tmp_path / "locked").chmod(0o700)
    return tmp_path / "locked" / "cellar"


def test_the_closed_parent_is_named(cellar: Path):
    assert closed_parent(cellar, STRANGER) == cellar.parent
    with pytest.raises(FolderUnreachable, match=r"may not enter .*/locked: set POSTROOM_VAR"):
        require_reachable(cellar, STRANGER)


def test_an_open_parent_is_no_fault(cellar: Path):
    cellar.parent.chmod(0o711)
    require_reachable(cellar, STRANGER)


def test_an_ordinary_user_needs_no_other_account(cellar: Path):
    require_reachable(cellar, None)


def test_programs_behind_a_closed_parent_are_copied_with_their_libraries(cellar: Path):
    (cellar / BINARIES).mkdir(parents=True)
    (cellar / BINARIES / "postgres").write_text("elephant")
    (cellar / LIBRARIES).mkdir()
    (cellar / LIBRARIES / "libpq.so").write_text("trunk")
    found = reachable_binaries(cellar, STRANGER)
    copy = found.parents[len(BINARIES.parts) - 1]
    try:
        assert closed_parent(found / "postgres", STRANGER) is None
        assert (found / "postgres").read_text() == "elephant"
        assert (copy / LIBRARIES / "libpq.so").read_text() == "trunk"
        assert reachable_binaries(cellar, STRANGER) == found
    finally:
        shutil.rmtree(copy)
