"""Transfer credits from one account to another, never twice for one need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator, WritingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.credits.needs import Need
    from ovh_sms.store.store import Store

#: How long nothing may have changed at OVH until a transfer without an answer is decided.
QUIET_PERIOD = timedelta(minutes=10)


class TransferCreditsOperator(WritingOperator):
    """Transfer credits to an account that falls short, from one of the same customer that can spare them.

    ``ovh_sms_conn_id`` and ``account`` name the account that gives. One transfer or one order covers a need; only a
    transfer back undoes a transfer.

    :param target: SMS account that gets the credits.
    :param credits_wanted: credits to transfer.
    :param enough: credits of the target with which nothing is transferred any more; 0: an earlier transfer is only
        reconciled.
    :param keep: credits that stay on the source at least, beside those that its campaigns have reserved by then.
    :param need: the target's need, of :class:`~ovh_sms.operators.plan_transfers.PlanTransfersOperator`; read anew if
        ``None``.
    :param target_conn_id: Airflow connection of the target, which that of the source does not serve.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :returns: ``transferred``, ``source``, ``target``, ``need``, ``credits``, the credits of both before and after, and
        ``covered_by``: whether another run's order or transfer covers the need.
    :raises InsufficientCredits: the source would keep less than ``keep`` beside its reservations; with figures.
    :raises AccountRecredited: OVH buys credits for one of the two by itself.
    :raises SubmissionInFlight: another run is transferring for this need right now.
    :raises JournalUnavailable: the journal is missing, or is not the one that the other workers use.
    :raises OutcomeUnknown: OVH may have made the transfer, and the next try must reconcile.

    Source: GET ``/sms/{serviceName}`` of both; POST ``/sms/{serviceName}/transferCredits``.
    """

    template_fields: Sequence[str] = (
        *OvhSmsOperator.template_fields,
        "target",
        "credits_wanted",
        "enough",
        "keep",
        "need",
        "target_conn_id",
    )
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        target: str,
        credits_wanted: float,
        enough: float,
        keep: float = 0,
        need: dict[str, Any] | None = None,
        target_conn_id: str | None = None,
        quiet_period: timedelta = QUIET_PERIOD,
        reconcile_timeout: timedelta = timedelta(minutes=30),
        **kwargs: Any,
    ) -> None:
        super().__init__(quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, **kwargs)
        self.target = target
        self.credits_wanted = credits_wanted
        self.enough = enough
        self.keep = keep
        self.need = need
        self.target_conn_id = target_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Transfer, or reconcile an earlier try."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.credits.transfer import TransferRequest, transfer_credits
        from ovh_sms.hooks.sms import OvhSmsHook

        policy, ti = self.policy(), context["ti"]
        target = OvhSmsHook(
            self.target_conn_id or self.ovh_sms_conn_id, account=self.target, call_class=self.call_class
        ).client
        request = TransferRequest(credits=float(self.credits_wanted), keep=float(self.keep), enough=float(self.enough))
        with self.once() as store:
            made = transfer_credits(
                request,
                need=self._need(target, store),
                run=f"{ti.dag_id} {ti.run_id}",
                source=self.hook.client,
                target=target,
                store=store,
                task=self.task_try(context),
                policy=policy,
                clock=SystemClock(),
            )
        self.log.info(
            "transferred=%s credits=%s from=%s (%s to %s) to=%s (%s to %s) covered_by=%s",
            *(made.transferred, made.credits, made.source, made.source_before, made.source_after),
            *(made.target, made.target_before, made.target_after, made.covered_by or "this run"),
        )
        return made.to_xcom()

    def _need(self, target: Any, store: Store) -> Need:
        from ovh_sms.credits.needs import Need, current_need

        return current_need(target, store, store.clock) if self.need is None else Need.from_xcom(self.need)
