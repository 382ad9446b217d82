"""Metrics of the receiving process."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Final

from service_kit.metrics import Metrics

STEPS: Final = ("fetch", "parse", "blobs", "log")
MAILBOX_STATES: Final = ("starting", "ok", "degraded", "down")
REASONS: Final = (
    "unknown_address",
    "address_unchecked",
    "log_away",
    "blobs_away",
    "failed",
    "timeout",
    "tls_handshake",
    "too_many_sessions",
)


class ReceiveMetrics:
    """What was received, how long each step took, and what was refused and why."""

    def __init__(self, metrics: Metrics) -> None:
        received = metrics.counter("messages_received_total", "Messages stored and acknowledged.", "channel")
        stubs = metrics.counter("unreadable_messages_total", "Messages of which only a stub was made.", "channel")
        seconds = metrics.seconds("receive_step", "Duration of a step of receiving a mail.", "step")
        refused = metrics.counter("mails_refused_total", "Recipients, mails and sessions refused.", "reason")
        self._parsed_anew = metrics.counter(
            "mails_parsed_anew_total", "Quarantined mails read again, as somebody asked.", "outcome"
        )
        self._mailboxes = metrics.gauge("imap_mailboxes", "Mailboxes that this process fetches from.", "state")
        self._faults = metrics.counter("imap_faults_total", "Faults of mailboxes, by their codes.", "reason")
        self._received, self._stubs = received.labels("email"), stubs.labels("email")
        self._seconds = {step: seconds.labels(step) for step in STEPS}
        self._refused = {reason: refused.labels(reason) for reason in REASONS}

    def received(self, messages: int, *, unreadable: bool) -> None:
        self._received.inc(messages)
        if unreadable:
            self._stubs.inc(messages)

    def refused(self, reason: str) -> None:
        self._refused[reason].inc()

    def mailboxes(self, states: Sequence[str]) -> None:
        """The state of each mailbox of this process."""
        for state in MAILBOX_STATES:
            self._mailboxes.labels(state).set(states.count(state))

    def mailbox_fault(self, reason: str) -> None:
        self._faults.labels(reason).inc()

    def parsed_anew(self, *, readable: bool) -> None:
        self._parsed_anew.labels("read" if readable else "failed").inc()

    def took(self, step: str, began: float) -> float:
        """Observes a step that began at `began` (perf_counter) and gives the time of its end."""
        now = perf_counter()
        self._seconds[step].observe(now - began)
        return now
