"""Ask a person to approve changes of users, in Airflow's own page of required actions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

#: Lines of a question at most.
_MOST = 50


class ApproveUsersOperator(ApprovalOperator):
    """Wait, without a worker slot, until a person approves changes of users; no answer in time refuses them.

    It is skipped if nothing is to be changed and the answer to every earlier change is known. If the changes are
    refused, the tasks behind it are skipped. The task that applies them compares them with what was approved: if this
    one is marked as successful by hand, nothing is changed.

    :param compared: output of :class:`~ovh_sms.operators.compare_users.CompareUsersOperator`.
    :param by: Airflow users who may answer; everybody who may edit the DAG if there are none.
    :param within: time for an answer.
    :returns: ``approved``, ``by``, ``at``, ``account``, and ``steps``: names of the changes that were asked about.
        ``by`` is ``None`` if nobody answered.
    """

    template_fields: Collection[str] = ("compared",)
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        compared: dict[str, Any],
        by: Sequence[str] = (),
        within: timedelta = timedelta(hours=24),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            subject="Approve changes of users",
            body="",
            defaults=ApprovalOperator.REJECT,
            response_timeout=within,
            assigned_users=[{"id": user, "name": user} for user in by] or None,
            **kwargs,
        )
        self.compared = compared
        self.by = by
        self.within = within

    def execute(self, context: Context) -> Any:
        """Skip, or ask a person."""
        from airflow.sdk.exceptions import AirflowSkipException

        if not self.compared["steps"]:
            if self.compared["undecided"]:  # an earlier change is reconciled, and none is made
                return {"approved": True, "by": None, "at": None, "account": self.compared["account"], "steps": []}
            raise AirflowSkipException("Nothing is to be changed.")
        self.subject, self.body = _subject(self.compared), _body(self.compared, self.within)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Go on with the answer; a refusal skips the tasks behind this one."""
        # The provider's own step ends by an exception if it is rejected.
        answer = HITLOperator.execute_complete(self, context=context, event=event)
        approved, person = answer["chosen_options"] == [self.APPROVE], answer["responded_by_user"]
        name = (person.get("name") or person.get("id")) if person else None
        self.hitl_summary_extra["approved"] = approved
        self.log.info("approved=%s by=%s", approved, name or "nobody in time")
        asked = {each: self.compared[each] for each in ("account", "steps")}
        result = {"approved": approved, "by": name, "at": answer["responded_at"].isoformat(), **asked}
        if not approved:
            task_instance: Any = context["ti"]
            task_instance.xcom_push(key="return_value", value=result)
            self.skip(ti=task_instance, tasks=self.get_direct_relatives(upstream=False))
        return result


def _subject(compared: dict[str, Any]) -> str:
    return f"Change {len(compared['changes'])} users of {compared['account']}"


def _body(compared: dict[str, Any], within: timedelta) -> str:
    """The changes as a table in Markdown."""
    changes = compared["changes"]
    rows = [f"| {login} | {state} | {'; '.join(lines)} |" for login, state, *lines in changes[:_MOST]]
    if len(changes) > _MOST:
        rows.append(f"| … | {len(changes) - _MOST} more | |")
    table = "\n".join(rows)
    takes = f"The quotas take {compared['takes']:,.12g} credits out of the account. " if compared["takes"] else ""
    hours = within.total_seconds() / 3_600
    return (
        f"| User | What | Changes |\n|---|---|---|\n{table}\n\n{takes}Nothing is changed unless you approve. "
        f"Without an answer within {hours:.12g} hours it is refused."
    )
