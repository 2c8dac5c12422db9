"""One request for checks of numbers as a remote write. OVH lists its checks, and the balance shows their credits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import InsufficientCredits, OvhSmsError
from ovh_sms.idempotency.reconcile import RESOLUTION, Observation
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.sending.account_balance import NO_CREDIT, Presence
from ovh_sms.sending.credit_witness import CreditWitness
from ovh_sms.sending.packed_ids import pack_ids, unpack_ids

if TYPE_CHECKING:
    import logging

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.store.models import Attempt

#: OVH's time is known so precisely if it cannot be read after a request.
_TIME_IS_EARLY = timedelta(seconds=10)


class PlanOutdated(NothingToMake):
    """An earlier request is decided, or others have asked meanwhile: the numbers are planned anew."""


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """Numbers to check.

    :param numbers: E.164, by their keyed digest; none: an earlier request is only reconciled.
    :param credits: what they cost.
    :param checks_before: requests of the account that were known when these numbers were planned.
    """

    numbers: Mapping[int, str] = field(repr=False)
    credits: float = 0.0
    checks_before: int = 0


@dataclass
class CheckPost:
    """The remote write of one request; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    :param quiet_period: after a lost answer, a request may reach OVH for so long.
    """

    request: CheckRequest
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    quiet_period: timedelta
    log: logging.Logger | Any
    done: str = field(default="checked", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    #: OVH's ids of the checks that were observed last.
    _found: list[int] = field(default_factory=list, init=False)
    _seen: Presence = field(default=Presence.UNCLEAR, init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """Every number of the request."""
        return int((attempt.snapshot or {})["numbers"])

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: the tag is that of these numbers alone."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record the checks that OVH has, and the account right before: JSON values without numbers."""
        before = pack_ids(self.client.number_checks.ids())
        witness = self._witness.snapshot()
        return {
            "source": self.client.account_name,
            "target": "",
            "numbers": len(self.request.numbers),
            "credits": self.request.credits,
            "checks_before": self.request.checks_before,
            "ids_before": before,
            "witness": witness,
            # The checks are dated in a later second than what the witness read.
            "ovh_time": self.client.wait_for_next_second().isoformat(),
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Refuse checks that the account cannot pay; make none that were planned before others were made.

        :raises PlanOutdated: they are to be planned anew.
        :raises InsufficientCredits: with the figures.
        """
        store, account = self.journal.store, self.client.account_name
        if not self.request.numbers or store.number_checks.count(account) != self.request.checks_before:
            raise PlanOutdated("The numbers are planned anew.")
        # Before the credits: a batch that OVH accepts in between counts twice rather than not at all.
        reserved = store.reservations.reserved(account)
        left = self.client.account.get().credits_left
        if left - reserved < self.request.credits - NO_CREDIT:
            of_them = f", {reserved:.12g} of them reserved" if reserved else ""
            raise InsufficientCredits(
                f"{account} holds {left:.12g} credits{of_them}: too few for {len(self.request.numbers)} checks, which "
                f"cost {self.request.credits:.12g}.",
                action="These numbers were not checked. Order credits, then clear this task.",
            )

    def post(self, deadline: float) -> dict[str, Any]:
        """Have the numbers checked by one POST."""
        not_yet = self.client.time()
        made = self.client.number_checks.create(list(self.request.numbers.values()), not_after=deadline)
        try:  # it is made: a read that fails must not say otherwise
            done = self.client.read_time() + RESOLUTION
        except OvhSmsError as error:
            self.log.warning("OVH's time after the checks could not be read: %s", error)
            done = self.client.time() + _TIME_IS_EARLY
        digests = {number.lstrip("+"): digest for digest, number in self.request.numbers.items()}
        refused = [digests[each.lstrip("+")] for each in made.refused if each.lstrip("+") in digests]
        return self._answer(made.ids, made.credits_removed, not_yet, done, refused)

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Read the checks that OVH has made since, and whether exactly their credits are gone.

        If some of the numbers are there and exactly their credits are gone, OVH has refused the others.

        Source: GET ``/sms/{serviceName}/hlr``, ``/hlr/{id}``, and what the credits need.
        """
        at, snapshot = self.client.time(), attempt.snapshot or {}
        expected, amount = int(snapshot["numbers"]), float(snapshot["credits"])
        self._found = self._checks_since(attempt, snapshot)
        found = len(self._found)
        if found == expected:
            return Observation(at=at, found=found, named=True)
        over = earlier[0].at + self.quiet_period + RESOLUTION if earlier else None
        now = self._witness.reading(snapshot["witness"])
        readings = [*(each.balance for each in earlier if each.balance), now]
        of_found = amount * found / expected if found else amount
        self._seen = self._witness.presence(snapshot["witness"], readings, of_found, over=over)
        is_early = over is None or at < over  # it may still come
        if found and self._seen is Presence.FOUND and not is_early:
            found = expected
        missing = not found and self._seen is not Presence.ABSENT and not is_early
        return Observation(at=at, found=found, credits_missing=missing, balance=now)

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from the checks that OVH shows."""
        snapshot = attempt.snapshot or {}
        taken = float(snapshot["credits"])
        if self._found or self._seen is not Presence.FOUND:  # else OVH lists none of them, and their credits are gone
            taken *= len(self._found) / int(snapshot["numbers"])
        not_yet = datetime.fromisoformat(snapshot["ovh_time"])
        return self._answer(self._found, round(taken, 6), not_yet, observation.at + RESOLUTION, [])

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name what a person should compare."""
        snapshot = attempt.snapshot or {}
        return (
            f"OVH lists {len(self._found)} of {snapshot['numbers']} checks of {attempt.account} since "
            f"{snapshot['ovh_time']}, which cost {snapshot['credits']:.12g} credits; the balance says {self._seen}. "
            "'sent' asks about none of these numbers again."
        )

    def _answer(
        self, ids: Sequence[int], taken: float, not_yet: datetime, done: datetime, refused: Sequence[int]
    ) -> dict[str, Any]:
        return {
            "source": self.client.account_name,
            "target": "",
            "credits": taken,
            "not_yet_at": not_yet.isoformat(),
            "done_at": done.isoformat(),
            "check_ids": pack_ids(ids),
            "refused": list(refused),
        }

    def _checks_since(self, attempt: Attempt, snapshot: Mapping[str, Any]) -> list[int]:
        """OVH's ids of the checks of these numbers that were made after the snapshot, one for each number."""
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        before, since = unpack_ids(snapshot["ids_before"]), datetime.fromisoformat(snapshot["ovh_time"])
        new = sorted(each for each in self.client.number_checks.ids() if each not in before)
        wanted = self.journal.store.number_checks.digests(attempt.tag)
        digester = PersonDigester(self.journal.store.identity.secret())
        checks = [each for each in self.client.number_checks.iter(new) if each.created >= since]
        found: dict[int, int] = {}
        for check, digest in zip(checks, digester.of_numbers([each.number for each in checks]), strict=True):
            if digest in wanted:
                found.setdefault(digest, check.id)
        return sorted(found.values())

    @cached_property
    def _witness(self) -> CreditWitness:
        from ovh_sms.idempotency.account_records import AccountRecords

        records = AccountRecords(self.journal.store, self.client.account_name, self.clock)
        return CreditWitness(client=self.client, records=records, clock=self.clock)
