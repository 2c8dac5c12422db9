"""Read the opt-outs and the failed numbers of an account, and report runs with too many STOPs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.store import Store

#: Runs whose opt-outs were stored within this time are compared with their threshold: a task before may have failed.
_COMPARED = timedelta(days=3)


class CollectOptOutsOperator(OvhSmsOperator):
    """Store who has opted out, each person once, and count each STOP for the run that it answers.

    Nobody on OVH's list is in a list that is prepared afterwards, of any account; a person stays suppressed if OVH's
    list loses the number. The numbers that collected runs could not reach for good are counted, too. A run whose STOPs
    pass its campaign's ``stop_threshold`` is reported through the campaign's notifiers, once.

    Source: GET ``/sms/{serviceName}/blacklists``, GET ``/sms/{serviceName}/blacklists/{number}``, GET
    ``/sms/{serviceName}/outgoing/{id}``.

    :param results_conn_id: Airflow connection of the results.
    :returns: ``account``, ``listed``, ``new``, ``left`` (for the next task), ``attributed``, ``submissions_read`` and
        ``alerts``; no number.
    :raises ConfigurationError: a notifier of a campaign cannot be used; everything is stored.
    """

    ui_color = "#e3f4ea"
    call_class: ClassVar[CallClass] = CallClass.COLLECT

    def __init__(self, *, results_conn_id: str = "ovh_sms_results", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Read, then report."""
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.inbound.failed_numbers import read_failures
        from ovh_sms.inbound.opt_outs import collect_opt_outs

        store = ResultsHook(self.results_conn_id).store
        with self.waiting_for_ovh():
            found = collect_opt_outs(self.hook.client, store)
        read = read_failures(store, found.account)
        return {**asdict(found), "submissions_read": read, "alerts": self._alert(store, found.account, context)}

    def _alert(self, store: Store, account: str, context: Context) -> int:
        from ovh_sms.notifications.stop_alert import alert_opt_outs
        from ovh_sms.sending.known_submission import find_submission

        made, errors = 0, list[Exception]()
        for tag in store.suppressed.answered_tags(account, store.clock.now() - _COMPARED):
            if (submission := find_submission(store, tag)) is None:
                continue
            try:
                made += alert_opt_outs(submission, store=store, context=context, log=self.log)
            except Exception as error:  # of a notifier: the other runs are reported
                errors.append(error)
        if errors:
            raise errors[0]
        return made
