"""Reports a run that ends without figures: not sent, sent in part, or with an unknown outcome."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.run_results import RunResults
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)
#: Who claims the notification of a run that has ended; one of a task claims by its own name.
_BY_RUN = "end of the run"


class RunEndNotifier:
    """Reports a run's end through the campaign's notifiers, once for each state: Airflow's ``on_failure_callback``.

    As the callback of a DAG it reports a run that was not sent, was sent in part or with a problem, or whose outcome is
    unknown. As that of a task it reports an unknown outcome, a problem or held batches alone, at once: a person must
    act, and other batches may still wait.

    :param campaign: name of the campaign.
    :param entries: ``notifier``, ``arguments`` and ``language`` of each notifier.
    """

    def __init__(self, campaign: str, entries: Sequence[Mapping[str, Any]], *, of_task: bool = False) -> None:
        self.campaign = campaign
        self.entries = entries
        self.of_task = of_task

    def __call__(self, context: Context) -> None:
        """Notify if the run's state is one of those."""
        from ovh_sms.hooks.store import shared_store

        found: Any = context
        run_id = found["run_id"] if "run_id" in found else found["dag_run"].run_id
        self.report(shared_store(), found["dag"].dag_id, run_id, context)

    def report(self, store: Store, dag_id: str, run_id: str, context: Context) -> int:
        """Use the notifiers that have not reported this state of the run.

        :returns: how many notifications were made.
        """
        from ovh_sms.notifications.notify import task_name, use_notifiers
        from ovh_sms.notifications.summary import summarise_end

        results = store.run_results.of_run(dag_id, run_id)
        state = self._state(store, results)
        if state is None:
            return 0
        return use_notifiers(
            self.entries,
            [state],
            lambda language: summarise_end(
                self.campaign, run_id, store, results, state=state, language=language, has_ended=not self.of_task
            ),
            run=(dag_id, run_id),
            claimed_by=task_name(context) if self.of_task else _BY_RUN,
            store=store,
            context=context,
            log=log,
        )

    def _state(self, store: Store, results: list[RunResults]) -> str | None:
        """The state to report; ``None`` if there is nothing to report."""
        from ovh_sms.notifications.run_status import states
        from ovh_sms.report.run_state import RunState

        wanted = [RunState.UNKNOWN, RunState.TROUBLED, RunState.ON_HOLD]
        if not self.of_task:
            wanted += [RunState.BLOCKED, RunState.IN_PART]
        if not results:  # its first task failed before it recorded anything
            return None if self.of_task else RunState.BLOCKED.value
        found = states(store, results, has_ended=not self.of_task)
        return next((each.value for each in wanted if each in found), None)


class SubmissionEndNotifier:
    """Reports a problem of a submission that shows when it is collected, as the ``on_failure_callback`` of that task.

    The notifiers are those of the campaign that submitted it, which the journal knows.
    """

    def __call__(self, context: Context) -> None:
        """Notify if the run of the submission needs a person."""
        from ovh_sms.hooks.store import shared_store
        from ovh_sms.sending.known_submission import find_submission

        store, task = shared_store(), context["task"]
        submission = getattr(task, "submission", None) or {}
        found = find_submission(store, submission.get("tag"))
        if found is not None and found.collect.notify:
            notifier = RunEndNotifier(found.campaign, found.collect.notify, of_task=True)
            notifier.report(store, found.dag_id, found.run_id, context)
