"""Settings of the receiving process alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ingest_email.limits import MAX_MAIL_BYTES
from service_kit import oauth
from service_kit.oauth import Providers
from service_kit.settings import SettingsError, whole_number

DEFAULT_PORT: Final = 2525
DEFAULT_METRICS_PORT: Final = 9101
INSTANCE_STEP: Final = 100
MAX_IDLE_SECONDS: Final = 28 * 60


@dataclass(frozen=True)
class ReceiveSettings:
    """`hostname` is what the server calls itself. Without a certificate there is no STARTTLS.

    `imap_plaintext` lets mailboxes be read without TLS from other machines; `imap_ca` vouches for servers besides the
    usual authorities.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    hostname: str = "postroom.localhost"
    certificate: Path | None = None
    private_key: Path | None = None
    requires_tls: bool = False
    max_mail_bytes: int = MAX_MAIL_BYTES
    max_sessions: int = 1000
    max_sessions_per_host: int = 100
    store_seconds: float = 10.0
    address_seconds: float = 5.0
    imap_answer_seconds: float = 60.0
    imap_poll_seconds: float = 60.0
    imap_idle_seconds: float = 540.0
    imap_longest_pause_seconds: float = 300.0
    imap_plaintext: bool = False
    imap_ca: Path | None = None
    providers: Providers = field(default_factory=dict, repr=False)

    @staticmethod
    def from_environment(environment: Mapping[str, str], *, mail_domain: str, port_offset: int) -> ReceiveSettings:
        """Raises SettingsError."""
        certificate = _file(environment, "INGEST_EMAIL_TLS_CERTIFICATE_FILE")
        private_key = _file(environment, "INGEST_EMAIL_TLS_PRIVATE_KEY_FILE")
        if private_key is not None and certificate is None:
            raise SettingsError(
                "INGEST_EMAIL_TLS_PRIVATE_KEY_FILE is set alone; set INGEST_EMAIL_TLS_CERTIFICATE_FILE too, or neither"
            )
        requires_tls = environment.get("INGEST_EMAIL_TLS_REQUIRED", "0").strip() in ("1", "true", "yes")
        if requires_tls and certificate is None:
            raise SettingsError(
                "INGEST_EMAIL_TLS_REQUIRED needs a certificate; set INGEST_EMAIL_TLS_CERTIFICATE_FILE, or unset it"
            )
        return ReceiveSettings(
            host=environment.get("INGEST_EMAIL_SMTP_HOST", "").strip() or "127.0.0.1",
            port=whole_number(environment, "INGEST_EMAIL_SMTP_PORT", DEFAULT_PORT + port_offset),
            hostname=environment.get("INGEST_EMAIL_SMTP_HOSTNAME", "").strip() or mail_domain,
            certificate=certificate,
            private_key=private_key,
            requires_tls=requires_tls,
            max_mail_bytes=whole_number(environment, "INGEST_EMAIL_MAX_MAIL_BYTES", MAX_MAIL_BYTES, least=1024),
            max_sessions=whole_number(environment, "INGEST_EMAIL_MAX_SESSIONS", 1000, least=1),
            max_sessions_per_host=whole_number(environment, "INGEST_EMAIL_MAX_SESSIONS_PER_HOST", 100, least=1),
            store_seconds=whole_number(environment, "INGEST_EMAIL_STORE_SECONDS", 10, least=1),
            address_seconds=whole_number(environment, "INGEST_EMAIL_ADDRESS_SECONDS", 5, least=1),
            imap_answer_seconds=whole_number(environment, "INGEST_EMAIL_IMAP_ANSWER_SECONDS", 60, least=1),
            imap_poll_seconds=whole_number(environment, "INGEST_EMAIL_POLL_SECONDS", 60, least=1),
            imap_idle_seconds=_idle_seconds(environment),
            imap_longest_pause_seconds=whole_number(
                environment, "INGEST_EMAIL_IMAP_LONGEST_PAUSE_SECONDS", 300, least=1
            ),
            imap_plaintext=environment.get("INGEST_EMAIL_IMAP_PLAINTEXT", "0").strip() in ("1", "true", "yes"),
            imap_ca=_file(environment, "INGEST_EMAIL_IMAP_CA_FILE"),
            providers=oauth.providers(environment),
        )


def _idle_seconds(environment: Mapping[str, str]) -> int:
    """RFC 2177 asks for less than 29 minutes."""
    seconds = whole_number(environment, "INGEST_EMAIL_IDLE_SECONDS", 540, least=1)
    if seconds > MAX_IDLE_SECONDS:
        raise SettingsError(
            f"INGEST_EMAIL_IDLE_SECONDS is {seconds}; set it to at most {MAX_IDLE_SECONDS}, since servers hang up after"
            " half an hour, or leave it unset"
        )
    return seconds


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name, "").strip()
    if not text:
        return None
    path = Path(text)
    if not path.is_file():
        raise SettingsError(f"{name} names no file; set it to a PEM file that this process may read, or unset it")
    return path
