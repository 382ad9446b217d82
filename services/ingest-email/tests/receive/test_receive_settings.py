"""Settings of the receiving process: what is wrong is said with a remedy."""

from __future__ import annotations

import pytest

from ingest_email.receive import build
from ingest_email.receive_settings import ReceiveSettings
from service_kit.settings import Settings, SettingsError


def settings_of(**environment: str) -> ReceiveSettings:
    return ReceiveSettings.from_environment(environment, mail_domain="post.example", port_offset=1000)


def test_the_port_moves_with_the_offset_and_may_be_set():
    assert settings_of().port == 3525
    assert settings_of(INGEST_EMAIL_SMTP_PORT="25").port == 25
    assert settings_of().hostname == "post.example"


@pytest.mark.parametrize(
    "environment",
    [
        {"INGEST_EMAIL_SMTP_PORT": "many"},
        {"INGEST_EMAIL_TLS_CERTIFICATE_FILE": "/no/such/file"},
        {"INGEST_EMAIL_TLS_PRIVATE_KEY_FILE": __file__},
        {"INGEST_EMAIL_TLS_REQUIRED": "1"},
        {"INGEST_EMAIL_MAX_MAIL_BYTES": "1"},
    ],
)
def test_wrong_settings_name_the_variable(environment):
    with pytest.raises(SettingsError, match="INGEST_EMAIL_"):
        settings_of(**environment)


def test_a_certificate_that_is_none_is_said_to_be_none():
    own = settings_of(INGEST_EMAIL_TLS_CERTIFICATE_FILE=__file__)
    shared = Settings("127.0.0.1:1", "unused", "file:///tmp/unused", "s" * 32)

    with pytest.raises(SettingsError, match="INGEST_EMAIL_TLS_CERTIFICATE_FILE"):
        build(shared, own)
