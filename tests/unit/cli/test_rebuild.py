"""Lost results are read again from OVH's export; what cannot be known is said, and nothing may be sent by it."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import JournalUnavailable
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.hooks.store_identity import variable_name
from ovh_sms.messaging.tag import digest_tag, submission_tag
from ovh_sms.report.counting import compute
from ovh_sms.report.figures import of_run
from ovh_sms.sending.export import read_by_tag
from ovh_sms.sending.rebuild import RebuildResults
from ovh_sms.sending.retention import purge_old
from ovh_sms.store.run_results import RunFilter
from ovh_sms.store.store import Store
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.sent import campaign, send
from support.stores import new_store
from unit.sending.test_export import HEADER, a_row

pytestmark = pytest.mark.usefixtures("leaping")
NAME = variable_name("ovh_sms_results")
AT = ("--include", "{include}")
TAGS = [submission_tag("a_dag", "run_1", "send", place) for place in range(2)]


@pytest.fixture
def rebuild(as_command: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Call a command of the results as a person does; Airflow forgets the tasks of the test behind it."""
    yield lambda *words, command="rebuild": as_command("db", command, *AT, *words)
    _forget()


def airflow_knows(tasks_of_it: int) -> None:
    """Have Airflow know a run and the tasks that sent it, as the scheduler writes them."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import insert

    with create_session() as session:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        run = {"dag_id": "a_dag", "run_id": "run_1", "run_type": "manual", "state": "success", "run_after": at}
        session.execute(insert(DagRun.__table__).values(**run, log_template_id=1, conf={}))
        for place in range(tasks_of_it):
            task = {"dag_id": "a_dag", "run_id": "run_1", "task_id": "send", "map_index": place}
            more = {"operator": "SendJobOperator", "pool": "default_pool", "pool_slots": 1, "id": uuid4()}
            session.execute(insert(TaskInstance.__table__).values(**task, **more))


def _forget() -> None:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(TaskInstance.__table__).where(TaskInstance.__table__.c.dag_id == "a_dag"))
        session.execute(delete(DagRun.__table__).where(DagRun.__table__.c.dag_id == "a_dag"))


def lose(folder: Path) -> Store:
    """Replace the results by an empty database."""
    for name in ("", "-wal", "-shm"):
        (folder / "data" / f"results.sqlite{name}").unlink(missing_ok=True)
    return new_store(folder / "data" / "results.sqlite")


def test_messages_and_figures_come_back_by_run_and_by_tag(
    rebuild: Any, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    campaign(tmp_path)
    send(tmp_path, 100, run_id="run_1", delay=0)
    unknown = digest_tag("somebody")
    given: dict[str, Any] = {"sender": "MYSHOP", "stop_clause": False, "message": "Bonjour"}
    for tag, number in ((unknown, "+33639980001"), ("newsletter", "+33639980002")):
        OvhSmsHook().client.jobs.submit(SubmissionRequest(receivers=[number], tag=tag, **given))
    sandbox.clock(advance=4 * 86_400)
    truth = Counter(each["receiver"] for each in sandbox.messages(account=sandbox.account_name))
    store = lose(tmp_path)
    airflow_knows(tasks_of_it=2)
    for _ in range(2):  # again: the same
        done = rebuild("--json")
        assert done.code == 0, done.err
        (counts,) = json.loads(done.out)["accounts"].values()
        assert counts == {
            "submissions": 3,
            "messages": 6,
            "runs": 1,
            "known": 0,
            "others": 1,
            "unknown_tags": [unknown],
        }
    stored = {number for tag in (*TAGS, unknown) for number in store.messages.receivers(tag)}
    assert stored == truth.keys() - {"+33639980002"}
    records = store.submissions.of_run("a_dag", "run_1")
    assert [each.tag for each in records] == sorted(TAGS)
    figures = of_run(store, records)
    assert (figures.submitted, figures.delivered + figures.failed + figures.expired) == (5, 5)
    assert (figures.batches, figures.batches_collected, figures.credits_spent) == (2, 2, None)
    assert store.submissions.get(unknown).campaign == "(rebuilt)"
    (run,) = store.run_results.latest(RunFilter(), limit=5)
    assert (run.record.run_id, [each.record.batch for each in run.batches]) == ("run_1", [1, 2])
    said = rebuild()
    assert f"they stand under their tags, {unknown}." in said.out
    assert "1 have no tag of ours" in said.out
    assert "63998" not in said.out + said.err
    assert json.loads(rebuild("--tag", "newsletter", "--json").out)["accounts"].popitem()[1]["others"] == 0


def test_it_leaves_alone_what_a_task_recorded_and_lifts_no_guard(
    rebuild: Any, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    campaign(tmp_path)
    send(tmp_path, 100, run_id="run_1", delay=0)
    sandbox.clock(advance=300)
    store = ResultsHook().store
    before = store.attempts.count(), store.identity.read(), store.submissions.get(TAGS[0])
    counts = json.loads(rebuild("--json").out)["accounts"].popitem()[1]
    assert (counts["known"], counts["messages"]) == (5, 0)
    assert (store.attempts.count(), store.identity.read(), store.submissions.get(TAGS[0])) == before

    lose(tmp_path)
    assert rebuild().code == 0
    with pytest.raises(JournalUnavailable):
        send(tmp_path, 200, run_id="run_2", delay=0)


def test_a_submission_that_its_task_records_meanwhile_stays_as_the_task_has_it(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    campaign(tmp_path)
    send(tmp_path, 100, run_id="run_1", delay=0)
    sandbox.clock(advance=300)
    by_task = ResultsHook().store.submissions.get(TAGS[0])
    store = lose(tmp_path)
    now = store.clock.now()
    reader = RebuildResults(client=OvhSmsHook().client, store=store, runs={})
    _, found = reader.run(now - timedelta(days=1), now + timedelta(days=1))
    store.submissions.start(by_task)
    for each in found:
        reader.finish(each, compute(store, each.tag))
    kept = store.submissions.get(TAGS[0])
    assert (kept.run_id, kept.list_digest, kept.credits_spent) == ("run_1", by_task.list_digest, by_task.credits_spent)
    assert kept.collected_at is None, "its report is still to come"
    assert store.submissions.get(TAGS[1]).collected_at is not None


def test_nothing_older_than_the_retention_comes_back(
    rebuild: Any, leaping: LeapingTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign(tmp_path)
    send(tmp_path, 100, run_id="run_1", delay=0)
    leaping.sleep(20 * 86_400)
    lose(tmp_path)
    monkeypatch.setenv("OVH_SMS_RETENTION_DAYS", "10")
    assert json.loads(rebuild("--json").out)["accounts"].popitem()[1]["messages"] == 0
    monkeypatch.delenv("OVH_SMS_RETENTION_DAYS")
    assert json.loads(rebuild("--json").out)["accounts"].popitem()[1]["messages"] == 5


def test_the_retention_removes_what_was_rebuilt(rebuild: Any, leaping: LeapingTime, tmp_path: Path) -> None:
    campaign(tmp_path)
    send(tmp_path, 100, run_id="run_1", delay=0)
    leaping.sleep(86_400)
    store = lose(tmp_path)
    assert json.loads(rebuild("--json").out)["accounts"].popitem()[1]["messages"] == 5
    assert purge_old(store, timedelta(hours=1)).messages == 0, "OVH may still hold some"
    leaping.sleep(15 * 86_400)
    assert purge_old(store, timedelta(hours=1)).messages == 5
    counts = json.loads(rebuild("--json").out)["accounts"].popitem()[1]
    assert (counts["known"], counts["messages"]) == (5, 0), "they do not come back"


def test_an_export_that_ovh_refuses_is_an_error_and_the_next_call_goes_on(
    rebuild: Any, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    campaign(tmp_path)
    send(tmp_path, 100, run_id="run_1", delay=0)
    sandbox.clock(advance=300)
    lose(tmp_path)
    sandbox.fault("status", method="GET", path="/sms/*/document", status=403, times=1)
    assert rebuild().code == 2
    assert json.loads(rebuild("--json").out)["accounts"].popitem()[1]["messages"] == 5


def test_memory_does_not_grow_with_the_export(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / "export.csv"
        lines = (a_row(id=str(at), tag=digest_tag(str(at % 7))) for at in range(rows))
        path.write_text(HEADER + "".join(lines), encoding="utf-8")
        tracemalloc.start()
        read = sum(len(each["tag"]) for _, each in read_by_tag(path, wanted=bool, marketing=lambda _: False))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read == rows
        return most

    assert peak(60_000) < 1.3 * peak(20_000)
