"""OpenLineage's events of a real run, as Airflow's provider writes them: from the contact list to the report."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.lineage import LineageEvents, counted, named
from support.own_airflow import ROOT, run_in_airflow
from support.pages import blocks
from support.sandbox import SandboxProcess

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
message: "Bonjour #prenom#, rendez-vous demain"
contacts: {file: contacts/spring.csv}
budget: 10
batch_size: 2
collect_within_hours: 0.03
stop_window_minutes: 0
poll_interval_seconds: 1
"""
PEOPLE = {"0639980001": "Anastasia", "0639980002": "Cyrielle", "0639980003": "Dominique", "0639980004": "Ernestine"}
LIST = "".join(f"{number};{name}\n" for number, name in {"numero": "prenom", **PEOPLE, "12": "Zoe"}.items())
DAGS = ("sms_campaigns", "sms_campaign_report")

#: OVH refuses the second batch that it gets, which may be either; what was sent is reported.
PROBE = """
from support.sandbox import SandboxProcess

sandbox = SandboxProcess("unused")
sandbox.control = sys.argv[2]
refused = sandbox.fault("status", status=400, method="POST", path="/sms/*/jobs", after=1)
states = [str(bag.dags["sms_campaign_spring"].test().state)]
sandbox.clock(advance=3 * 86_400)
states.append(str(bag.dags["sms_campaign_report"].test().state))
print(json.dumps({"states": states}))
"""


@dataclass(frozen=True)
class Run:
    """A run: its folder, what it wrote, and what OVH has.

    :param account: from which it was sent.
    """

    folder: Path
    events: LineageEvents
    found: dict[str, Any]
    account: str
    texts: list[str]

    def of(self, task: str, kind: str = "COMPLETE") -> dict[str, Any]:
        """The only event of a task."""
        (event,) = self.events.of(task, kind)
        return event

    def file(self, name: str) -> tuple[str, str]:
        return "file", str(self.folder / name)

    @property
    def messages(self) -> tuple[str, str]:
        return f"ovh-sms://{self.account}", "campaigns/spring"


RESULTS = ("ovh-sms", "campaigns/spring/results")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("lineage")
    for name, text in (
        *((f"dags/{each}.py", (ROOT / "dags" / f"{each}.py").read_text()) for each in DAGS),
        ("include/campaigns/spring.yaml", CAMPAIGN),
        ("include/contacts/spring.csv", LIST),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    events = LineageEvents(folder / "events.jsonl")
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        found = json.loads(run_in_airflow(PROBE, folder, sandbox, **events.env()))
        texts = [each["message"] for each in sandbox.messages()]
        return Run(folder, events, found, sandbox.account_name, texts)


def test_each_output_is_the_input_of_the_next_task_from_the_list_to_the_report(run: Run) -> None:
    assert (run.found["states"], len(run.texts)) == (["failed", "success"], 2)
    prepared = run.file("data/spring/**/prepared.json")
    prepare = run.of("sms_campaign_spring.prepare")
    assert named(prepare, "inputs") == [run.file("include/contacts/spring.csv")]
    assert (named(prepare, "outputs"), counted(prepare, "outputs")) == ([prepared], [4])
    assert counted(prepare, "inputs") == [5]
    send = run.of("sms_campaign_spring.send")
    assert (named(send, "inputs"), counted(send, "inputs")) == ([prepared], [2])
    assert (named(send, "outputs"), counted(send, "outputs")) == ([run.messages], [2])
    assert send["inputs"][0]["facets"]["version"] == prepare["outputs"][0]["facets"]["version"]
    collect = run.of("sms_campaign_report.campaign.collect")
    assert named(collect, "inputs") == [run.messages]
    assert (named(collect, "outputs"), counted(collect, "outputs")) == ([RESULTS], [2])
    report = run.of("sms_campaign_report.campaign.report")
    assert named(report, "inputs") == [RESULTS]
    names = ("report.html", "messages.parquet")
    assert named(report, "outputs") == [run.file(f"data/spring/**/{name}") for name in names]
    for each in ("prepared.json", *names):
        assert [*(run.folder / "data" / "spring").glob(f"**/{each}")], each


def test_a_batch_that_ovh_refused_has_an_input_and_no_output(run: Run) -> None:
    failed = run.of("sms_campaign_spring.send", "FAIL")
    assert named(failed, "inputs") == [run.file("data/spring/**/prepared.json")]
    assert failed["outputs"] == []
    assert "400" in failed["run"]["facets"]["errorMessage"]["message"]


def test_no_event_has_a_number_or_a_text(run: Run) -> None:
    text = run.events.text
    assert len(text.splitlines()) > 12
    for number in PEOPLE:
        assert number[1:] not in re.sub(r"[ .]", "", text)
    for word in ("Bonjour", "rendez-vous", *PEOPLE.values()):
        assert word not in text, word


def test_the_event_of_the_page_is_the_one_that_was_sent(run: Run) -> None:
    (shown,) = [json.loads(code) for language, _, code in blocks(ROOT / "docs" / "lineage.md") if language == "json"]
    sent = run.of("sms_campaign_spring.send")
    version = sent["inputs"][0]["facets"]["version"]["datasetVersion"]
    text = json.dumps(shown).replace("/opt/airflow/ovh_sms_data", str(run.folder / "data"))
    text = text.replace("sms-xx12345-1", run.account).replace("production", "default")
    wanted = json.loads(re.sub(r"[0-9a-f]{64}", version, text))
    assert wanted == {name: without_producer(sent[name]) for name in wanted} | {"job": name_of(sent)}


def name_of(event: dict[str, Any]) -> dict[str, str]:
    return {name: event["job"][name] for name in ("namespace", "name")}


def without_producer(value: Any) -> Any:
    """A part of an event without the addresses of its sender and its schema."""
    if isinstance(value, list):
        return [without_producer(each) for each in value]
    if isinstance(value, dict):
        return {name: without_producer(each) for name, each in value.items() if name not in ("_producer", "_schemaURL")}
    return value
