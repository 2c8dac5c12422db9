"""Have the numbers of a prepared list checked, each at most once in a time, and collect what the networks say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import BudgetExceeded, ClaimOutdated
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OnceOnlyWrite
from ovh_sms.idempotency.remote_write import WriteWait
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.number_checks.check_post import CheckPost, CheckRequest, PlanOutdated
from ovh_sms.number_checks.plan import MOST_IN_ONE, CheckPlan, cost, is_dearer, plan_checks
from ovh_sms.sending.packed_ids import unpack_ids
from ovh_sms.store.models import NUMBER_CHECK, REFUSED, SUCCEEDED, UNKNOWN
from ovh_sms.store.number_checks import INVALID, NO_ANSWER, REACHABLE, UNREACHABLE

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models_number_checks import NumberCheck
    from ovh_sms.clock import Clock
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import Store


#: An answer that OVH does not give within this time never comes.
ANSWERED_WITHIN = timedelta(days=7)


class ChecksWait(WriteWait):
    """OVH has not checked all numbers yet. In between no process is needed."""

    def __init__(self, awaited: int, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"OVH has not answered about {awaited} numbers yet. They are read again in {wait}.")


@dataclass(frozen=True, kw_only=True)
class CheckTerms:
    """The terms on which numbers are checked.

    :param max_age: what was asked since is not asked again.
    :param credits_per_number: the price that was shown.
    :param budget: most credits that the run may spend on checks; ``None``: any.
    :param answers_within: answers are awaited for so long after a request.
    :param poll_interval: time between two readings of answers.
    """

    max_age: timedelta
    credits_per_number: float
    budget: float | None
    answers_within: timedelta
    poll_interval: timedelta


@dataclass(frozen=True, kw_only=True)
class NumberCheckRun:
    """The checks of one run: those of any earlier try count, and nothing is asked twice."""

    prepared: PreparedList
    terms: CheckTerms
    dag_id: str
    run_id: str
    client: OvhSmsClient
    store: Store
    task: TaskTry
    policy: ReconcilePolicy
    clock: Clock

    def run(self) -> dict[str, Any]:
        """Check the numbers that nobody knows, and return counts by answer.

        :raises MissingRight: the key lacks a right to check numbers, to read answers, or to reconcile.
        :raises BudgetExceeded: the checks cost more than they may, or more than was shown.
        :raises InsufficientCredits: the account holds too few credits.
        :raises SubmissionInFlight: others check numbers of the account right now.
        :raises OutcomeUnknown: the next try reconciles.
        :raises ChecksWait: answers are awaited.
        """
        self.client.account.require("number_checks")
        self._reconcile()
        while not self._ask_all():
            self.task.log.info("others have checked numbers meanwhile: the rest is planned anew")
        self._collect()
        plan = self._plan()
        asked = sum(int((each.snapshot or {})["numbers"]) for each in self._own())
        return {"numbers": len(plan.numbers), "asked": asked, **plan.counts(), "credits": round(self._spent(), 6)}

    def _ask_all(self) -> bool:
        """Ask about every number that nobody knows.

        :returns: whether all are asked; not if others have asked meanwhile.
        """
        # Before the plan: what others ask in between is noticed.
        checks_before = self.store.number_checks.count(self.client.account_name)
        plan = self._plan()
        self._check_budget(plan)
        for at in range(0, len(plan.to_ask), MOST_IN_ONE):
            try:
                self._ask(plan, plan.to_ask[at : at + MOST_IN_ONE], checks_before)
            except (PlanOutdated, ClaimOutdated):
                return False
            checks_before += 1
        return True

    def _plan(self) -> CheckPlan:
        return plan_checks(self.prepared, self.store, self.terms.max_age)

    def _check_budget(self, plan: CheckPlan) -> None:
        """Refuse checks that cost more than they may, or if OVH took more for earlier ones than was shown."""
        wanted, spent = plan.credits(self.terms.credits_per_number), self._spent()
        if not plan.to_ask:
            return
        for attempt in self._own():
            self._check_price(attempt.answer or {}, int((attempt.snapshot or {})["numbers"]))
        if self.terms.budget is not None and is_dearer(spent + wanted, self.terms.budget):
            before = f" after {spent:.12g} that are spent" if spent else ""
            raise BudgetExceeded(
                f"{len(plan.to_ask)} numbers cost {wanted:.12g} credits{before}; {self.terms.budget:.12g} are allowed.",
                action="These numbers were not checked. Have the cost approved, or raise `budget`; then clear this "
                "task.",
            )

    def _ask(self, plan: CheckPlan, digests: Sequence[int], checks_before: int) -> None:
        """Ask about some numbers by one request."""
        named = "\x1f".join(map(str, sorted(digests)))
        tag = digest_tag(self.client.account_name, NUMBER_CHECK, self.dag_id, self.run_id, named)
        self.store.number_checks.plan(tag, self.client.account_name, digests)
        request = CheckRequest(
            numbers={digest: plan.numbers[digest] for digest in digests},
            credits=cost(len(digests), self.terms.credits_per_number),
            checks_before=checks_before,
        )
        answer = self._write(tag, self.dag_id, self.run_id, request).run()
        self.task.log.info("numbers=%d credits=%s tag=%s", len(digests), answer["credits"], tag)
        self._check_price(answer, len(digests))

    def _check_price(self, answer: Mapping[str, Any], numbers: int) -> None:
        taken, shown = float(answer.get("credits", 0)), cost(numbers, self.terms.credits_per_number)
        if is_dearer(taken, shown):
            raise BudgetExceeded(
                f"OVH took {taken:.12g} credits for {numbers} checks; {shown:.12g} were shown.",
                action="No other number is checked. Set `credits_per_number` to OVH's price, then clear this task.",
            )

    def _own(self) -> list[Attempt]:
        """The requests of this run that are at OVH, or may be."""
        found = self.store.number_checks.attempts(self.client.account_name, self.clock.now() - self.terms.max_age)
        here = self.dag_id, self.run_id
        return [each for each in found if each.state != REFUSED and (each.dag_id, each.run_id) == here]

    def _spent(self) -> float:
        """The credits of this run's requests; of one without an answer those that it may have taken."""
        return sum(float((each.answer or each.snapshot or {})["credits"]) for each in self._own())

    def _reconcile(self) -> None:
        """Reconcile earlier requests: those of this run in any case, those of others if they are old."""
        account = self.client.account_name
        since = self.clock.now() - self.terms.max_age
        for attempt in self.store.number_checks.attempts(account, since):
            is_ours = (attempt.dag_id, attempt.run_id) == (self.dag_id, self.run_id)
            if attempt.state == SUCCEEDED or (attempt.state in (UNKNOWN, REFUSED) and not is_ours):
                continue
            if not is_ours and not self._is_old(attempt):
                continue
            try:
                self._write(attempt.tag, attempt.dag_id, attempt.run_id, CheckRequest(numbers={})).run()
            except PlanOutdated:
                self.task.log.info("an earlier request was not executed tag=%s", attempt.tag)

    def _is_old(self, attempt: Attempt) -> bool:
        """Whether the task of another run is certainly not at it any more."""
        claimed = attempt.claimed_at
        return claimed is not None and self.clock.now() - claimed > 2 * self.policy.reconcile_timeout

    def _write(self, tag: str, dag_id: str, run_id: str, request: CheckRequest) -> OnceOnlyWrite:
        identity = WriteIdentity(
            tag=tag, kind=NUMBER_CHECK, campaign="", dag_id=dag_id, run_id=run_id, account=self.client.account_name
        )
        journal = Journal(self.store, identity, ClaimRules(), self.clock)
        write = CheckPost(
            request=request, client=self.client, journal=journal, clock=self.clock,
            quiet_period=self.policy.quiet_period, log=self.task.log,
        )  # fmt: skip
        return OnceOnlyWrite(write=write, journal=journal, task=self.task, policy=self.policy, clock=self.clock)

    def _collect(self) -> None:
        """Read what the networks say about the numbers that were asked.

        :raises ChecksWait: some are not done yet, and were asked a short time ago.
        """
        awaited, now = 0, self.clock.now()
        for attempt in self.store.number_checks.attempts(self.client.account_name, now - ANSWERED_WITHIN):
            open_digests = self.store.number_checks.unanswered(attempt.tag) if attempt.state == SUCCEEDED else set()
            if not open_digests or attempt.answer is None:
                continue
            refused = {int(each): INVALID for each in attempt.answer["refused"]}
            answered = self._answers(self.client.number_checks.iter(sorted(unpack_ids(attempt.answer["check_ids"]))))
            answers = {**refused, **answered}
            self.store.number_checks.record(attempt.tag, answers)
            open_digests -= answers.keys()
            is_recent = attempt.claimed_at is not None and now - attempt.claimed_at < self.terms.answers_within
            awaited += len(open_digests) if is_recent else 0
        if awaited:
            raise ChecksWait(awaited, self.terms.poll_interval)

    def _answers(self, checks: Iterable[NumberCheck]) -> dict[int, str]:
        """The answers of checks that are over, by the digest of their number."""
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        over = [(each, answer) for each in checks if (answer := answer_of(each)) is not None]
        digests = PersonDigester(self.store.identity.secret()).of_numbers([each.number for each, _ in over])
        return {digest: answer for digest, (_, answer) in zip(digests, over, strict=True)}


def answer_of(check: NumberCheck) -> str | None:
    """Say what a check has found; ``None`` while it is not over. Nothing is guessed."""
    if check.status == "error":
        return NO_ANSWER
    if check.status != "done":
        return None
    if check.is_valid is False:
        return INVALID
    if check.is_valid is None or check.is_reachable is None:
        return NO_ANSWER
    return REACHABLE if check.is_reachable else UNREACHABLE
