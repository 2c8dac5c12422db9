"""Orders of credits that wait for a person's approval, as Airflow keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ovh_sms.dashboard.rights import TOPUP


@dataclass(frozen=True, kw_only=True)
class WaitingApproval:
    """One order that waits for its approval.

    :param account: empty if the result of its check cannot be read, as then are the figures.
    :param subject: the question as Airflow shows it.
    :param until: when it is rejected without an answer; ``None`` if nobody knows.
    :param by: names of those who may answer; everybody who may edit the DAG if there are none.
    :param address: of Airflow's page of the question, relative to these pages.
    """

    account: str
    subject: str
    until: datetime | None
    by: tuple[str, ...]
    address: str
    quantity: float | None = None
    price_with_tax: float | None = None
    currency: str = ""


def waiting_approvals(session: Any) -> list[WaitingApproval]:
    """List the orders that wait for an approval, the one that ends first at the beginning."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance

    # `awaiting_input` of Airflow 3.3 and later; `deferred` before, and after an update.
    asked = (
        session.query(HITLDetail, TaskInstance)
        .join(TaskInstance, TaskInstance.id == HITLDetail.ti_id)
        .filter(
            TaskInstance.dag_id == TOPUP,
            TaskInstance.state.in_(("awaiting_input", "deferred")),
            HITLDetail.responded_at.is_(None),
        )
    )
    found = [_approval(session, detail, task) for detail, task in asked]
    return sorted(found, key=lambda each: (each.until is None, each.until, each.address))


def _approval(session: Any, detail: Any, task: Any) -> WaitingApproval:
    check = _check(session, task.run_id, task.task_id.rpartition(".")[0])
    order = check.get("quote") or {}
    return WaitingApproval(
        account=(check.get("level") or {}).get("account", ""),
        subject=detail.subject,
        until=task.trigger_timeout,
        by=tuple(each["name"] for each in detail.assigned_users),
        address=f"../dags/{TOPUP}/runs/{quote(task.run_id, safe='')}/required_actions",
        quantity=order.get("quantity"),
        price_with_tax=order.get("price_with_tax"),
        currency=order.get("currency", ""),
    )


def _check(session: Any, run_id: str, group: str) -> Mapping[str, Any]:
    """The result of the check that the question is about; nothing if it is gone, or no XCom of this database."""
    from airflow.models.xcom import XComModel

    query = XComModel.get_many(run_id=run_id, dag_ids=TOPUP, task_ids=f"{group}.check", key="return_value")
    row = session.scalars(query).first()
    value = XComModel.deserialize_value(row) if row is not None else None
    return value if isinstance(value, dict) else {}
