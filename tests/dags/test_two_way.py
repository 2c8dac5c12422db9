"""Real runs of campaigns and of sms_replies: STOPs between batches, an outage of days, thousands of replies at once.

One Airflow carries all of it out, see :mod:`support.two_way_runs`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.answered_runs import RULES, campaign_file
from support.own_airflow import ROOT, run_in_airflow
from support.pages import marked
from support.sandbox import SandboxProcess
from support.two_way_runs import EVERYONE

SPRING = """\
kind: transactional
night: send
sender: MYSHOP
message: "Soldes !"
contacts: {file: contacts/spring.csv}
batch_size: 4
budget: 100
"""
ON_REPLIES = """
from datetime import datetime
from airflow.sdk import dag, task
from ovh_sms.assets import REPLIES

@dag(schedule=[REPLIES], start_date=datetime(2026, 1, 1), catchup=False)
def on_replies():
    @task
    def read(triggering_asset_events=None):
        runs = [run for event in triggering_asset_events[REPLIES] for run in event.extra["runs"]]
        return [[run["campaign"], run["replies"], run["by_action"], run["by_keyword"]] for run in runs]
    read()

on_replies()
"""
PROBE = """
from pathlib import Path
from support.two_way_runs import TwoWayRuns

print(json.dumps(TwoWayRuns(bag, sys.argv[2], {account!r}, Path({include!r})).all(), default=str))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("two_way")


@pytest.fixture(scope="module")
def found(home: Path) -> dict[str, Any]:
    include, dags = home / "include", home / "dags"
    campaign_file(include, "visit", RULES)
    (include / "campaigns" / "spring.yaml").write_text(SPRING, encoding="utf-8")
    (include / "accounts").mkdir()
    (include / "accounts" / "main.yaml").write_text("replies: {}\n", encoding="utf-8")
    dags.mkdir()
    for name in ("sms_campaigns", "sms_replies"):
        (dags / f"{name}.py").write_text((ROOT / "dags" / f"{name}.py").read_text(), encoding="utf-8")
    (dags / "on_replies.py").write_text(ON_REPLIES, encoding="utf-8")
    (example,) = marked("inbound.md", "dag")
    (dags / "visits_confirmed.py").write_text(example, encoding="utf-8")
    with SandboxProcess(home / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=100_000)
        code = PROBE.format(account=sandbox.account_name, include=str(include))
        made: dict[str, Any] = json.loads(run_in_airflow(code, home, sandbox))
    return made


def test_the_campaign_was_sent_before_anybody_replied(found: dict[str, Any]) -> None:
    assert found["asked"]["state"] == "success"
    assert found["asked"]["there"] >= 8
    assert found["asked"]["collected"] == 0


def test_a_stop_between_two_batches_leaves_its_owner_out_of_the_second(found: dict[str, Any]) -> None:
    assert found["stops"] == {
        "state": "success",
        "sends": ["success", "success"],
        "by_action": {"opt_out": 2},
        "told_once": True,
        "left_out_told": 0,
    }


def test_an_outage_of_three_days_skips_and_doubles_nothing_however_ovh_orders_its_ids(found: dict[str, Any]) -> None:
    outage = found["outage"]
    assert outage["before"] == 0
    assert not outage["ids_rise"]
    assert outage["new"] == [outage["said"], 0]
    assert outage["windows"] == [4 + 1, 1], "a day by one call, and those that OVH lists late by one more"
    assert outage["stored_once"]
    assert outage["announced"] == outage["said"] + 2, "those of the two STOPs are announced before"


def test_replies_start_a_dag_of_the_users_which_reads_counts_and_keys(found: dict[str, Any]) -> None:
    ((state, run_type, counts),) = found["first"]["counted"]
    assert (state, run_type) == ("success", "asset_triggered")
    assert counts == [["visit", 2, {"opt_out": 2}, {"ME DESABONNER": 1, "STOP": 1}]]
    outage = found["outage"]
    ((state, run_type, counts),) = found["users"]["counted"]
    assert (state, run_type) == ("success", "asset_triggered")
    said, yes = outage["said"], outage["yes"]
    assert counts == [["visit", said, {"confirmed": yes, "inbox": said - yes}, {"OUI": yes}]]
    ((state, keys),) = found["users"]["keys"]
    assert (state, len(keys)) == ("success", yes)
    assert set(keys) <= {f"C-{at}" for at in range(10, 60)}


def test_ten_thousand_replies_in_one_pull_take_at_most_15_calls_for_1000(found: dict[str, Any]) -> None:
    together = found["together"]
    assert (together["state"], together["new"], together["by_action"]) == ("success", 10_000, {"confirmed": 10_000})
    assert together["list"] + together["read"] <= 150


def test_replies_are_read_one_by_one_where_ovh_reads_no_several(found: dict[str, Any]) -> None:
    apart = found["apart"]
    assert (apart["state"], apart["new"]) == ("success", 250)
    assert apart["read"] == 2 + 250, "two tries of several at once"
    assert found["stored"] == found["received"]


def test_neither_airflow_nor_its_log_holds_a_number(home: Path, found: dict[str, Any]) -> None:
    assert found["stored"]
    for path in (home / "process.log", home / "airflow.db"):
        content = path.read_bytes()
        assert not any(person.removeprefix("+").encode() in content for person in EVERYONE), path
