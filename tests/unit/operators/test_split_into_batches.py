"""A list in several batches: one submission each, and nobody in two of them, also if tasks are cleared in between."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from ovh_sms.dag_factories.campaign import send_batches
from ovh_sms.errors import ConfigurationError, InsufficientCredits, RateLimited, ReceiversMismatch, RequestChanged
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess
from unit.operators.batch_runs import MESSAGE, Run


def sent(sandbox: SandboxProcess) -> Counter[str]:
    return Counter(each["receiver"] for each in sandbox.messages(account=sandbox.account_name))


@pytest.fixture
def run(sandbox: SandboxProcess, tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_every_receiver_gets_one_message(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(5)
    answers = [run.send(batches, at) for at in range(3)]
    assert sent(sandbox) == {f"+33639980{at:03d}": 1 for at in range(5)}
    assert len({answer["tag"] for answer in answers}) == 3
    assert [(answer["batch"], answer["batches"], answer["submitted"]) for answer in answers] == [
        (1, 3, 2),
        (2, 3, 2),
        (3, 3, 1),
    ]
    assert {answer["folder"] for answer in answers} == {str(Path(answers[0]["list_path"]).parent.parent)}
    assert sum(answer["rows"] for answer in answers) == 5


def test_a_list_prepared_again_between_two_batches_stays_as_it_was(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(4)
    run.send(batches, 0)
    again = run.prepare(4, first=9_000) + run.prepare_again()
    assert again[:2] == again[2:] == batches
    for at in range(2):
        run.send(again, at)
    assert sent(sandbox) == {f"+33639980{at:03d}": 1 for at in range(4)}


def test_another_list_of_the_same_run_is_never_sent(sandbox: SandboxProcess, run: Run) -> None:
    other = run.prepare(4, first=1)
    upload = UploadReceiversOperator(task_id="upload_receivers", prepared=other[1])
    receivers = upload.execute(context(task_id="upload_receivers", map_index=1))
    batches = run.prepare(4)
    run.send(batches, 0)
    task = SendJobOperator(
        task_id="send", message=MESSAGE, sender="MYSHOP", stop_clause=False, prepared=other[1], receivers=receivers
    )
    with pytest.raises(RequestChanged, match="prepared again after this batch was made"):
        task.execute(context(map_index=1))
    with pytest.raises(ReceiversMismatch, match="prepared again after this batch was made"):
        run.send(other, 0)
    assert sent(sandbox) == {"+33639980000": 1, "+33639980001": 1}


@pytest.mark.parametrize(
    "changed", [{"message": "Bonsoir #prenom#"}, {"size": 3}, {"suppress": ["complaints.csv"]}], ids=str
)
def test_a_campaign_changed_between_two_batches_is_sent_as_it_began(
    sandbox: SandboxProcess, run: Run, changed: dict[str, Any]
) -> None:
    batches = run.prepare(4)
    run.send(batches, 0)
    run.__dict__.update(changed)
    again = run.prepare_again()
    assert again == batches
    run.send(again, 1)
    texts = Counter(each["message"] for each in sandbox.messages(account=sandbox.account_name))
    assert texts == {f"Bonjour P{at}": 1 for at in range(4)}


def test_a_message_edited_after_the_list_was_prepared_is_sent_as_prepared(sandbox: SandboxProcess, run: Run) -> None:
    # the new column is not in the prepared list: it would reach everybody verbatim
    batches = run.prepare(2)
    run.message = "Bonjour #prenom#, magasin de #ville#"
    run.send(batches, 0)
    assert {each["message"] for each in sandbox.messages(account=sandbox.account_name)} == {"Bonjour P0", "Bonjour P1"}


def test_a_refused_sending_of_a_whole_list_lets_the_list_be_mended(sandbox: SandboxProcess, run: Run) -> None:
    run.size = None
    batches = run.prepare(2)
    sandbox.fault("status", method="POST", path="/sms/*/jobs", status=429)
    with pytest.raises(RateLimited):
        run.send(batches, 0)
    assert not ResultsHook().store.published_lists.has_started("a_dag", "run_1")
    run.send(run.prepare(2, first=5), 0)
    assert sent(sandbox) == {"+33639980005": 1, "+33639980006": 1}


def test_a_refused_batch_keeps_the_list_of_the_others(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(4)
    run.send(batches, 0)
    sandbox.fault("status", method="POST", path="/sms/*/jobs", status=429)
    with pytest.raises(RateLimited):
        run.send(batches, 1)
    assert run.prepare(4, first=9_000) == batches
    run.send(batches, 1)
    assert set(sent(sandbox).values()) == {1}


def test_the_label_of_a_mapped_task_names_its_batch(run: Run) -> None:
    batches = run.prepare(3)
    with DAG("labels", schedule=None, auto_register=False) as dag:
        split = SplitIntoBatchesOperator(task_id="split_into_batches", prepared={})
        send_batches(split.output, {"campaign": "spring", "message": MESSAGE, "sender": "MYSHOP"})
    for name in ("upload_receivers", "send", "free_receivers"):
        label = SandboxedEnvironment(undefined=StrictUndefined).from_string(dag.get_task(name).map_index_template)
        labels = [label.render(task=SimpleNamespace(prepared=batch)) for batch in batches]
        assert labels == ["spring · 1 of 2", "spring · 2 of 2"]
        far = {**batches[0], "zones": ["America/Martinique"]}
        assert label.render(task=SimpleNamespace(prepared=far)) == "spring · 1 of 2 · America/Martinique"


def test_no_number_is_handed_on(sandbox: SandboxProcess, run: Run) -> None:
    assert "3998" not in str(run.prepare(3)).replace(str(run.source.parent), "")


def test_more_batches_than_airflow_maps_over_are_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "1")
    with pytest.raises(ConfigurationError, match="batch_size"):
        run.prepare(3)


def test_a_list_prepared_late_gives_way_to_the_one_that_is_being_sent(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(4)
    # A second preparation has read that nothing was submitted, and publishes another list after batch 1 was.
    held = sandbox.fault("hold_before", method="GET", path="/sms/*/blacklists")
    with ThreadPoolExecutor() as pool:
        late = pool.submit(run.prepare, 4, first=1)
        sandbox.wait_held(held)
        run.send(batches, 0)
        sandbox.release(held)
        assert late.result() == batches
    run.send(batches, 1)
    assert sent(sandbox) == {f"+33639980{at:03d}": 1 for at in range(4)}


def test_two_workers_that_prepare_one_run_publish_one_list(sandbox: SandboxProcess, run: Run) -> None:
    run.source.write_text("numero;prenom\n0639980000;P0\n0639980001;P1\n")
    held = [sandbox.fault("hold_before", method="GET", path="/sms/*/blacklists") for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(run.prepare_again) for _ in range(2)]
        for each in held:
            sandbox.wait_held(each)
        for each in held:
            sandbox.release(each)
        first, second = (each.result() for each in both)
    assert first == second
    (published,) = ResultsHook().store.published_lists.of_run("a_dag", "run_1")
    assert [path.name for path in Path(published.folder).parent.iterdir()] == [Path(published.folder).name]
    run.send(first, 0)
    assert sent(sandbox) == {"+33639980000": 1, "+33639980001": 1}


def test_a_run_whose_folder_is_lost_sends_no_list_prepared_anew(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(4)
    run.send(batches, 0)
    shutil.rmtree(batches[0]["folder"])
    with pytest.raises(RequestChanged, match="start a new run"):
        run.prepare(4, first=1)
    assert sum(sent(sandbox).values()) == 2


def test_a_frozen_run_needs_no_credits_for_batches_that_are_submitted(sandbox: SandboxProcess, run: Run) -> None:
    batches = run.prepare(4)
    ready = {"message": run.message, "marketing": False, "sender": "MYSHOP", "budget": 4}
    check = PreflightOperator(task_id="preflight", prepared=run.output, **ready)
    sandbox.account(creditsLeft=3)
    with pytest.raises(InsufficientCredits):
        check.execute(context())
    sandbox.account(creditsLeft=4)
    for at in range(2):
        run.send(batches, at)
    assert check.execute(context())["credits_left"] == 0
    assert sum(sent(sandbox).values()) == 4
