"""Have the numbers of a prepared list checked by the phone networks (HLR), each once in a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator, WritingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.store import Store


class CheckNumbersOperator(WritingOperator):
    """Have the numbers of a prepared list checked: valid, and reachable now? Each number costs credits.

    A number that any run asked about within ``max_age`` is not asked again. What the networks say is kept by a keyed
    digest of the number. :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator` with
    ``checked_within`` leaves out those that are invalid or cannot be reached. A number without an answer stays.

    :param prepared: output of ``PrepareContactsOperator``.
    :param max_age: what was asked since is not asked again; a day at least.
    :param credits_per_number: the price. If OVH takes more, no other number is checked.
    :param budget: most credits that the run may spend on checks; ``None``: any.
    :param approved: output of :class:`~ovh_sms.operators.approve_number_checks.ApproveNumberChecksOperator`: no more
        credits are spent than a person has approved.
    :param answers_within: how long answers are awaited after a request.
    :param poll_interval: time between two readings of answers.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :returns: counts: ``numbers``, ``asked`` by this run, ``reachable``, ``unreachable``, ``invalid``, ``no_answer``,
        ``unanswered``, ``not_asked``; and ``credits`` of the run. No numbers.
    :raises BudgetExceeded: they cost more than they may, or OVH took more than was shown.
    :raises InsufficientCredits: the account holds too few credits beside its reservations.
    :raises SubmissionInFlight: others check numbers of the account right now.
    :raises OutcomeUnknown: OVH may have checked some, and the next try must reconcile.

    Source: GET and POST ``/sms/{serviceName}/hlr``, GET ``/sms/{serviceName}/hlr/{id}``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared", "approved")
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        prepared: dict[str, Any],
        max_age: timedelta = timedelta(days=90),
        credits_per_number: float = 0.1,
        budget: float | None = None,
        approved: Mapping[str, Any] | None = None,
        answers_within: timedelta = timedelta(hours=1),
        poll_interval: timedelta = timedelta(minutes=1),
        quiet_period: timedelta = timedelta(minutes=10),
        reconcile_timeout: timedelta = timedelta(minutes=30),
        **kwargs: Any,
    ) -> None:
        super().__init__(quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, **kwargs)
        self.prepared = prepared
        self.max_age = max_age
        self.credits_per_number = credits_per_number
        self.budget = budget
        self.approved = approved
        self.answers_within = answers_within
        self.poll_interval = poll_interval

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask about the numbers that nobody knows, and wait for the answers."""
        from ovh_sms.number_checks.check import ChecksWait

        while True:
            try:
                with self.once() as store:
                    found = self._run(context, store)
                self.log.info("%s", " ".join(f"{name}={value}" for name, value in found.items()))
                return found
            except ChecksWait as wait:
                self.pause(wait)

    def _run(self, context: Context, store: Store) -> dict[str, Any]:
        from ovh_sms.clock import SystemClock
        from ovh_sms.contacts.prepared_list import PreparedList
        from ovh_sms.errors import ConfigurationError
        from ovh_sms.number_checks.check import CheckTerms, NumberCheckRun

        if self.max_age < timedelta(days=1):
            raise ConfigurationError(
                f"'max_age' is {self.max_age} and must be a day at least.", action="No number was checked. Raise it."
            )
        return NumberCheckRun(
            prepared=PreparedList.from_xcom(self.prepared),
            terms=CheckTerms(
                max_age=self.max_age,
                credits_per_number=self.credits_per_number,
                budget=self._budget(),
                answers_within=self.answers_within,
                poll_interval=self.poll_interval,
            ),
            dag_id=context["ti"].dag_id,
            run_id=context["ti"].run_id,
            client=self.hook.client,
            store=store,
            task=self.task_try(context),
            policy=self.policy(),
            clock=SystemClock(),
        ).run()

    def _budget(self) -> float | None:
        """The smaller one of the budget and of what a person has approved."""
        self.hook.refuse_other((self.approved or {}).get("account", ""))
        approved = (
            None if self.approved is None else float(self.approved["credits"] if self.approved["approved"] else 0)
        )
        given = [each for each in (self.budget, approved) if each is not None]
        return min(given, default=None)
