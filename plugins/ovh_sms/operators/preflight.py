"""Checks that a campaign may be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.operators.hours import schedule_of
from ovh_sms.operators.links import RunReportLink
from ovh_sms.operators.run_recording import RecordsRun, keeps_problem, unmapped_tag

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.sending.run_credits import RunCredits
    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.store.store import Store


class PreflightOperator(RecordsRun, OvhSmsOperator):
    """Stop a campaign before it is sent if it has no receivers, too many rejects, no enabled sender, too few credits or
    too small a budget.

    The credits that it costs are reserved on the account until its batches are submitted: no other run counts on them.

    Source: GET ``/sms/{serviceName}``, ``/senders`` and POST ``/sms/estimate``, which sends nothing.

    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`.
    :param message: the text; OVH estimates its length.
    :param marketing: whether the campaign keeps the sending window, and carries the STOP clause if it has a sender.
    :param sender: the campaign's sender; ``None`` if receivers answer to a short number.
    :param budget: most credits that the campaign may cost.
    :param most_rejected: rows that may be rejected for their faults, as ``{"percent": 20}`` or ``{"rows": 500}``; any
        number if not given.
    :param guards: fields of :class:`~ovh_sms.sending.run_guards.GuardLimits`; none if not given.
    :param approval: a person decides about a run that exceeds one of them.
    :param declared_countries: two-letter countries in which the sender is declared, where operators ask for that.
    :param hours: when messages may leave, see :func:`~ovh_sms.operators.hours.schedule_of`.
    :param wait_for_credits: hours for which the task waits, without a worker, for credits that are short; ``True``: as
        long as the run is not too late.
    :param budget_per_month: most credits that the runs of the DAG may cost in a calendar month.
    :param timezone: time zone of these months.
    :param poll_interval: time between two checks while it waits for credits.
    :param results_conn_id: Airflow connection of the results database, which knows the list and the credits of each
        run.
    :returns: ``cost``, ``credits_left``, ``reserved_by_others``, ``sender``, ``starts_at``, the moment at which the
        first messages leave, ``leaves_at``, the same by the receivers' time zones, ``last_leaves_at``, when the
        last ones leave if the campaign has a pace, and ``price`` of a credit, if a limit or a person needs it.
    :raises ContactsError: no row of the list gets an SMS.
    :raises LimitExceeded: a limit of ``guards`` is exceeded, with figures; nothing was sent.
    :raises PreflightError: names the check that failed; nothing was sent.
    """

    operator_extra_links = (RunReportLink(),)
    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared")

    def __init__(
        self,
        *,
        prepared: dict[str, Any],
        message: str,
        marketing: bool,
        sender: str | None,
        budget: float | None = None,
        most_rejected: Mapping[str, float] | None = None,
        guards: Mapping[str, float] | None = None,
        approval: bool = False,
        declared_countries: Sequence[str] = (),
        hours: Mapping[str, Any] | None = None,
        wait_for_credits: float | bool = False,
        budget_per_month: float | None = None,
        timezone: str = PARIS,
        poll_interval: timedelta = timedelta(minutes=5),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prepared = prepared
        self.message = message
        self.marketing = marketing
        self.sender = sender
        self.budget = budget
        self.most_rejected = most_rejected
        self.guards = guards
        self.approval = approval
        self.declared_countries = declared_countries
        self.hours = hours
        self.wait_for_credits = wait_for_credits
        self.budget_per_month = budget_per_month
        self.timezone = timezone
        self.poll_interval = poll_interval
        self.results_conn_id = results_conn_id

    @keeps_problem
    def execute(self, context: Context) -> dict[str, Any]:
        """Run every check; again, as long as the run waits for credits."""
        from ovh_sms.sending.run_credits import CreditsWait

        while True:
            try:
                return self._check(context)
            except CreditsWait as short:
                # It is no error any more that an earlier try was refused.
                self.record(context, lambda store, place: store.runs.failed(place[0], None))
                self.pause(short)

    def _check(self, context: Context) -> dict[str, Any]:
        from ovh_sms.contacts.prepared_list import PreparedList
        from ovh_sms.contacts.reject_limit import RejectLimit
        from ovh_sms.credits.rates import credit_price
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.sending.preflight import CampaignTerms, run_preflight
        from ovh_sms.sending.run_guards import GuardLimits

        ti, prepared = context["ti"], PreparedList.from_xcom(self.prepared)
        store = ResultsHook(self.results_conn_id).store
        published = store.published_lists.get(ti.dag_id, ti.run_id, prepared.digest)
        terms = CampaignTerms(
            message=self.message,
            marketing=self.marketing,
            sender=self.sender,
            budget=self.budget,
            reject_limit=RejectLimit(**self.most_rejected) if self.most_rejected else None,
            declared_countries=tuple(self.declared_countries),
            guards=GuardLimits(**(self.guards or {})),
            approval=self.approval,
        )
        terms = terms.as_published(published.content if published else {})
        self.send_as(published.content.get("user", self.user) if published else self.user)
        with self.waiting_for_ovh():
            result = run_preflight(
                self.hook.client,
                prepared,
                terms,
                credit=self._credit(context, store, prepared),
                schedule=self._schedule(context, marketing=terms.marketing, held=terms.sender is not None),
                price_of=partial(credit_price, self.hook.client),
            )
        found = result.leaves_at, result.credits_left, result.key_ends_at
        self.record(context, lambda store, place: store.runs.checked(place[0], *found))
        return result.to_xcom()

    def _credit(self, context: Context, store: Store, prepared: PreparedList) -> RunCredits:
        from ovh_sms.sending.run_credits import CreditTerms, RunCredits

        ti, wait = context["ti"], self.wait_for_credits
        return RunCredits(
            store=store,
            # A list that the run has not published is known by this task.
            list_tag=self.run_place(context, store)[0] or unmapped_tag(context, self.task_id),
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            account=self.hook.account,
            terms=CreditTerms(
                wait=wait if isinstance(wait, bool) else timedelta(hours=wait),
                budget_per_month=self.budget_per_month,
                timezone=self.timezone,
                poll_interval=self.poll_interval,
            ),
            has_started=store.published_lists.has_started(ti.dag_id, ti.run_id),
        )

    def run_place(self, context: Context, store: Store) -> tuple[str | None, int | None]:
        """The run's list; no batch."""
        from ovh_sms.contacts.prepared_list import PreparedList

        ti = context["ti"]
        return store.runs.find_list_tag(ti.dag_id, ti.run_id, PreparedList.from_xcom(self.prepared).digest), None

    def _schedule(self, context: Context, *, marketing: bool, held: bool) -> Schedule:
        if self.hours is not None:
            return schedule_of(context, self.hours, marketing=marketing, held=held)
        # The task that sends knows how late it may be.
        return schedule_of(context, {"night": "send"}, marketing=marketing, held=held, max_lateness=timedelta.max)
