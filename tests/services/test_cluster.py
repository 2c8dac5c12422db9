"""The cluster of docker-compose.yaml: workers, the scheduler and Redis end at the worst moment; nobody gets two."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cluster.cluster import Cluster, copy_include
from support.cluster.compose_file import ROOT
from support.moved_runs import running_sandbox

pytestmark = pytest.mark.timeout(1200)

RECEIVERS, BATCH = 480, 80
CAMPAIGN = f"""\
description: A campaign of several batches
sender: MYSHOP
kind: transactional
night: send
message: "Bonjour #nom#, votre commande est en route."
contacts:
  file: contacts/cluster.csv
budget: 10000
batch_size: {BATCH}
"""
DAG = "sms_campaign_cluster"
#: What is gone is noticed within seconds.
HASTE = {
    "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "25",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
}


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """A folder of campaigns with one campaign, and the sandbox's own code."""
    folder = copy_include(tmp_path / "include")
    (folder / "campaigns" / "cluster.yaml").write_text(CAMPAIGN, encoding="utf-8")
    rows = [f"06 39 98 {at // 100:02d} {at % 100:02d},Nom{at}" for at in range(RECEIVERS)]
    (folder / "contacts" / "cluster.csv").write_text("telephone,nom\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def cluster(include: Path) -> Iterator[Cluster]:
    # Not pytest's own folder: PostgreSQL runs as another user, who cannot enter that one.
    folder = Path(tempfile.mkdtemp(prefix="ovh_sms_cluster_"))
    folder.chmod(0o755)
    # The package's own tasks, whose waits after a lost answer are shorter.
    dags = ROOT / "tests" / "faults" / "dags"
    try:
        # By hand alone: CI has no time for both ways, and the compose file has no PgBouncer.
        pgbouncer = os.environ.get("CLUSTER_BEHIND_PGBOUNCER") == "1"
        folders = {"./include": include, "./dags": dags}
        with Cluster(folder, workers=2, folders=folders, env=HASTE, pgbouncer=pgbouncer) as cluster:
            yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_killed_worker_scheduler_and_redis_leave_nobody_twice_and_nobody_out(cluster: Cluster) -> None:
    ovh = running_sandbox(f"http://127.0.0.1:{cluster.ports['ovh-sandbox']}/_control", "sms-sb00001-1")
    ovh.account(creditsLeft=5_000)
    ovh.features(export_seconds=0)
    # Each of the first POSTs is executed, but its answer is held: who dies then does not know of its messages.
    for _ in range(2):
        ovh.fault("hold_after", method="POST", path="/sms/*/jobs", seconds=30)
    cluster.until(lambda: DAG in cluster.dag_ids())
    cluster.unpause(DAG)
    run = cluster.trigger(DAG)

    def states(task: str) -> list[str]:
        return [each["state"] for each in cluster.tasks(DAG, run) if each["task_id"].rpartition(".")[2] == task]

    # One batch is at OVH, its task still waits for the answer.
    cluster.until(lambda: len(ovh.messages()) >= BATCH)
    sandbox = cluster.ports["ovh-sandbox"]
    worker = cluster.until(lambda: next((each for each in cluster.workers if each.calls(sandbox)), None))
    worker.kill()
    cluster["scheduler"].kill()
    cluster["redis"].kill()
    cluster["redis"].start()
    cluster["redis"].wait_until_healthy()
    cluster["scheduler"].start()
    cluster["scheduler"].wait_until_healthy()
    worker.start()

    def state() -> str:
        return str(cluster.call("GET", f"/dags/{DAG}/dagRuns/{run}")["state"])

    cluster.until(lambda: state() in ("success", "failed"), seconds=600)
    assert state() == "success", cluster.said()
    assert len(states("send")) == RECEIVERS // BATCH
    messages = Counter(each["receiver"] for each in ovh.messages())
    assert set(messages.values()) == {1}, messages.most_common(3)
    assert len(messages) == RECEIVERS
