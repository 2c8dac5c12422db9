"""Ask a person to approve an order of credits, in Airflow's own page of required actions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.credits.topup import CreditsCheck
    from ovh_sms.notifications.credit_notices import CreditNotifier
    from ovh_sms.store.approvals import Asker
    from ovh_sms.store.store import Store


class ApproveOrderOperator(ApprovalOperator):
    """Wait, without a worker slot, until a person approves an order; no answer in time rejects it.

    An order at a price that needs no approval passes at once. It is skipped if the check orders nothing, or if another
    run has asked for the same need, and waits for the answer or is about to order. Airflow is asked about that run:
    one that has ended, or was deleted, is in nobody's way. The notifiers report the question. If the order is
    rejected, the tasks behind it are skipped and nothing is ordered; the notifiers report that, too.

    :param check: output of :class:`~ovh_sms.operators.check_credits.CheckCreditsOperator`.
    :param by: Airflow users who may answer; everybody who may edit the DAG if there are none.
    :param within: time for an answer.
    :param notify: ``notifier``, ``arguments`` and ``language`` of each notifier.
    :param results_conn_id: Airflow connection of the results.
    :returns: ``approved``, ``by``, ``at``, and the order that was asked about: ``need``, ``quantity``,
        ``price_with_tax``. ``by`` is ``None`` if no approval was needed, or nobody answered.
    """

    template_fields: Collection[str] = ("check",)
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        check: dict[str, Any],
        by: Sequence[str] = (),
        within: timedelta = timedelta(hours=24),
        notify: Sequence[dict[str, Any]] = (),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            subject="Approve an order of credits",
            body="",
            defaults=ApprovalOperator.REJECT,
            response_timeout=within,
            assigned_users=[{"id": user, "name": user} for user in by] or None,
            **kwargs,
        )
        self.check = check
        self.by = by
        self.within = within
        self.notify = notify
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> Any:
        """Pass, skip, or ask a person."""
        from airflow.sdk.exceptions import AirflowSkipException

        from ovh_sms.credits.topup import CreditsCheck

        check = CreditsCheck.from_xcom(self.check)
        if not check.is_order:
            raise AirflowSkipException(f"Nothing to order: {check.decision}.")
        if not check.needs_approval:
            return {"approved": True, "by": None, "at": None, **_approved_order(self.check)}
        store = self._store()
        self._ask_once(check.account, store, context)
        until = store.clock.now() + self.within
        self._notifier(store, context).asked(check.account, self.check["quote"], until)
        self.subject, self.body = _subject(check), _body(check, self.within)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Go on with the answer; a rejection skips the tasks behind this one."""
        store = self._store()
        # The provider's own step ends by an exception if the order is rejected: nobody would hear of it.
        answer = HITLOperator.execute_complete(self, context=context, event=event)
        approved, person = answer["chosen_options"] == [self.APPROVE], answer["responded_by_user"]
        name = (person.get("name") or person.get("id")) if person else None
        self.hitl_summary_extra["approved"] = approved
        self.log.info("approved=%s by=%s", approved, name or "nobody in time")
        self._close(store, context, approved=approved)
        result = {
            "approved": approved,
            "by": name,
            "at": answer["responded_at"].isoformat(),
            **_approved_order(self.check),
        }
        if not approved:
            self._notifier(store, context).rejected(self.check["level"]["account"], self.check["quote"], name)
            task_instance: Any = context["ti"]
            task_instance.xcom_push(key="return_value", value=result)
            self.skip(ti=task_instance, tasks=self.get_direct_relatives(upstream=False))
        return result

    def _ask_once(self, account: str, store: Store, context: Context) -> None:
        """Open the question, or skip this task if another one asks it and can still order."""
        from airflow.sdk.exceptions import AirflowSkipException

        from ovh_sms.hooks.task_states import can_go_on

        need, own = self.check["need"]["key"], _asker(context)
        other = store.approvals.ask(need, account, asker=own)
        if other is None:
            return
        task = {**vars(other.asker), "task_id": other.order_task or other.asker.task_id}
        if not can_go_on(context, **task):
            self.log.info("the task that asked cannot go on run=%s task=%s", task["run_id"], task["task_id"])
            other = store.approvals.ask(need, account, asker=own, instead_of=other)
        if other is not None:
            doing = "is about to make the order" if other.order_task else "waits for the answer"
            raise AirflowSkipException(
                f"Run {other.asker.run_id} has asked for the approval of this need, and {doing}."
            )

    def _close(self, store: Store, context: Context, *, approved: bool) -> None:
        """End the question; an approved one is kept until the task that orders has ended."""
        need, own = self.check["need"]["key"], _asker(context)
        behind = self.get_direct_relatives(upstream=False) if self.downstream_task_ids else ()
        orders = [each.task_id for each in behind if each.task_type == "OrderCreditsOperator"]
        if approved and orders:
            store.approvals.approve(need, asker=own, order_task=orders[0])
        else:
            store.approvals.end(need, asker=own)

    def _store(self) -> Store:
        from ovh_sms.hooks.store import ResultsHook

        return ResultsHook(self.results_conn_id).store

    def _notifier(self, store: Store, context: Context) -> CreditNotifier:
        from ovh_sms.notifications.credit_notices import CreditNotifier

        return CreditNotifier(entries=self.notify, link="page", store=store, context=context, log=self.log)


def _asker(context: Context) -> Asker:
    """The task of this context, the same in every try."""
    from ovh_sms.store.approvals import Asker

    ti: Any = context["ti"]
    return Asker(dag_id=ti.dag_id, run_id=ti.run_id, task_id=ti.task_id, map_index=ti.map_index)


def _approved_order(check: dict[str, Any]) -> dict[str, Any]:
    """The order that a person answers for; the task that orders compares it with its own."""
    quote = check["quote"]
    return {"need": check["need"]["key"], "quantity": quote["quantity"], "price_with_tax": quote["price_with_tax"]}


def _subject(check: CreditsCheck) -> str:
    quote: Any = check.quote
    return (
        f"Order {quote['quantity']:,} credits for {check.account}: {quote['price_with_tax']:,.2f} {quote['currency']} "
        "with tax"
    )


def _body(check: CreditsCheck, within: timedelta) -> str:
    """The figures of the order in Markdown."""
    quote: Any = check.quote
    level, currency = check.level, quote["currency"]
    rows = [
        ("Account", check.account),
        ("Credits left", f"{level['credits_left']:,.12g}, {level['reserved']:,.12g} of them reserved"),
        ("Credits wanted", f"{level['enough']:,.12g}"),
        ("Runs dry", _dry(level)),
        ("Order", f"{quote['quantity']:,} credits"),
        (
            "Price",
            f"{quote['price_with_tax']:,.2f} {currency} with tax, {quote['price_without_tax']:,.2f} {currency} without",
        ),
    ]
    if check.max_per_month is not None and check.spent_in_month is not None:
        rows.append(
            ("Orders of this month", f"{check.spent_in_month:,.2f} of {check.max_per_month:,.2f} {currency} so far")
        )
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    hours = within.total_seconds() / 3_600
    return (
        f"| | |\n|---|---|\n{table}\n\nNothing is ordered unless you approve. "
        f"Without an answer within {hours:.12g} hours it is rejected."
    )


def _dry(level: dict[str, Any]) -> str:
    if level["dry_on"] is None:
        return "not known" if level["per_day"] is None else "not within a year"
    return f"about {level['dry_on']}, at the earliest {level['earliest']}"
