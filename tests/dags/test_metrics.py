"""Metrics of real runs, as a StatsD server receives them, against the sandbox's truth and the dashboard's queries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ovh_sms.metrics import METRICS, Kind
from support.metered_runs import MeteredRuns, metered_runs
from support.own_airflow import ROOT

GRAFANA = ROOT / "include" / "grafana"
LETTERS = {Kind.COUNTER: "c", Kind.GAUGE: "g", Kind.TIMER: "ms"}
ENDINGS = {Kind.COUNTER: "_total", Kind.GAUGE: "", Kind.TIMER: "_seconds"}

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> MeteredRuns:
    return metered_runs(tmp_path_factory.mktemp("metered"))


def test_messages_and_credits_count_once_though_the_answer_was_lost(runs: MeteredRuns) -> None:
    assert runs.found["states"] == dict.fromkeys(("campaign", "callbacks", "report", "order"), "success")
    truth = runs.found["truth"]
    assert (runs.found["fired"]["lost_answer"], truth["accepted"], truth["twice"]) == (1, 20, 0)
    of_it = {"account": runs.account, "campaign": "visit", "kind": "batch"}
    assert runs.total("ovh_sms.messages.submitted", **of_it) == runs.total("ovh_sms.messages.submitted") == 20
    assert runs.total("ovh_sms.credits.spent", **of_it) == runs.total("ovh_sms.credits.spent") == truth["credits"]
    assert runs.total("ovh_sms.messages.ended", campaign="visit", status="delivered") == truth["delivered"]
    assert runs.total("ovh_sms.messages.ended") == truth["delivered"] + truth["failed"]


def test_the_reconciliation_and_the_order_count_once(runs: MeteredRuns) -> None:
    assert [each.tags for each in runs.of("ovh_sms.reconciliations")] == [
        {"account": runs.account, "kind": "batch", "result": "found"}
    ]
    (time,) = runs.of("ovh_sms.reconcile_time")
    assert time.value >= 120_000, "the quiet period, in milliseconds"
    kinds = sorted((each.tags["kind"], each.tags["state"], each.value) for each in runs.of("ovh_sms.writes"))
    assert kinds == [("batch", "succeeded", 1), ("order", "succeeded", 1)]
    assert runs.total("ovh_sms.credits.ordered") == sum(each["quantity"] for each in runs.found["orders"])
    assert runs.of("ovh_sms.credits.left")[-1].value == runs.found["credits"]


def test_each_request_is_counted_as_ovh_has_counted_it(runs: MeteredRuns) -> None:
    assert runs.total("ovh_sms.api.calls") == runs.found["calls"]["total"]
    assert runs.total("ovh_sms.api.calls", status="429") == runs.found["fired"]["status"] == 1
    assert runs.total("ovh_sms.api.calls", status="none") == runs.found["fired"]["lost_answer"]
    assert len(runs.of("ovh_sms.api.call_time")) == runs.found["calls"]["total"]
    assert len(runs.of("ovh_sms.turn_wait")) == runs.found["calls"]["total"]
    (wait,) = runs.of("ovh_sms.api.retry_wait", reason="rate_limited")
    assert wait.value > 0


def test_callbacks_count_when_they_are_worked_off(runs: MeteredRuns) -> None:
    assert runs.total("ovh_sms.callbacks", kind="reply") == runs.found["truth"]["replies"]["received"] == 3
    assert [each.value for each in runs.of("ovh_sms.callbacks.left")] == [0]


def test_every_metric_of_the_table_is_emitted_with_its_kind_and_tags_and_no_number(runs: MeteredRuns) -> None:
    # No receiver is refused in these runs.
    assert runs.names == {each.name for each in METRICS} - {"ovh_sms.messages.refused"}
    table = {each.name: each for each in METRICS}
    for each in runs.emitted:
        assert (each.kind, set(each.tags)) == (LETTERS[table[each.name].kind], set(table[each.name].tags))
    values = {value for each in runs.emitted for value in each.tags.values()}
    people = {each["receiver"] for each in runs.messages}
    assert not {value for value in values if any(person[-9:] in value for person in people)}
    assert len(values) < 25


def test_the_mapping_names_every_metric_once() -> None:
    found = [(each["match"], each["name"]) for each in mapping()]
    wanted = [(f"airflow.{each.name}", each.name.replace(".", "_") + ENDINGS[each.kind]) for each in METRICS]
    assert found == wanted
    timers = [each["match"] for each in mapping() if "histogram_options" in each]
    assert timers == [f"airflow.{each.name}" for each in METRICS if each.kind is Kind.TIMER]


def test_every_query_of_the_dashboard_names_what_was_emitted(runs: MeteredRuns) -> None:
    names = {each["match"].removeprefix("airflow."): each["name"] for each in mapping()}
    labels = {names[each.name]: set(each.tags) for each in runs.emitted}
    timers = {names[each.name] for each in METRICS if each.kind is Kind.TIMER}
    for query in queries():
        asked = re.findall(r"\bovh_sms_\w+", query)
        assert asked, query
        for name in asked:
            base = name.removesuffix("_bucket")
            assert base in labels, query
            assert (name != base) == (base in timers), query
            known = labels[base] | ({"le"} if base in timers else set())
            assert set(labels_of(query)) <= known, query
    assert {name for query in queries() for name in re.findall(r"\bovh_sms_\w+", query)}


def labels_of(query: str) -> Iterator[str]:
    """Labels that a query selects or sums by."""
    yield from re.findall(r"(\w+)(?:=~|!=|!~|=)\"", query)
    for group in re.findall(r"\bby \(([^)]*)\)", query):
        yield from (each.strip() for each in group.split(","))
    yield from re.findall(r"^label_values\(\w+, (\w+)\)$", query)


def mapping() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((GRAFANA / "statsd-mapping.yaml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = loaded["mappings"]
    return found


def queries() -> list[str]:
    """Every query of the dashboard: of its panels, and of its choices."""
    found = json.loads((GRAFANA / "ovh-sms.json").read_text(encoding="utf-8"))
    panels = [each["expr"] for panel in found["panels"] for each in panel["targets"]]
    choices = [each["query"]["query"] for each in found["templating"]["list"] if each["type"] == "query"]
    assert (len(panels), len(choices)) == (17, 2)
    return panels + choices
