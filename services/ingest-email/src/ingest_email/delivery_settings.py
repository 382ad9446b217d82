"""Settings of the delivering process alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ingest_email.delivery import Schedule
from ingest_email.smtp_client import TimeOuts
from service_kit import oauth
from service_kit.oauth import Providers
from service_kit.settings import SettingsError, whole_number

PREPARE_SECONDS: Final = 120.0
LEASE_MARGIN_SECONDS: Final = 60.0
_RETRIES: Final = "INGEST_EMAIL_RETRY_SECONDS"


@dataclass(frozen=True)
class DeliverySettings:
    """`workers` attempts run at once. Leases outlast every time-out of what they cover."""

    workers: int = 8
    schedule: Schedule = field(default_factory=Schedule)
    time_outs: TimeOuts = field(default_factory=TimeOuts)
    lease_margin: float = LEASE_MARGIN_SECONDS
    providers: Providers = field(default_factory=dict, repr=False)

    @property
    def lease_seconds(self) -> float:
        """From the lease to the final dot: fetching the files, and every step with the mail server."""
        return PREPARE_SECONDS + self.time_outs.attempt + self.lease_margin

    @property
    def answer_seconds(self) -> float:
        """From `data_sent` to the settlement."""
        return self.time_outs.final + self.lease_margin

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> DeliverySettings:
        """Raises SettingsError."""
        standard = TimeOuts()
        return DeliverySettings(
            workers=whole_number(environment, "INGEST_EMAIL_DELIVERY_WORKERS", 8, least=1),
            schedule=Schedule(
                delays=_delays(environment),
                give_up_after=3600.0 * whole_number(environment, "INGEST_EMAIL_GIVE_UP_HOURS", 48, least=1),
            ),
            time_outs=TimeOuts(
                attempt=whole_number(environment, "INGEST_EMAIL_ATTEMPT_SECONDS", int(standard.attempt), least=1),
                final=whole_number(environment, "INGEST_EMAIL_FINAL_ANSWER_SECONDS", int(standard.final), least=1),
            ),
            lease_margin=whole_number(environment, "INGEST_EMAIL_LEASE_MARGIN_SECONDS", int(LEASE_MARGIN_SECONDS)),
            providers=oauth.providers(environment),
        )


def _delays(environment: Mapping[str, str]) -> tuple[float, ...]:
    words = environment.get(_RETRIES, "").replace(",", " ").split()
    if not words:
        return Schedule().delays
    try:
        delays = tuple(float(word) for word in words)
    except ValueError:
        delays = ()
    if not delays or not all(0 < delay <= 86_400 for delay in delays):
        raise SettingsError(f"{_RETRIES} is wrong; set it to seconds from try to try, such as 1,5,30,120,600")
    return delays
