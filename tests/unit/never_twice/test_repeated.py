"""The same message does not go to the same people twice a day, though what is prepared from their list differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ovh_sms.errors import DuplicateSubmission
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.tries import send, sent

MESSAGE = "Bonjour #prenom#"


class Run:
    """One run of the campaign, to a list of five."""

    def __init__(
        self, folder: Path, name: str, *, size: int | None = None, force: bool = False, rows: Sequence[int] = range(5)
    ) -> None:
        self.name, self.force = name, force
        source = folder / "list.csv"
        source.write_text("numero;prenom\n" + "".join(f"063998000{at};P{at}\n" for at in rows))
        self.batches = self.prepare(source, size)

    def prepare(self, source: Path, size: int | None) -> list[dict[str, Any]]:
        prepare = PrepareContactsOperator(
            task_id="prepare",
            campaign="spring",
            contacts=str(source),
            message=MESSAGE,
            stop_clause=False,
            batch_size=size,
        )
        made = prepare.execute(self.context("prepare"))
        return SplitIntoBatchesOperator(task_id="split_into_batches", prepared=made).execute(
            self.context("split_into_batches")
        )

    def context(self, task_id: str, at: int = -1) -> Any:
        given = context(task_id=task_id, map_index=at, run_id=self.name)
        given["dag_run"] = SimpleNamespace(conf={"force": True} if self.force else {}, run_type="manual")
        return given

    def send(self) -> None:
        for at, batch in enumerate(self.batches):
            upload: Any = UploadReceiversOperator(task_id="upload_receivers", prepared=batch)
            receivers = upload.execute(self.context("upload_receivers", at))
            send: Any = SendJobOperator(
                task_id="send",
                message=MESSAGE,
                sender="MYSHOP",
                stop_clause=False,
                campaign="spring",
                prepared=batch,
                receivers=receivers,
            )
            try:
                send.execute(self.context("send", at))
            finally:
                FreeReceiversSlotOperator(task_id="free", receivers=receivers).execute(self.context("free", at))


def received(sandbox: SandboxProcess) -> dict[str, int]:
    return Counter(each["receiver"] for each in sandbox.messages(account=sandbox.account_name))


def test_an_opt_out_between_two_runs_makes_nobody_new(sandbox: SandboxProcess, tmp_path: Path) -> None:
    Run(tmp_path, "one").send()
    sandbox.block("+33639980004")
    with pytest.raises(DuplicateSubmission, match="Nobody is left to send to: 4 of 5 rows are already sent"):
        Run(tmp_path, "two")
    assert set(received(sandbox).values()) == {1}


def test_nor_does_another_batch_size(sandbox: SandboxProcess, tmp_path: Path) -> None:
    Run(tmp_path, "one", size=3).send()
    with pytest.raises(DuplicateSubmission, match="Nobody is left"):
        Run(tmp_path, "two", size=2)
    assert set(received(sandbox).values()) == {1}
    assert len(received(sandbox)) == 5


def test_a_list_that_grew_reaches_the_new_ones_only(sandbox: SandboxProcess, tmp_path: Path) -> None:
    Run(tmp_path, "one").send()
    grown = Run(tmp_path, "two", rows=[7, 2, 0, 4, 1, 3, 6])
    assert [batch["rejected"] for batch in grown.batches] == [{"already_sent": 5}]
    grown.send()
    assert received(sandbox) == {f"+3363998000{at}": 1 for at in (0, 1, 2, 3, 4, 6, 7)}


def test_what_another_run_sends_after_the_preparation_is_refused_by_the_claim(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    late = Run(tmp_path, "late")
    Run(tmp_path, "one").send()
    with pytest.raises(DuplicateSubmission, match="5 of 5 receivers were already sent the same message"):
        late.send()
    assert received(sandbox) == {f"+3363998000{at}": 1 for at in range(5)}


def test_force_sends_to_it_again(sandbox: SandboxProcess, tmp_path: Path) -> None:
    Run(tmp_path, "one").send()
    sandbox.block("+33639980004")
    Run(tmp_path, "two", force=True).send()
    assert received(sandbox) == {f"+3363998000{at}": 2 if at < 4 else 1 for at in range(5)}


def test_a_list_that_is_kept_keeps_its_source(sandbox: SandboxProcess, tmp_path: Path) -> None:
    run = Run(tmp_path, "one")
    run.batches = run.prepare(tmp_path / "list.csv", 3)
    run.send()
    (tmp_path / "list.csv").write_text("numero;prenom\n0639980009;Autre\n")
    assert run.prepare(tmp_path / "list.csv", 3) == run.batches
    assert len({batch["source_digest"] for batch in run.batches}) == 1


def test_a_run_without_a_window_is_known_to_a_later_run_with_one(sandbox: SandboxProcess) -> None:
    send(run_id="run_1", duplicate_window=timedelta(0))
    send(run_id="run_2", duplicate_window=timedelta(0))  # checks nothing, as it says
    with pytest.raises(DuplicateSubmission):
        send(run_id="run_3")
    assert set(sent(sandbox).values()) == {2}
