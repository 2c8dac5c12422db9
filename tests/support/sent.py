"""A campaign file, and runs of it sent as its tasks would, in pieces of three."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ovh_sms.operators.jobs import SendJobOperator
from ovh_sms.operators.pieces import PlanSendingsOperator
from ovh_sms.operators.prepare import PrepareContactsOperator
from ovh_sms.operators.receivers import UploadReceiversOperator
from support.airflow_task import Store, context

MESSAGE = "Bonjour #prenom#"


def campaign(include: Path, message: str = MESSAGE) -> None:
    (include / "campaigns").mkdir(exist_ok=True)
    text = (
        f"sender: MYSHOP\nkind: transactional\nmessage: '{message}'\ncontacts: {{file: a.csv}}\nbudget: 50\n"
    )
    (include / "campaigns" / "spring.yaml").write_text(text)


def send(
    include: Path, first: int, *, run_id: str, delay: int, rows: int = 5, force: bool = False
) -> list[dict[str, Any]]:
    """Send one run of the campaign in pieces of three, as its tasks would; returns what they returned."""
    lines = [f"063998{at:04d};P{at}" for at in range(first, first + rows)]
    (include / "a.csv").write_text("\n".join(["number;prenom", *lines]) + "\n")
    prepare = PrepareContactsOperator(
        task_id="prepare",
        campaign="spring",
        contacts=str(include / "a.csv"),
        message=MESSAGE,
        stop_clause=False,
        shard_size=3,
    )
    made = prepare.execute(context(task_id="prepare", run_id=run_id))
    pieces = PlanSendingsOperator(task_id="sendings", prepared=made).execute(context())
    sendings = []
    for at, piece in enumerate(pieces):
        here = context(task_id="upload_receivers", run_id=run_id, map_index=at)
        receivers = UploadReceiversOperator(task_id="upload_receivers", prepared=piece).execute(here)
        given = {"prepared": piece, "receivers": receivers, "sender": "MYSHOP", "stop_clause": False}
        task = SendJobOperator(
            task_id="send", message=MESSAGE, campaign="spring", delay_minutes=delay, **given
        )
        here = context(Store(), run_id=run_id, map_index=at)
        run = SimpleNamespace(conf={"force": force}, run_type="manual")
        sendings.append(task.execute({**here, "dag_run": run}))
    return sendings
