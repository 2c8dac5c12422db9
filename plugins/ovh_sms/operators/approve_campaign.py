"""Ask a person to approve a run of a campaign, in Airflow's own page of required actions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator

from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.operators.hours import schedule_of
from ovh_sms.operators.links import RunReportLink
from ovh_sms.operators.run_recording import RecordsRun, keeps_problem

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.sending.run_approval import RunQuestion
    from ovh_sms.store.campaign_approvals import CampaignApproval
    from ovh_sms.store.store import Store


class ApproveCampaignOperator(RecordsRun, ApprovalOperator):
    """Wait, without a worker slot, until a person approves the prepared list; no answer in time refuses it.

    The answer is a row of the results, with who gave it and when, for the digests of the list and of its content. The
    tasks that upload and send read that row, not the state of this task: if it is marked as successful by hand, nothing
    is uploaded. A list that is prepared again with other rows, another text or another cost is asked about again.

    The question shows counts and a link to the page of the messages; Airflow keeps no number and no text. The
    notifiers report it. If it is refused, the tasks behind this one are skipped, and the notifiers report that, too.

    :param campaign: name of the campaign.
    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`, which must have
        ``approval``.
    :param checked: output of :class:`~ovh_sms.operators.preflight.PreflightOperator`.
    :param by: Airflow users who may answer; everybody who may edit the DAG if there are none.
    :param within: time for an answer.
    :param hours: when messages may leave, see :func:`~ovh_sms.operators.hours.schedule_of`: a run that is too late once
        it is approved fails.
    :param guards: fields of :class:`~ovh_sms.sending.run_guards.GuardLimits`: what exceeds them stands in the question.
    :param timezone: of the times in the question.
    :param notify: ``notifier``, ``arguments`` and ``language`` of each notifier.
    :param results_conn_id: Airflow connection of the results.
    :returns: ``approved``, ``by``, ``at``, ``people``, ``credits``. ``by`` is ``None`` if nobody answered.
    :raises CampaignNotApproved: the list was prepared without ``approval``, or again while it was asked about.
    :raises ScheduleTooOld: the run is too late once it is approved.
    :raises RunCancelled: a person cancelled the run.
    """

    operator_extra_links = (RunReportLink(),)
    template_fields: Collection[str] = ("prepared", "checked")
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        campaign: str,
        prepared: dict[str, Any],
        checked: dict[str, Any],
        by: Sequence[str] = (),
        within: timedelta = timedelta(hours=6),
        hours: Mapping[str, Any] | None = None,
        guards: Mapping[str, float] | None = None,
        timezone: str = PARIS,
        notify: Sequence[dict[str, Any]] = (),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            subject="Approve a campaign",
            body="",
            defaults=ApprovalOperator.REJECT,
            response_timeout=within,
            assigned_users=[{"id": user, "name": user} for user in by] or None,
            **kwargs,
        )
        self.campaign = campaign
        self.prepared = prepared
        self.checked = checked
        self.by = by
        self.within = within
        self.hours = hours
        self.guards = guards
        self.timezone = timezone
        self.notify = notify
        self.results_conn_id = results_conn_id

    @keeps_problem
    def execute(self, context: Context) -> Any:
        """Ask a person, unless this list is approved already."""
        from ovh_sms.notifications.approval_notices import preview_address
        from ovh_sms.store.campaign_approvals import APPROVED

        ti, store = context["ti"], self._store()
        store.cancelled_runs.refuse(ti.dag_id, ti.run_id)
        question = self._question(context, store)
        asked = store.campaign_approvals.ask(self._list_tag(context, store), self._list.digest, question.record())
        if asked is None:
            raise _prepared_otherwise()
        if asked.decision == APPROVED:
            self.log.info("approved already by=%s at=%s", asked.decided_by, asked.decided_at)
            return _answer(asked)
        self.record(context, lambda store, place: store.runs.failed(place[0], None))
        self._report(store, context, asked)
        self.subject, self.body = question.subject, question.body(preview_address(ti.dag_id, ti.run_id))
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Record the answer; a refusal skips the tasks behind this one."""
        from ovh_sms.store.campaign_approvals import APPROVED, REFUSED, TIMED_OUT

        # The provider's own step ends by an exception if it is rejected: nothing would be recorded.
        given = HITLOperator.execute_complete(self, context=context, event=event)
        approved, person = given["chosen_options"] == [self.APPROVE], given["responded_by_user"]
        name = (person.get("name") or person.get("id")) if person else None
        store, ti = self._store(), context["ti"]
        list_tag = self._list_tag(context, store)
        if approved:
            store.cancelled_runs.refuse(ti.dag_id, ti.run_id)
            self._refuse_late(context, store)
        decision = APPROVED if approved else REFUSED if name else TIMED_OUT
        decided = store.campaign_approvals.decide(list_tag, self._list.digest, decision, by=name)
        if decided is None:
            raise _prepared_otherwise()
        store.audit.record("approval", name or "nobody", f"{decision} dag={ti.dag_id} run={ti.run_id}")
        self.hitl_summary_extra["approved"] = approved
        self.log.info("decision=%s by=%s people=%s credits=%s", decision, name, decided.people, decided.credits)
        result = _answer(decided)
        if not approved:
            self._report(store, context, decided)
            task_instance: Any = ti
            task_instance.xcom_push(key="return_value", value=result)
            self.skip(ti=task_instance, tasks=self.get_direct_relatives(upstream=False))
        return result

    def run_place(self, context: Context, store: Store) -> tuple[str | None, int | None]:
        """The run's list; no batch."""
        ti = context["ti"]
        return store.runs.find_list_tag(ti.dag_id, ti.run_id, self._list.digest), None

    @property
    def _list(self) -> PreparedList:
        from ovh_sms.contacts.prepared_list import PreparedList

        return PreparedList.from_xcom(self.prepared)

    def _list_tag(self, context: Context, store: Store) -> str:
        list_tag = self.run_place(context, store)[0]
        if list_tag is None:
            raise _prepared_otherwise()
        return list_tag

    def _question(self, context: Context, store: Store) -> RunQuestion:
        from ovh_sms.sending.run_approval import RunQuestion

        ti = context["ti"]
        return RunQuestion.of(
            self.campaign,
            self._list,
            self.checked,
            store=store,
            run=(ti.dag_id, ti.run_id),
            guards=self.guards or {},
            within=self.within,
            timezone=self.timezone,
        )

    def _refuse_late(self, context: Context, store: Store) -> None:
        """Refuse a run that would leave too late by now: nobody should take it for sent."""
        from ovh_sms.sending.preflight import departures

        if self.hours is None:
            return
        ti, found = context["ti"], self._list
        published = store.published_lists.get(ti.dag_id, ti.run_id, found.digest)
        content = published.content if published else {}
        marketing, held = bool(content.get("stop_clause", True)), bool(content.get("sender"))
        schedule = schedule_of(context, self.hours, marketing=marketing, held=held)
        departures(schedule, found, store.clock.now(), has_started=False)

    def _report(self, store: Store, context: Context, approval: CampaignApproval) -> None:
        from ovh_sms.notifications.approval_notices import report_approval

        report_approval(self.campaign, approval, self.notify, store=store, context=context, log=self.log)

    def _store(self) -> Store:
        from ovh_sms.hooks.store import shared_store
        from ovh_sms.hooks.store_identity import check_shared

        store = shared_store(self.results_conn_id)
        check_shared(store, self.results_conn_id)
        return store


def _answer(approval: CampaignApproval) -> dict[str, Any]:
    from ovh_sms.store.campaign_approvals import APPROVED

    return {
        "approved": approval.decision == APPROVED,
        "by": approval.decided_by,
        "at": approval.decided_at.isoformat() if approval.decided_at else None,
        "people": approval.people,
        "credits": approval.credits,
    }


def _prepared_otherwise() -> Exception:
    from ovh_sms.errors import CampaignNotApproved

    return CampaignNotApproved(
        "The list of this run was prepared again since, or without the approval that its campaign asks for now.",
        action="Nothing was uploaded or sent. Clear *prepare* and the tasks after it: the list is asked about anew.",
    )
