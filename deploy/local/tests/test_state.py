"""The state folder: log-in, secret key, one supervisor at a time, and how it goes away."""

import stat
from pathlib import Path

import pytest

from local_runtime.configuration import Administrator, Configuration
from local_runtime.errors import AlreadyRunning, NoSpace
from local_runtime.state import State
from service_kit.settings import SettingsError


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "var")
    state.prepare()
    return state


def test_state_lies_where_the_variable_says(tmp_path: Path):
    configuration = Configuration.from_environment({"POSTROOM_VAR": str(tmp_path / "elsewhere")})
    assert State(configuration.var).credentials == tmp_path / "elsewhere" / "credentials.json"


def test_a_log_in_is_made_once_and_for_the_owner_only(state: State):
    first = state.first_credentials(Administrator())
    assert len(first["password"]) >= 16
    assert state.first_credentials(Administrator("other@example.org", "other", "other")) == first
    assert stat.S_IMODE(state.credentials.stat().st_mode) == 0o600


def test_the_environment_sets_the_first_administrator(state: State):
    given = {
        "POSTROOM_ADMIN_EMAIL": "ada@example.org",
        "POSTROOM_ADMIN_PASSWORD": "correct horse",
        "POSTROOM_ADMIN_TOKEN": "token",
    }
    made = state.first_credentials(Configuration.from_environment(given).administrator)
    assert made == {"email": "ada@example.org", "password": "correct horse", "api_token": "token"}


def test_the_secret_key_is_made_once_and_for_the_owner_only(state: State):
    key = state.secret_key()
    assert len(key) >= 32
    assert state.secret_key() == key
    assert stat.S_IMODE((state.var / "secret-key").stat().st_mode) == 0o600


def test_two_supervisors_never_share_a_state(state: State):
    with state.held():
        assert state.is_held
        with pytest.raises(AlreadyRunning, match="make down"), State(state.var).held():
            pass
    assert not state.is_held


def test_removing_takes_what_is_ours_and_leaves_the_rest(state: State):
    state.first_credentials(Administrator())
    state.secret_key()
    (state.var / "holiday.jpg").write_bytes(b"")
    state.remove()
    assert [path.name for path in state.var.iterdir()] == ["holiday.jpg"]


def test_removing_under_a_living_supervisor_is_refused(state: State):
    with state.held(), pytest.raises(AlreadyRunning):
        state.remove()


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(NoSpace, match="cannot write to"):
        State(tmp_path / "file" / "var").prepare()


def test_a_wrong_setting_names_the_variable():
    with pytest.raises(SettingsError, match="POSTROOM_PORT_OFFSET"):
        Configuration.from_environment({"POSTROOM_PORT_OFFSET": "-5"})


@pytest.mark.parametrize("offset", [2000, 1997, 1996])
def test_no_page_is_put_where_browsers_do_not_go(offset: int):
    with pytest.raises(SettingsError, match="no browser opens"):
        Configuration.from_environment({"POSTROOM_PORT_OFFSET": str(offset)})
    assert Configuration.from_environment({"POSTROOM_PORT_OFFSET": "2200"}).api_url == "http://127.0.0.1:10280"
