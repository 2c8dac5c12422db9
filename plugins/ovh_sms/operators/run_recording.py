"""Keeps with its run what a task of a campaign has done or why it failed, so that pages and notifiers can say it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from ovh_sms.clock import SystemClock
from ovh_sms.messaging.tag import submission_tag
from ovh_sms.task_context import is_last_try

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import Context

    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.sending.submission import Submission
    from ovh_sms.store.run_records import BatchRecord, Problem, RunRecord
    from ovh_sms.store.store import Store

    PlannedRecords = tuple[RunRecord, BatchRecord]

Result = TypeVar("Result")
#: Tag of a run's list, and number of a batch; ``None`` for the run as a whole.
Place = tuple[str, int | None]


class RecordsRun:
    """Part of a task of a campaign. An error of it is recorded with its run, or with its batch.

    A results database that fails meanwhile hides no error, and stops no task by that alone.
    """

    results_conn_id: str

    if TYPE_CHECKING:
        log: Any

    def run_place(self, context: Context, store: Store) -> tuple[str | None, int | None]:
        """Return the tag of the run's list and the number of the batch; ``None`` if they are not known."""
        raise NotImplementedError

    @contextmanager
    def recorded(self, context: Context) -> Iterator[None]:
        """Record the error that ends the block, and raise it."""
        from airflow.sdk.exceptions import AirflowSkipException, DownstreamTasksSkipped

        try:
            yield
        except (AirflowSkipException, DownstreamTasksSkipped):
            raise
        except Exception as error:
            problem = problem_of(context, error)
            self.record(context, lambda store, place: store.runs.failed(place[0], problem, batch=place[1]))
            raise

    def record(self, context: Context, write: Callable[[Store, Place], None]) -> None:
        """Write to the results, if they know the run; else log why not."""
        from ovh_sms.hooks.store import shared_store

        try:
            store = shared_store(self.results_conn_id)
            list_tag, batch = self.run_place(context, store)
            if list_tag is not None:
                write(store, (list_tag, batch))
        except Exception as error:
            self.log.warning("not recorded in the results: %s", type(error).__name__)

    def note_wait(self, context: Context, until: datetime) -> None:
        """Record that the batch waits for its hours."""

        def write(store: Store, place: Place) -> None:
            if place[1] is not None:
                store.runs.waits(place[0], place[1], until)

        self.record(context, write)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after a wait."""
        with self.recorded(context):
            return super().resume_execution(next_method, next_kwargs, context)  # type: ignore[misc]


def keeps_problem(execute: Callable[[Any, Any], Result]) -> Callable[[Any, Any], Result]:
    """Have the error of a task's ``execute`` recorded."""

    @wraps(execute)
    def kept(self: Any, context: Any) -> Result:
        with self.recorded(context):
            return execute(self, context)

    return kept


def batch_place(context: Context, store: Store, prepared: dict[str, Any] | None) -> tuple[str | None, int | None]:
    """Find the place of a batch, or of the only batch of a prepared list."""
    from ovh_sms.contacts.prepared_list import Batch

    if not prepared:
        return None, None
    batch = Batch.from_xcom(prepared)
    ti = context["ti"]
    return store.runs.find_list_tag(ti.dag_id, ti.run_id, batch.run_digest), batch.batch


def batch_records(list_tag: str, prepared: PreparedList) -> list[BatchRecord]:
    """Describe the batches of a prepared list."""
    from ovh_sms.messaging.receiver_zones import zones_text
    from ovh_sms.store.run_records import BatchRecord

    return [
        BatchRecord(
            list_tag=list_tag,
            batch=each.batch,
            receivers=each.accepted,
            credits=float(each.credits),
            zones=zones_text(each.zones),
        )
        for each in prepared.batches
    ]


def planned_records(list_tag: str, batch: int, plan: Submission, planned_at: datetime | None) -> PlannedRecords:
    """Describe a batch that is about to be submitted, and its run if nothing of it was prepared."""
    from ovh_sms.store.run_records import BatchRecord, RunRecord

    run = RunRecord(
        list_tag=list_tag,
        dag_id=plan.dag_id,
        run_id=plan.run_id,
        campaign=plan.campaign,
        account=plan.account,
        sender=plan.sender,
        marketing=plan.marketing,
        planned_at=planned_at,
        rows=plan.rows,
        accepted=plan.accepted,
        rejected=plan.rejected,
        batches=plan.batches,
        credits_estimated=plan.credits_estimated,
    )
    own = BatchRecord(
        list_tag=list_tag,
        batch=batch,
        receivers=plan.accepted or plan.expected or 0,
        credits=plan.credits_estimated,
        tag=plan.tag,
    )
    return run, own


def unmapped_tag(context: Context, task_id: str) -> str:
    """Name the list that a task of the run sends, mapped or not."""
    ti = context["ti"]
    return submission_tag(ti.dag_id, ti.run_id, task_id)


def problem_of(context: Context, error: Exception) -> Problem:
    """Describe an error without numbers; of one that is not this package's, its class alone."""
    from ovh_sms.errors import OvhSmsError
    from ovh_sms.messaging.phone_masks import mask_numbers
    from ovh_sms.store.run_records import Problem

    ours = error if isinstance(error, OvhSmsError) else error.__cause__  # as Airflow must not retry it
    step, kind = context["ti"].task_id, type(error).__name__
    what, details = f"The task {step} failed with {kind}.", ""
    action, may_pass = f"Read the log of *{step}* in Airflow, then clear it.", True
    if isinstance(ours, OvhSmsError):
        kind, what, action, may_pass = type(ours).__name__, ours.plain or ours.what, ours.action, ours.is_retryable
        details = ours.what if ours.plain else ""
    return Problem(
        step=step,
        error=kind,
        what=mask_numbers(what),
        action=mask_numbers(action),
        at=SystemClock().now().isoformat(),
        is_tried_again=may_pass and not is_last_try(context),
        details=mask_numbers(details),
    )
