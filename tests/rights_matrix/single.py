"""Single SMS of the outbox."""

from __future__ import annotations

from datetime import timedelta

from ovh_sms.errors import MissingRight
from rights_matrix import campaigns
from rights_matrix.stage import Stage
from support.airflow_task import context


def queue(_: Stage) -> None:
    """One row that waits."""
    from ovh_sms.hooks.outbox import queue_sms

    queue_sms(key="order-1", receiver="+33639980007", message="Bonjour", sender="MYSHOP", stop_clause=False)


def send(stage: Stage) -> None:
    from ovh_sms.operators.send_outbox import SendOutboxOperator

    queue(stage)
    waits = {name: campaigns.QUICK[name] for name in ("quiet_period", "reconcile_timeout")}
    SendOutboxOperator(task_id="default", linger=timedelta(0), **waits).execute(context(task_id="default"))


def lose_an_answer(stage: Stage) -> None:
    stage.sandbox.fault("lost_answer", **campaigns.SUBMIT)
    for _ in range(5):
        send(stage)
        stage.time.sleep(5)


def watch(stage: Stage) -> None:
    """Send by the command, which a person ends after a while; it writes errors and goes on."""
    stage.use_variables()
    stage.time.after(1, _end)
    said = stage.command("outbox", "--watch")
    if "lack the right" in said:
        raise MissingRight(said)


def _end() -> None:
    raise KeyboardInterrupt
