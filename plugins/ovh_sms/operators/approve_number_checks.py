"""Ask a person to approve the price of number checks, in Airflow's own page of required actions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class ApproveNumberChecksOperator(ApprovalOperator):
    """Show how many numbers would be checked and what that costs, and wait for a person, without a worker slot.

    No answer in time rejects it. If it costs no more than ``free_up_to``, it passes at once. If it is rejected, the
    tasks behind it are skipped, and nothing is checked.

    :param price: output of :class:`~ovh_sms.operators.price_number_checks.PriceNumberChecksOperator`.
    :param free_up_to: credits that need no approval.
    :param by: Airflow users who may answer; everybody who may edit the DAG if there are none.
    :param within: time for an answer.
    :returns: ``approved``, ``by``, ``at``, and what was asked about: ``account``, ``numbers`` and ``credits``. ``by``
        is ``None`` if no approval was needed, or nobody answered.
    """

    template_fields: Collection[str] = ("price",)
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        price: dict[str, Any],
        free_up_to: float = 0,
        by: Sequence[str] = (),
        within: timedelta = timedelta(hours=24),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            subject="Approve checks of numbers",
            body="",
            defaults=ApprovalOperator.REJECT,
            response_timeout=within,
            assigned_users=[{"id": user, "name": user} for user in by] or None,
            **kwargs,
        )
        self.price = price
        self.free_up_to = free_up_to
        self.by = by
        self.within = within

    def execute(self, context: Context) -> Any:
        """Pass, or ask a person."""
        it = self.price
        if it["credits"] <= self.free_up_to:
            return {"approved": True, "by": None, "at": None, **self._asked}
        self.subject = f"Check {it['numbers']:,} numbers: {it['credits']:,.12g} credits of {it['account']}"
        rows = [
            ("Account", f"{it['account']}, {it['credits_left']:,.12g} credits left"),
            ("Numbers to check", f"{it['numbers']:,}"),
            ("Known already", f"{it['known']:,}"),
            ("Price", f"{it['credits']:,.12g} credits, {it['credits_per_number']:.12g} each"),
        ]
        table = "\n".join(f"| {name} | {value} |" for name, value in rows)
        self.body = f"| | |\n|---|---|\n{table}\n\nNo number is checked unless you approve."
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Go on with the answer; a rejection skips the tasks behind this one."""
        # The provider's own step ends by an exception if it is rejected: its answer would be lost.
        answer = HITLOperator.execute_complete(self, context=context, event=event)
        approved, person = answer["chosen_options"] == [self.APPROVE], answer["responded_by_user"]
        self.hitl_summary_extra["approved"] = approved
        result = {
            "approved": approved,
            "by": (person.get("name") or person.get("id")) if person else None,
            "at": answer["responded_at"].isoformat(),
            **self._asked,
        }
        self.log.info("approved=%s by=%s", approved, result["by"] or "nobody in time")
        if not approved:
            task_instance: Any = context["ti"]
            task_instance.xcom_push(key="return_value", value=result)
            self.skip(ti=task_instance, tasks=self.get_direct_relatives(upstream=False))
        return result

    @property
    def _asked(self) -> dict[str, Any]:
        return {name: self.price[name] for name in ("account", "numbers", "credits")}
