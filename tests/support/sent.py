"""A campaign file, and runs of it sent as its tasks would, in batches of three."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context

MESSAGE = "Bonjour #prenom#"


def campaign(include: Path, message: str = MESSAGE) -> None:
    (include / "campaigns").mkdir(exist_ok=True)
    text = (
        "sender: MYSHOP\nkind: transactional\nnight: send\n"
        f"message: '{message}'\ncontacts: {{file: a.csv}}\nbudget: 50\n"
    )
    (include / "campaigns" / "spring.yaml").write_text(text)


def batches(
    include: Path, first: int, *, run_id: str = "run_1", rows: int = 5, force: bool = False, stop_clause: bool = False
) -> list[dict[str, Any]]:
    """Prepare the list of one run: so many people, from 06 39 98 and this number on."""
    lines = [f"063998{at:04d};P{at}" for at in range(first, first + rows)]
    (include / "a.csv").write_text("\n".join(["number;prenom", *lines]) + "\n")
    prepare = PrepareContactsOperator(
        task_id="prepare",
        campaign="spring",
        contacts=str(include / "a.csv"),
        message=MESSAGE,
        stop_clause=stop_clause,
        batch_size=3,
    )
    run = SimpleNamespace(conf={"force": force}, run_type="manual")
    made = prepare.execute({**context(task_id="prepare", run_id=run_id), "dag_run": run})
    return SplitIntoBatchesOperator(task_id="split_into_batches", prepared=made).execute(context())


def upload(batch: dict[str, Any], at: int = 0, *, run_id: str = "run_1") -> dict[str, Any]:
    """Upload one batch, as its mapped task would."""
    here = context(task_id="upload_receivers", run_id=run_id, map_index=at)
    return UploadReceiversOperator(task_id="upload_receivers", prepared=batch).execute(here)


def send_batch(
    batch: dict[str, Any],
    receivers: dict[str, Any],
    at: int = 0,
    *,
    run_id: str = "run_1",
    force: bool = False,
    run_after: datetime | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """One try to send one batch; the same again is a further try of the same task."""
    given = {
        "message": MESSAGE,
        "campaign": "spring",
        "sender": "MYSHOP",
        "stop_clause": False,
        "deferrable": False,
        **changes,
    }
    task = SendJobOperator(task_id="send", prepared=batch, receivers=receivers, **given)
    run = SimpleNamespace(conf={"force": force}, run_type="manual", run_after=run_after)
    return task.execute({**context(run_id=run_id, map_index=at), "dag_run": run, "dag": None})


def send(
    include: Path,
    first: int,
    *,
    run_id: str,
    delay: int,
    rows: int = 5,
    force: bool = False,
    run_after: datetime | None = None,
) -> list[dict[str, Any]]:
    """Send one run of the campaign in batches of three, as its tasks would; returns what they returned."""
    submissions = []
    for at, batch in enumerate(batches(include, first, run_id=run_id, rows=rows, force=force)):
        receivers = upload(batch, at, run_id=run_id)
        given: dict[str, Any] = {"run_id": run_id, "force": force, "delay_minutes": delay, "run_after": run_after}
        submissions.append(send_batch(batch, receivers, at, **given))
    return submissions
