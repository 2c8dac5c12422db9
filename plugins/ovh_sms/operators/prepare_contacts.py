"""Prepares a campaign's contact list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ovh_sms.hooks.lineage import ReportsLineage, contact_lists, prepared_list
from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.operators.contact_list import ContactsOperator
from ovh_sms.operators.hours import schedule_of
from ovh_sms.operators.links import RunReportLink
from ovh_sms.operators.run_recording import RecordsRun, batch_records, keeps_problem, problem_of, unmapped_tag
from ovh_sms.sending.repeats import DUPLICATE_WINDOW
from ovh_sms.task_context import is_set, planned_at, task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.contacts.preparation import PreparationResult
    from ovh_sms.hooks.lineage import LineageDataset
    from ovh_sms.messaging.departure_hours import RunHours
    from ovh_sms.sending.failed_list import FailedList
    from ovh_sms.sending.repeats import RunMessage
    from ovh_sms.store.run_records import BatchRecord, RunRecord
    from ovh_sms.store.store import Store


class PrepareContactsOperator(RecordsRun, ReportsLineage, ContactsOperator):
    """Turn a contact list into the list for OVH, and give the reason of every row left out. Sends nothing.

    A person who answered STOP gets no message. Nor does a person to whom another run on the account has sent the same
    message within ``duplicate_window``, or may have: such a row is rejected as ``already_sent``.

    A run that a person started to resend the failed messages of another one has these as its list, and the message,
    sender and kind of that run. Suppression files, ``dead_after``, ``hours`` and ``batch_size`` are those given here.

    A list from a server or a storage is copied before it is read.

    Source: GET ``/sms/{serviceName}/blacklists``; ``/sms/rates/destinations`` for countries other than France.

    :param campaign: name of the campaign.
    :param contacts: path of the contact list, its address, or ``{"sql": …}`` or ``{"http": …}``.
    :param message: the text with its ``#column#`` placeholders.
    :param stop_clause: whether OVH adds the STOP clause, whose characters are counted.
    :param sheet: sheet of an Excel workbook; by default the first.
    :param suppress: paths or addresses of files of numbers that get no SMS.
    :param options: fields of :class:`~ovh_sms.contacts.options.ContactOptions`.
    :param batch_size: most receivers of a batch; one batch without a size.
    :param terms: what the list is sent with, frozen with it: ``sender``, ``sender_for_response``, ``stop_clause``.
    :param duplicate_window: for how long nobody gets the same message from another run, unless the run's configuration
        says ``{"force": true}``. 0: they may. Give the task that sends the same.
    :param empty_list: whether the run fails or is skipped if the list has no contact.
    :param hours: when messages may leave, see :func:`~ovh_sms.operators.hours.schedule_of`: the list is cut by time
        zones, and a row is rejected whose message could leave at no hour in time. ``None``: neither.
    :param file_error: the error of the campaign's file, if that is broken: a run fails with it, unless it has started
        to send; that one keeps its prepared list.
    :param dead_after: runs that could not reach a number for good, from which on it is rejected; ``None``: it is not.
    :param checked_within: a number that a check within this time found invalid or out of reach is rejected as
        ``unreachable``, see :class:`~ovh_sms.operators.check_numbers.CheckNumbersOperator`; ``None``: it is not.
    :param approval: a person must approve the list before any of it is uploaded, see
        :class:`~ovh_sms.operators.approve_campaign.ApproveCampaignOperator`.
    :param pilot: ``count`` of people who get the message first, and fields of
        :class:`~ovh_sms.store.pilots.PilotLimits`: the other batches wait until they have got it.
    :param send_task_id: the task of the same run that sends; the files lie in a folder named by its tag.
    :param results_conn_id: Airflow connection of the results database, which knows the list of each run.
    :returns: counts, digests and paths of the prepared list and its ``batches``; no numbers, no texts. Once a batch
        may be at OVH, the run keeps its list and its content, even if this task is cleared or the campaign is edited.
    :raises CampaignFileError: the campaign's file is broken, and the run has not started to send.
    :raises ContactsError: the list or the message's placeholders are wrong.
    :raises SourceUnavailable: a database, a server or a storage gave no complete answer.
    :raises DuplicateSubmission: nobody is left, as the other rows are ``already_sent``.
    :raises SubmissionInFlight: another run may be sending the message to some of the people right now; tried again.
    :raises RequestChanged: the run has started to send, and the folder of its list is gone.
    """

    operator_extra_links = (RunReportLink(),)

    def __init__(
        self,
        *,
        campaign: str,
        contacts: str | Mapping[str, Any],
        message: str,
        stop_clause: bool,
        sheet: str | None = None,
        suppress: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
        batch_size: int | None = None,
        terms: Mapping[str, Any] | None = None,
        send_task_id: str = "send",
        duplicate_window: timedelta = DUPLICATE_WINDOW,
        empty_list: Literal["fail", "skip"] = "fail",
        hours: Mapping[str, Any] | None = None,
        file_error: str | None = None,
        dead_after: int | None = None,
        checked_within: timedelta | None = None,
        approval: bool = False,
        pilot: Mapping[str, float] | None = None,
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        given: dict[str, Any] = {"sheet": sheet, "suppress": suppress, "options": options, **kwargs}
        super().__init__(contacts=contacts, message=message, stop_clause=stop_clause, **given)
        self.campaign = campaign
        self.batch_size = batch_size
        self.terms = terms or {}
        self.results_conn_id = results_conn_id
        self.send_task_id = send_task_id
        self.duplicate_window = duplicate_window
        self.empty_list = empty_list
        self.hours = hours
        self.file_error = file_error
        self.dead_after = dead_after
        self.checked_within = checked_within
        self.approval = approval
        self.pilot = pilot

    @keeps_problem
    def execute(self, context: Context) -> dict[str, Any]:
        """Prepare the list, or return the one that the run must keep."""
        from airflow.sdk.exceptions import AirflowSkipException

        from ovh_sms.contacts.preview.preparation_log import log_preparation
        from ovh_sms.credits.rates import foreign_rates
        from ovh_sms.errors import CampaignFileError, EmptyList
        from ovh_sms.hooks.contact_lists import fetch
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.operators.resend import failed_list
        from ovh_sms.sending.prepare import RunPreparation
        from ovh_sms.settings import campaign_folder

        self.record(context, lambda store, place: store.runs.start(self._run_record(context, place[0])))
        ti, store = context["ti"], ResultsHook(self.results_conn_id).store
        if self.file_error is not None and not store.published_lists.has_started(ti.dag_id, ti.run_id):
            raise CampaignFileError(
                f"This run has not started, as its campaign file is broken: {self.file_error}",
                action="Nothing was sent. Once the file is corrected, clear this task or start a new run.",
            )
        failed = failed_list(context, store, account=self.hook.account, hours=self.hours)
        if failed is not None:
            self._use(failed)
            self.record(context, lambda store, place: store.runs.start(self._run_record(context, place[0])))
        client = self.hook.client
        with self.waiting_for_ovh():
            source = replace(self.list_source(), hours=self._run_hours(context, client))
        list_tag = task_tag(context, task_id=self.send_task_id)
        preparation = RunPreparation(
            source=source,
            folder=campaign_folder(self.campaign, list_tag),
            batch_size=self._batch_size(source.hours),
            list_tag=list_tag,
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            terms=self.terms,
            run_message=self._run_message(context) if self.duplicate_window > timedelta(0) else None,
            dead_after=self.dead_after,
            checked_within=self.checked_within,
            needs_approval=self.approval,
            pilot=self.pilot,
            failed=failed,
        )
        try:
            with self.waiting_for_ovh():
                result = preparation.run(client, store, fetch=fetch, rates=partial(foreign_rates, client))
        except EmptyList as error:
            if self.empty_list == "skip":
                problem = replace(problem_of(context, error), is_tried_again=False, is_skipped=True)
                self.record(context, lambda store, place: store.runs.failed(place[0], problem))
                raise AirflowSkipException(error.what) from error
            raise
        log_preparation(result, transliterate=source.options.transliterate)
        self.record(context, lambda store, place: store.runs.prepared(*self._prepared(context, place[0], result)))
        return self.made(result.to_xcom())

    def _use(self, failed: FailedList) -> None:
        """Prepare the failed messages of another run in place of the list, with what that run was sent with."""
        self.contacts, self.sheet, self.message = failed.contacts, None, failed.message
        self.terms, self.stop_clause = failed.terms, failed.adds_stop
        kept = {name: value for name, value in (self.options or {}).items() if name == "timezone"}
        self.options = {**kept, **failed.options()}

    def lineage_inputs(self, result: dict[str, Any] | None) -> list[LineageDataset]:
        """The contact list; in a resend the results of the campaign."""
        return contact_lists(self.contacts, self.campaign, rows=result["rows"] if result else None)

    def lineage_outputs(self, result: dict[str, Any]) -> list[LineageDataset]:
        """The prepared list."""
        return [prepared_list(result["folder"], rows=result["accepted"], version=result["digest"])]

    def run_place(self, context: Context, store: Store) -> tuple[str | None, int | None]:
        """The run's list; no batch."""
        return unmapped_tag(context, self.send_task_id), None

    def _run_record(self, context: Context, list_tag: str) -> RunRecord:
        """Describe the run before its list is read."""
        from ovh_sms.store.run_records import RunRecord

        return RunRecord(
            list_tag=list_tag,
            dag_id=context["ti"].dag_id,
            run_id=context["ti"].run_id,
            campaign=self.campaign,
            account=self.known_account,
            sender=self.terms.get("sender") or "",
            marketing=self.terms.get("stop_clause", self.stop_clause),
            timezone=(self.options or {}).get("timezone") or PARIS,
            planned_at=planned_at(context),
            is_forced=is_set(context, "force"),
        )

    def _prepared(
        self, context: Context, list_tag: str, result: PreparationResult
    ) -> tuple[RunRecord, list[BatchRecord]]:
        """Describe the run's prepared list and its batches."""
        it = result.prepared
        record = replace(
            self._run_record(context, list_tag),
            rows=it.rows,
            accepted=it.accepted,
            rejected={str(reason): count for reason, count in it.rejected.items()},
            batches=len(it.batches),
            credits_estimated=float(it.credits),
            credits_plain=it.gsm7_credits,
            folder=str(it.folder),
            digest=it.digest,
        )
        return record, batch_records(list_tag, it)

    def _run_hours(self, context: Context, client: OvhSmsClient) -> RunHours | None:
        """The hours in which the run's messages may leave, by OVH's time; ``None`` if any will do."""
        if self.hours is None:
            return None
        marketing = self.terms.get("stop_clause", self.stop_clause)
        schedule = schedule_of(context, self.hours, marketing=marketing, held=self.stop_clause)
        return schedule.run_hours(client.time())

    def _batch_size(self, hours: RunHours | None) -> int | None:
        """Receivers of a batch at most: a pace cuts the list finer."""
        sizes = [self.batch_size, hours.pace.batch_size if hours and hours.pace else None]
        return min((each for each in sizes if each is not None), default=None)

    def _run_message(self, context: Context) -> RunMessage:
        """Describe the message, to find people to whom another run has sent it."""
        from ovh_sms.messaging.message_check import as_sent
        from ovh_sms.sending.repeats import RunMessage

        return RunMessage(
            message=as_sent(self.message),
            marketing=self.terms.get("stop_clause", self.stop_clause),
            account=self.hook.account,
            dag_id=context["ti"].dag_id,
            run_id=context["ti"].run_id,
            planned_at=planned_at(context),
            window=self.duplicate_window,
            force=is_set(context, "force"),
        )
