"""One transfer of credits as a remote write. OVH lists no transfers: the balances of both accounts show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.credits.order_post import EnoughCredits
from ovh_sms.errors import AccountRecredited, InsufficientCredits, OvhSmsError
from ovh_sms.idempotency.reconcile import RESOLUTION, Observation
from ovh_sms.sending.account_balance import NO_CREDIT, BalanceReading, Presence
from ovh_sms.sending.credit_witness import CreditWitness

if TYPE_CHECKING:
    import logging

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.store.models import Attempt

#: OVH's time is known so precisely if it cannot be read after a transfer.
_TIME_IS_EARLY = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class TransferRequest:
    """Credits to transfer.

    :param keep: credits that stay on the source at least, beside those that its campaigns have reserved by then.
    :param enough: credits of the target with which nothing is transferred any more; 0: an earlier transfer is only
        reconciled.
    """

    credits: float
    keep: float
    enough: float


@dataclass
class TransferPost:
    """The remote write of one transfer; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    :param run: names the DAG run that transfers.
    :param quiet_period: after a lost answer, a request may reach OVH for so long.
    """

    request: TransferRequest
    run: str
    source: OvhSmsClient
    target: OvhSmsClient
    journal: Journal
    clock: Clock
    quiet_period: timedelta
    log: logging.Logger | Any
    done: str = field(default="transferred", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    _before: tuple[float, float] = field(default=(0.0, 0.0), init=False)
    _readings: Sequence[Mapping[str, Any]] = field(default=(), init=False)
    #: Observed last: whether the credits have left the source, and have come to the target.
    _seen: tuple[Presence, Presence] = field(default=(Presence.UNCLEAR, Presence.UNCLEAR), init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """One transfer."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: one transfer covers the need, by any run and of any amount."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record the transfer, and the balances of both accounts before it."""
        return {
            "run": self.run,
            "source": self.source.account_name,
            "target": self.target.account_name,
            "credits": self.request.credits,
            "source_before": self._before[0],
            "target_before": self._before[1],
            "of_source": self._of_source.snapshot(),
            "of_target": self._of_target.snapshot(),
            "ovh_time": self.source.time().isoformat(),
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Refuse a transfer that the target does not need, or that the source cannot spare."""
        # Before the credits: a batch that OVH accepts in between counts twice rather than not at all.
        reserved = self.journal.store.reservations.reserved(self.source.account_name)
        source, target = self.source.account.get(), self.target.account.get()
        self._before = source.credits_left, target.credits_left
        if target.credits_left >= self.request.enough:
            raise EnoughCredits(target.credits_left, self.request.enough)
        for account, other in ((target, "remove its 'transfer'"), (source, "name another account in 'transfer'")):
            if account.is_recredited:  # an account that gives would be filled up again and again
                raise AccountRecredited(
                    f"OVH buys {account.recredit_amount} credits for {account.name} by itself when few are left.",
                    action=f"Nothing was transferred. Set the account's 'recredit' to off, or {other}.",
                )
        if source.credits_left - reserved - self.request.credits < self.request.keep - NO_CREDIT:
            of_them = f", {reserved:.12g} of them reserved," if reserved else ""
            raise InsufficientCredits(
                f"{source.name} holds {source.credits_left:.12g} credits{of_them} and keeps {self.request.keep:.12g}: "
                f"it cannot spare {self.request.credits:.12g}.",
                action="Nothing was transferred. Order credits for it, or transfer fewer.",
            )

    def post(self, deadline: float) -> dict[str, Any]:
        """Transfer by one POST, after a last check of both balances and of reservations; then read them again."""
        self.precheck()
        not_yet = self.source.time()
        self.source.transfers.create(self.request.credits, self.target.account_name, not_after=deadline)
        after: tuple[float | None, float | None] = (None, None)
        try:  # it is made: a read that fails must not say otherwise
            done = self.source.read_time() + RESOLUTION
            after = self.source.account.get().credits_left, self.target.account.get().credits_left
        except OvhSmsError as error:
            self.log.warning("the balances after the transfer could not be read: %s", error)
            done = self.source.time() + _TIME_IS_EARLY
        return {
            "run": self.run,
            "source": self.source.account_name,
            "target": self.target.account_name,
            "credits": self.request.credits,
            "source_before": self._before[0],
            "source_after": after[0],
            "target_before": self._before[1],
            "target_after": after[1],
            "not_yet_at": not_yet.isoformat(),
            "done_at": done.isoformat(),
        }

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Read whether exactly these credits are missing at the source, and have come to the target.

        Credits that come and that nothing else explains prove more than credits that go: a batch that OVH lists late
        takes some, and nothing gives some. So a transfer is found at the target, and absent at the source; the other
        account must not contradict.

        Source: GET ``/sms/{serviceName}`` of both accounts, and their messages and orders.
        """
        at, snapshot = self.source.time(), attempt.snapshot or {}
        over = earlier[0].at + self.quiet_period + RESOLUTION if earlier else None
        now = {
            "source": self._of_source.reading(snapshot["of_source"]),
            "target": self._of_target.reading(snapshot["of_target"]),
        }
        readings = [*(each.balance for each in earlier if each.balance), now]
        self._readings = readings
        amount = float(snapshot["credits"])
        left = self._of_source.presence(snapshot["of_source"], [each["source"] for each in readings], amount, over=over)
        came = self._of_target.presence(
            snapshot["of_target"], [each["target"] for each in readings], -amount, over=over
        )
        self._seen = left, came
        is_found = came is Presence.FOUND and left is not Presence.ABSENT
        is_absent = left is Presence.ABSENT and came is not Presence.FOUND
        is_early = over is None or at < over  # it may still come
        return Observation(
            at=at, found=int(is_found), credits_missing=not (is_found or is_absent or is_early), balance=now
        )

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from the balances that were read."""
        snapshot, now = attempt.snapshot or {}, observation.balance or {}
        # By the end of the first reading that shows the credits, it was made.
        seconds = set(now["target"].get("said", ()))
        came = [each["target"] for each in self._readings if each["target"]["second"] in seconds]
        done = min(BalanceReading.from_json(each).ends for each in (*came, now["target"]))
        return {
            "run": snapshot["run"],
            "source": snapshot["source"],
            "target": snapshot["target"],
            "credits": snapshot["credits"],
            "source_before": snapshot["source_before"],
            "source_after": now["source"]["credits"],
            "target_before": snapshot["target_before"],
            "target_after": now["target"]["credits"],
            "not_yet_at": snapshot["ovh_time"],
            "done_at": done.isoformat(),
        }

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the accounts that a person should check."""
        snapshot = attempt.snapshot or {}
        return (
            f"Check in OVH's manager whether {snapshot['credits']:.12g} credits went from {snapshot['source']} (they "
            f"held {snapshot['source_before']:.12g}) to {snapshot['target']} ({snapshot['target_before']:.12g}) after "
            f"{snapshot['ovh_time']}. Its balance says {self._seen[0]} at the source and {self._seen[1]} at the target."
        )

    @cached_property
    def _of_source(self) -> CreditWitness:
        return self._witness(self.source)

    @cached_property
    def _of_target(self) -> CreditWitness:
        return self._witness(self.target)

    def _witness(self, client: OvhSmsClient) -> CreditWitness:
        from ovh_sms.idempotency.account_records import AccountRecords

        records = AccountRecords(self.journal.store, client.account_name, self.clock)
        return CreditWitness(client=client, records=records, clock=self.clock)


def time_of(values: Mapping[str, Any]) -> datetime:
    """Return when a transfer was certainly made, OVH's time."""
    return datetime.fromisoformat(values["done_at"])
