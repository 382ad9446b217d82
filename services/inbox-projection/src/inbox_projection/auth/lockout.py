"""How often a log-in may fail, by account and by address, before it must wait; counted before it is tried.

What is counted besides log-ins (asking for a new password) has counters of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from inbox_projection.pool import Database
from service_kit.hashing import KeyedHash

WINDOW: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Allowance:
    """So many failures are free within the window; from then on each one locks, for twice as long every time."""

    free: int
    first_lock: timedelta


ACCOUNT: Final = Allowance(5, timedelta(seconds=30))
ADDRESS: Final = Allowance(50, timedelta(seconds=30))

_COUNT: Final = """
insert into auth.log_in_failures as f (subject, failures, counted_from) values (%(subject)s, 1, now())
on conflict (subject) do update set
    failures = case when f.counted_from < now() - %(window)s::interval and coalesce(f.locked_until, now()) <= now()
                    then 1 else f.failures + 1 end,
    counted_from = case when f.counted_from < now() - %(window)s::interval and coalesce(f.locked_until, now()) <= now()
                    then now() else f.counted_from end,
    locked_until = case when f.failures + 1 >= %(free)s and f.counted_from >= now() - %(window)s::interval
                    then now() + least(%(first)s::interval * power(2, least(f.failures + 1 - %(free)s, 12)),
                                       %(longest)s::interval)
                    else f.locked_until end
where f.locked_until is null or f.locked_until <= now()
returning failures
"""


class Lockout:
    """Rows of failures by keyed hash: neither addresses nor accounts are kept. The limit holds over all processes."""

    def __init__(self, database: Database, keyed: KeyedHash, what: str = "log-in") -> None:
        self._database = database
        self._keyed = keyed
        self._what = what

    def of(self, what: str) -> Lockout:
        """The same for something else: counters of its own."""
        return Lockout(self._database, self._keyed, what)

    async def attempt(self, email: str, address: str) -> int:
        """Counts an attempt as failed beforehand. 0 when it may go on, else seconds to wait.

        Unknown accounts are counted like known ones, so that nothing tells them apart.
        """
        for subject, allowance in ((self._address(address), ADDRESS), (self._account(email), ACCOUNT)):
            counted = await self._database.write(
                _COUNT,
                {
                    "subject": subject,
                    "window": WINDOW,
                    "free": allowance.free,
                    "first": allowance.first_lock,
                    "longest": LONGEST,
                },
            )
            if not counted:
                return await self._wait(subject)
        return 0

    async def succeeded(self, email: str, address: str) -> None:
        """Forgets the account's failures, and takes this attempt off the address's."""
        await self._database.write(
            "with account as (delete from auth.log_in_failures where subject = %s)"
            " update auth.log_in_failures set failures = greatest(failures - 1, 0) where subject = %s",
            (self._account(email), self._address(address)),
        )

    async def forget_old(self) -> None:
        """Deletes what no longer counts."""
        await self._database.write(
            "delete from auth.log_in_failures where counted_from < now() - interval '1 day'"
            " and coalesce(locked_until, counted_from) < now()"
        )

    async def _wait(self, subject: str) -> int:
        row = await self._database.row(
            "select ceil(extract(epoch from locked_until - now()))::int as seconds"
            " from auth.log_in_failures where subject = %s",
            (subject,),
        )
        return max(1, row["seconds"] or 1) if row else 1

    def _account(self, email: str) -> str:
        return self._keyed.of(f"{self._what} account", email)

    def _address(self, address: str) -> str:
        return self._keyed.of(f"{self._what} address", address)
