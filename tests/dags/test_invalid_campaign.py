"""A campaign file that is saved broken: an import error, a red run, a notifier, and no run left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.airflow_task import context
from support.own_airflow import ROOT, run_in_airflow, set_clock
from support.sandbox import SandboxProcess
from support.stores import new_store

GOOD = """\
kind: transactional
night: send
sender: MYSHOP
message: Bonjour
contacts: {file: contacts/spring.csv}
budget: 10
schedule: '30 9 * * 1'
"""
BROKEN = GOOD.replace("sender:", "sendr:")
ERROR = "spring.yaml, line 3: unknown field `sendr`; did you mean `sender`?"
SAVED = datetime(2026, 11, 27, 16, 2, tzinfo=UTC)  # a Friday
OTHERS = {
    *("sms_campaign_cancel", "sms_campaign_report", "sms_credits_topup", "sms_credits_balance"),
    *("sms_replies", "sms_callbacks", "sms_opt_outs", "sms_retention", "sms_outbox"),
    "sms_accounts",
    "sms_usage_monthly",
}


class Folder:
    """The include folder of a project with one campaign."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("campaigns", "contacts", "accounts"):
            (path / name).mkdir(parents=True)
        (path / "contacts" / "spring.csv").write_text("number\n0639980001\n0639980002\n", encoding="utf-8")

    def save(self, text: str, at: datetime = SAVED) -> None:
        file = self.path / "campaigns" / "spring.yaml"
        file.write_text(text, encoding="utf-8")
        os.utime(file, (at.timestamp(), at.timestamp()))


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("OVH_SMS_INCLUDE", str(tmp_path / "include"))
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    return Folder(tmp_path / "include")


def read_dags():
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(ROOT / "dags"))


def import_error(found) -> str:
    ((file, text),) = found.import_errors.items()
    assert Path(file).name == "sms_campaign_files.py"
    return text


def test_an_invalid_file_is_an_import_error_that_names_the_place_and_the_first_run_that_sends_nothing(
    include: Folder,
) -> None:
    include.save(GOOD)
    good = read_dags()
    assert good.import_errors == {}
    assert set(good.dags) == OTHERS | {"sms_campaign_spring"}
    include.save(BROKEN)
    found = read_dags()
    assert set(found.dags) == OTHERS | {"sms_campaign_spring", "sms_broken_spring"}
    shown = f"- {ERROR} Correct the fields named. Its runs send nothing, the first of them that of "
    shown += "Mon 2026-11-30 09:30 (Europe/Paris)."
    assert shown in import_error(found)
    for dag_id in ("sms_campaign_spring", "sms_broken_spring"):
        assert ERROR in found.dags[dag_id].doc_md
        assert "broken" in found.dags[dag_id].tags
    assert str(found.dags["sms_campaign_spring"].timetable.expression) == "30 9 * * 1"
    include.save(GOOD)
    mended = read_dags()
    assert mended.import_errors == {}
    assert set(mended.dags) == OTHERS | {"sms_campaign_spring"}


def test_a_file_that_was_never_good_makes_no_campaign(include: Folder) -> None:
    include.save(BROKEN)
    found = read_dags()
    assert set(found.dags) == OTHERS | {"sms_broken_spring"}
    assert f"{ERROR} Correct the fields named. It makes no campaign." in import_error(found)


def test_every_invalid_file_is_named_at_once(include: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    include.save(BROKEN)
    (include.path / "campaigns" / "autumn.yml").write_text("kind: [", encoding="utf-8")
    (include.path / "accounts" / "shop.yaml").write_text("treshold: 5\n", encoding="utf-8")
    monkeypatch.setenv("OVH_SMS_NOTIFY", '[{"notifier": "no.such.Notifier"}]')
    text = import_error(read_dags())
    for part in (ERROR, "autumn.yml, line 1", "shop.yaml, line 1: unknown field `treshold`", "no module 'no.such'"):
        assert part in text


def test_each_saved_version_is_one_red_run_by_itself(include: Folder) -> None:
    import pendulum
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    from ovh_sms.errors import CampaignFileError

    include.save(BROKEN)
    first = read_dags().dags["sms_broken_spring"]
    assert first.is_paused_upon_creation is False
    include.save(BROKEN.replace("Bonjour", "Bonsoir"), SAVED.replace(hour=17))
    second = read_dags().dags["sms_broken_spring"]
    planned, last = [], None
    for dag in (first, first, second, second):
        kept = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        limits = TimeRestriction(earliest=pendulum.instance(kept.start_date), latest=None, catchup=kept.catchup)
        info = kept.timetable.next_dagrun_info(last_automated_data_interval=last, restriction=limits)
        planned.append(info and info.run_after.hour)
        last = info.data_interval if info else last
    assert planned == [16, None, 17, None]
    with pytest.raises(CampaignFileError, match="sendr"):
        first.get_task("invalid_file").execute({})


def test_the_other_steps_of_a_run_under_way_are_those_of_the_good_file(include: Folder) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    def steps() -> dict[str, object]:
        kept = DagSerialization.to_dict(read_dags().dags["sms_campaign_spring"])["dag"]
        found = {task["__var"]["task_id"]: task for task in kept["tasks"]}
        del found["prepare"]  # it fails unless the run has started
        return {**found, "groups": kept["task_group"], "timetable": kept["timetable"]}

    include.save(GOOD)
    good = steps()
    include.save(BROKEN)
    assert steps() == good
    assert len(good) == 7


def test_a_run_that_has_not_started_fails_with_the_error_of_the_file(include: Folder) -> None:
    from ovh_sms.errors import CampaignFileError

    include.save(GOOD)
    read_dags()
    include.save(BROKEN)
    new_store(Path(os.environ["OVH_SMS_DATA"]) / "results.sqlite")
    with pytest.raises(CampaignFileError, match="has not started, as its campaign file is broken") as caught:
        read_dags().dags["sms_campaign_spring"].get_task("prepare").execute(context(task_id="prepare"))
    assert ERROR in str(caught.value)


#: The processor of DAG files of a real Airflow, once for each state of the file.
PROCESSOR = """
import json, os, sys, time
from pathlib import Path
from airflow.configuration import conf
from airflow.utils.db import initdb
initdb()
from airflow.dag_processing.manager import DagFileProcessorManager
from airflow.models.dag import DagModel
from airflow.models.errors import ParseImportError
from airflow.utils.session import create_session
from sqlalchemy import select

def states():
    DagFileProcessorManager(max_runs=1, processor_timeout=120).run()
    with create_session() as session:
        dags = {each.dag_id: [each.is_stale, each.is_paused, str(each.next_dagrun)]
                for each in session.scalars(select(DagModel))}
        errors = [[Path(each.filename).name, each.stacktrace] for each in session.scalars(select(ParseImportError))]
    return {"active": sorted(name for name, (stale, *_) in dags.items() if not stale), "errors": errors,
            "broken": dags.get("sms_broken_spring"), "campaign": dags.get("sms_campaign_spring")}

file = Path(os.environ["OVH_SMS_INCLUDE"]) / "campaigns" / "spring.yaml"
good = file.read_text()
found = [states()]
file.write_text(good.replace("sender:", "sendr:"))
found.append(states())
file.write_text(good)
found.append(states())
print(json.dumps(found))
"""


def test_in_a_real_airflow_all_other_dags_stay_and_the_error_goes_away_once_the_file_is_mended(tmp_path: Path) -> None:
    include = Folder(tmp_path / "include")
    include.save(GOOD)
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path / 'airflow.db'}",
        "OVH_SMS_DATA": str(tmp_path / "data"),
        "OVH_SMS_INCLUDE": str(include.path),
        "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}",
    }
    command = [sys.executable, "-c", PROCESSOR]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    line = next(line for line in reversed(done.stdout.splitlines()) if line.startswith("["))
    good, broken, mended = json.loads(line)
    assert good["active"] == sorted(OTHERS | {"sms_campaign_spring"})
    assert good["errors"] == []
    assert broken["active"] == sorted(OTHERS | {"sms_campaign_spring", "sms_broken_spring"})
    ((file, text),) = broken["errors"]
    assert file == "sms_campaign_files.py"
    assert ERROR in text
    stale, paused, planned = broken["broken"]
    assert (stale, paused) == (False, False)
    assert planned != "None"
    assert broken["campaign"][2] == good["campaign"][2] != "None"
    assert mended["errors"] == []
    assert set(mended["active"]) >= OTHERS | {"sms_campaign_spring"}


#: The file breaks once the list is prepared; what is not yet at OVH is sent as it was prepared.
BREAKS = """
import os
from pathlib import Path
from support.own_airflow import set_clock
from airflow.models.taskinstance import TaskInstance

set_clock(sys.argv[2], "10:00")
file = Path(os.environ["OVH_SMS_INCLUDE"]) / "campaigns" / "spring.yaml"
good = file.read_text()
run = bag.dags["sms_campaign_spring"].test()
first = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
file.write_text(good.replace("sender:", "sendr:"))
again = DagBag(dag_folder=sys.argv[1])
sync_bag_to_db(again, "dags-folder", None)
second = again.dags["sms_campaign_spring"].test()
states = {ti.task_id: str(ti.state) for ti in second.get_task_instances()}
red = again.dags["sms_broken_spring"].test()
print(json.dumps({"first": first, "second": states, "state": str(second.state), "red": str(red.state)}))
"""


def test_in_a_real_airflow_a_run_of_an_invalid_file_ends_red_and_sends_nothing(tmp_path: Path) -> None:
    include = Folder(tmp_path / "include")
    include.save(GOOD)
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sms_campaigns.py").write_text((ROOT / "dags" / "sms_campaigns.py").read_text())
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        set_clock(sandbox.control, "10:00")
        found = json.loads(run_in_airflow(BREAKS, tmp_path, sandbox))
        assert set(found["first"].values()) == {"success"}
        assert found["second"]["prepare"] == "failed"
        assert (found["state"], found["red"]) == ("failed", "failed")
        assert len(sandbox.messages()) == 2
