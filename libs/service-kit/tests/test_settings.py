import pytest

from service_kit.limits import UNLIMITED, Limits
from service_kit.settings import DEFAULT_WORKSPACE_ID, Settings, SettingsError

GIVEN = {
    "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:19092",
    "POSTROOM_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1/postroom",
    "POSTROOM_BLOB_URL": "file:///var/blobs",
    "POSTROOM_SECRET_KEY": "0123456789abcdef0123456789abcdef",
}


def test_what_is_not_given_has_its_default() -> None:
    settings = Settings.from_environment(GIVEN)
    assert settings.mail_domain == "postroom.localhost"
    assert settings.workspace_id == DEFAULT_WORKSPACE_ID


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_what_must_be_given_is_named_with_its_remedy(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is not set; set it to"):
        Settings.from_environment({key: value for key, value in GIVEN.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTROOM_SECRET_KEY", "short"),
        ("POSTROOM_PORT_OFFSET", "ten"),
        ("POSTROOM_WORKSPACE_ID", "first"),
        ("POSTROOM_STORE_CUTS", "main/1"),
        ("POSTROOM_LIMIT_AGENTS", "-1"),
        ("POSTROOM_LIMIT_INBOXES", "many"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({**GIVEN, name: value})


def test_secrets_are_in_no_repr() -> None:
    shown = repr(Settings.from_environment({**GIVEN, "POSTROOM_SMTP_RELAY_URL": "smtp://u:canary@127.0.0.1"}))
    assert "hunter2" not in shown and "canary" not in shown and GIVEN["POSTROOM_SECRET_KEY"] not in shown


def test_the_cuts_of_restored_stores_are_read_by_store() -> None:
    settings = Settings.from_environment({**GIVEN, "POSTROOM_STORE_CUTS": "main/1:4711, main/2:9000"})
    assert settings.store_cuts == {"main/1": 4711, "main/2": 9000}


def test_there_is_no_limit_but_those_that_are_set() -> None:
    assert Settings.from_environment({**GIVEN, "POSTROOM_LIMIT_AGENTS": " "}).limits == UNLIMITED
    settings = Settings.from_environment({**GIVEN, "POSTROOM_LIMIT_AGENTS": "25"})
    assert settings.limits == Limits(agents=25)


def test_the_environment_of_settings_makes_the_same_settings() -> None:
    settings = Settings(
        kafka_bootstrap_servers="127.0.0.1:9092",
        database_url="postgresql://postroom@127.0.0.1/postroom",
        blob_url="file:///blobs",
        secret_key="s" * 32,
        mail_domain="mail.test",
        port_offset=100,
        instance=3,
        store_cuts={"main/1": 4711, "main/2": 9000},
        limits=Limits(inboxes=0, agents=25),
    )
    assert Settings.from_environment(settings.environment()) == settings
