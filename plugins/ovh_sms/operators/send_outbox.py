"""Send the rows of the outbox that are due: each once, grouped by text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError, OvhSmsError, SourceUnavailable
from ovh_sms.operators.base import WritingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.store import Store


class SendOutboxOperator(WritingOperator):
    """Send what waits in the outbox, each row once, even if the task is killed.

    Rows of equal text and options become one group of at most 500 receivers. Rows of a higher priority leave first. A
    row that is no SMS as it stands is refused, and one that is of no use any more expires; the reason stands in the
    row. Nobody gets advertising who said STOP.

    A group whose answer was lost keeps none of the others waiting: a later task reconciles it. Several tasks may work
    at once.

    A task that finds no row calls OVH not at all.

    :param folder: folder of CSV files whose rows are queued first: a path, or an address as
        ``s3://connection@bucket/folder``; ``None`` for none.
    :param takes_unnamed: also send the rows that name no account.
    :param declared_countries: countries in which the senders are declared to their operators, as ``ES``.
    :param linger: once everything is sent, wait so long for new rows: they need no start of a task.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; at least
        twice the connection's ``timeout_seconds``.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, which holds the outbox.
    :returns: ``account``, ``groups``, ``rows`` (by state) and ``credits_spent``. No number and no text.
    :raises InsufficientCredits: the account cannot pay a group beside what campaigns have reserved; its rows wait.
    :raises ConfigurationError: a file holds no rows; the other rows were sent.
    :raises SourceUnavailable: the storage of the files gave no answer; the rows that were queued before were sent.
    :raises ResolutionRequired: only a person can decide whether OVH accepted a group; the others were sent.
    :raises JournalUnavailable: the journal is missing, or is not the one that the other workers use.

    Source: POST ``/sms/{serviceName}/jobs``.
    """

    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        folder: str | None = None,
        takes_unnamed: bool = True,
        declared_countries: Sequence[str] = (),
        linger: timedelta = timedelta(seconds=5),
        quiet_period: timedelta = timedelta(minutes=2),
        reconcile_timeout: timedelta = timedelta(minutes=20),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, results_conn_id=results_conn_id, **kwargs
        )
        self.folder = folder
        self.takes_unnamed = takes_unnamed
        self.declared_countries = declared_countries
        self.linger = linger

    def execute(self, context: Context) -> dict[str, Any]:
        """Send what is due, and go on with what an earlier task left."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.idempotency.protocol import TaskTry
        from ovh_sms.outbox.dispatch import OutboxDispatcher

        policy = self.policy()
        with self.once() as store:
            refused, no_files = self._take_files(store)
            found = OutboxDispatcher(
                client=self.hook.client,
                store=store,
                # The rows of a group that must be observed again wait for a later task; this one goes on.
                task=TaskTry(is_last=False, is_deferrable=True, log=self.log),
                policy=policy,
                clock=SystemClock(),
                takes_unnamed=self.takes_unnamed,
                declared_countries=self.declared_countries,
            ).run(linger=self.linger)
        self.log.info("groups=%d rows=%s credits=%g", found.groups, dict(found.by_state), found.credits_spent)
        if no_files:
            raise no_files
        if refused:
            raise ConfigurationError(
                f"Files of {self.folder} are no rows of the outbox: {', '.join(refused)}.",
                action="Nothing of them was queued; the log says why. The other rows were sent.",
            )
        return found.to_xcom()

    def _take_files(self, store: Store) -> tuple[Sequence[str], OvhSmsError | None]:
        """Queue the rows of files; return the names of those that are none, and why the folder cannot be read."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.hooks.outbox_folder import outbox_folder
        from ovh_sms.outbox.files import take_files

        if self.folder is None:
            return (), None
        try:
            taken = take_files(store, outbox_folder(self.folder), SystemClock(), allow_fiction=self.hook.is_sandbox)
        except (ConfigurationError, SourceUnavailable) as error:  # it keeps no row waiting that is in the outbox
            return (), error
        if taken.files:
            self.log.info("files=%d rows=%d rejected=%d", taken.files, taken.queued, taken.rejected)
        return taken.refused, None
