"""One run of a campaign, its tasks executed one by one as Airflow would."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ovh_sms.errors import DeadlineMissed
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
from support.tries import QUICK

MESSAGE = "Bonjour #prenom#"


def sent_in_time(submit: Callable[[], dict[str, Any]], tries: int = 10) -> dict[str, Any]:
    """Submit as Airflow does: on a busy machine a quick deadline is missed, nothing was sent, and it is tried again."""
    for _ in range(tries - 1):
        with suppress(DeadlineMissed):
            return submit()
    return submit()


class Run:
    """The tasks of one run, in any order."""

    def __init__(self, folder: Path, *, size: int | None = 2, message: str = MESSAGE) -> None:
        self.source = folder / "list.csv"
        self.size = size
        self.message = message
        self.suppress: list[str] = []
        self.output: dict[str, Any] = {}
        self.sent: list[dict[str, Any]] = []

    def prepare(self, rows: int, *, first: int = 0) -> list[dict[str, Any]]:
        lines = [f"063998{at:04d};P{at}" for at in range(first, first + rows)]
        self.source.write_text("\n".join(["numero;prenom", *lines]) + "\n")
        return self.prepare_again()

    def prepare_again(self) -> list[dict[str, Any]]:
        prepare = PrepareContactsOperator(
            task_id="prepare",
            campaign="spring",
            contacts=str(self.source),
            message=self.message,
            stop_clause=False,
            batch_size=self.size,
            suppress=self.suppress,
        )
        self.output = prepare.execute(context(task_id="prepare"))
        return SplitIntoBatchesOperator(task_id="split", prepared=self.output).execute(context())

    def send(self, batches: list[dict[str, Any]], at: int) -> dict[str, Any]:
        upload = context(task_id="upload_receivers", map_index=at)
        receivers = UploadReceiversOperator(task_id="upload_receivers", prepared=batches[at]).execute(upload)
        send = SendJobOperator(
            task_id="send",
            message=self.message,
            sender="MYSHOP",
            stop_clause=False,
            prepared=batches[at],
            receivers=receivers,
            **QUICK,
        )
        try:
            return sent_in_time(lambda: send.execute(context(map_index=at)))
        finally:
            FreeReceiversSlotOperator(task_id="free", receivers=receivers).execute(context(task_id="free"))
