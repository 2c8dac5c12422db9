"""Submit one batch, at most once, even if the process is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.errors import OvhSmsError, PreflightError, RequestRefused, RunHeld
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OnceOnlyWrite
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.sending.collect import submission_record
from ovh_sms.sending.ovh_batch_post import OvhBatchPost, write_of
from ovh_sms.sending.ovh_batch_watch import OvhBatchWatch
from ovh_sms.sending.stop_hold import StopHold
from ovh_sms.sending.submission import Submission, check_complete
from ovh_sms.store.models import BATCH
from ovh_sms.store.published_lists import CONTENT, PlannedList

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.store.store import Store


def submit(
    planned: PlannedSubmission,
    *,
    client: OvhSmsClient,
    store: Store,
    task: TaskTry,
    policy: ReconcilePolicy,
    clock: Clock,
) -> Submission:
    """Submit a batch, or reconcile an earlier try.

    :raises RequestChanged: an earlier try submitted another message or list.
    :raises RepliesUnread: people can answer the batch; read the replies of the account, and submit it again.
    :raises OutcomeUnknown: OVH may have accepted the batch; the next try must reconcile.
    :raises ReconcileWait: whether OVH accepted the batch shows later; submit it again then.
    :raises ResolutionRequired: only a person can decide whether OVH accepted the batch.
    :raises DuplicateSubmission: another run sent the message to some of the receivers, or may have.
    :raises SubmissionInFlight: another run may be sending it to some of them right now.
    :raises CampaignNotApproved: a person must approve the run's list, and has not.
    :raises WrongReceivers: OVH sent to people who are not on the list.
    :raises EverybodyOptedOut: everybody opted out since the list was prepared; nothing was sent.

    Source: POST ``/sms/{serviceName}/jobs``, or ``/batches``.
    """
    plan = planned.plan
    identity = WriteIdentity(
        tag=plan.tag,
        kind=BATCH,
        campaign=plan.campaign,
        dag_id=plan.dag_id,
        run_id=plan.run_id,
        task_id=planned.task_id,
        map_index=planned.map_index,
        account=plan.account,
        list_digest=plan.list_digest,
        message_digest=plan.message_digest,
    )
    run = planned.run_message
    rules = ClaimRules(
        duplicate_window=None if run.force else run.window,
        published=_planned_list(planned),
        run_after=planned.schedule.run_after,
    )
    journal = Journal(store, identity, rules, clock)
    write = write_of(planned, client=client, journal=journal, clock=clock, quiet_period=policy.quiet_period)
    submission = _run(OnceOnlyWrite(write=write, journal=journal, task=task, policy=policy, clock=clock), planned)
    _record(submission, store, task)
    if isinstance(write, OvhBatchPost):
        submission = _watched(OvhBatchWatch(write=write, task=task, policy=policy), submission, store)
        _record(submission, store, task)
    if submission.refused:
        try:
            write.forget_refused()
        except OvhSmsError as error:  # they merely count as reached
            task.log.warning("refused receivers count as reached: %s", error)
    if write.refused_path:
        task.log.warning("receivers refused by OVH: refused=%d file=%s", submission.refused, write.refused_path)
    if submission.resolution is None:
        check_complete(submission)
    return submission


def _run(once: OnceOnlyWrite, planned: PlannedSubmission) -> Submission:
    try:
        return Submission.from_xcom(once.run())
    except RunHeld:  # by another batch of the run, since this one was checked
        StopHold.of(planned, once.journal.store).check()
        return Submission.from_xcom(once.run())  # a person decided meanwhile


def _watched(watch: OvhBatchWatch, submission: Submission, store: Store) -> Submission:
    """Watch an OVH batch; if nothing of it leaves, the results say so, too."""
    try:
        return watch.run(submission)
    except (PreflightError, RequestRefused):
        live = watch.write.journal.live()
        if live is not None and live.answer is not None:
            _record(Submission.from_xcom(live.answer), store, watch.task)
        raise


def _record(submission: Submission, store: Store, task: TaskTry) -> None:
    """Add a submission to the results at once, so that every sum counts it."""
    try:
        store.submissions.start(submission_record(submission))
        store.runs.leave_out(submission.tag, submission.rejected.get(RejectReason.OPTED_OUT_SINCE, 0))
    except Exception as error:  # of the database's driver: the journal has it, and its report records it again
        task.log.warning("the submission is not in the results yet: %s", type(error).__name__)


def _planned_list(planned: PlannedSubmission) -> PlannedList | None:
    """Take what the run must have published from the request itself; ``None`` if it has no prepared list."""
    if planned.batch is None:
        return None
    content = {name: getattr(planned.request, name) for name in CONTENT}
    return PlannedList(
        digest=planned.batch.run_digest,
        folder=str(planned.batch.folder),
        content=content,
        needs_approval=planned.needs_approval,
    )
