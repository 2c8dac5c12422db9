"""Nothing twice, nothing lost: a seeded part of `make faults`, and the proof that the proof can fail."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from faults import ovh_batches
from faults.count import BREACHES
from faults.demanded import demanded
from faults.every import every
from faults.ovh_batches import VIA
from faults.plans import DIRECTED, is_single, kinds, plan, singles
from faults.real_hits import DEEDS
from support.sandbox import ROOT

NONE = BREACHES


Suite = tuple[dict[str, Any], subprocess.CompletedProcess[str]]


def suite(out: Path, *given: object) -> Suite:
    paths = os.pathsep.join(str(ROOT / name) for name in ("plugins", "include", "tests"))
    command = [sys.executable, "-m", "faults", "--json", str(out), *map(str, given)]
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment, cwd=out.parent)
    counts: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {}
    return counts, done


def test_nothing_twice_and_nothing_lost(tmp_path: Path) -> None:
    counts, done = suite(
        tmp_path / "faults.json", "--part", "--seed", 2, "--injected", 100, "--minutes", 3.5, "--cells", 4
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts["injected"] >= 100
    assert counts["messages"] > 100
    assert {name: counts[name] for name in NONE} == dict.fromkeys(NONE, 0)
    assert len(counts["kinds"]) > 30
    assert sum(counts["kinds"].values()) >= 100


def test_nothing_twice_and_nobody_asked_by_ovh_batches(tmp_path: Path) -> None:
    out = tmp_path / "faults.json"
    out.write_text('{"injected": 1}')
    counts, done = suite(out, "--via", VIA, "--part", "--seed", 2, "--injected", 16, "--minutes", 3.5, "--cells", 4)
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts["injected"] == 1, "the counts of all other faults stay"
    found = counts[VIA]
    assert found["injected"] >= 16
    assert {name: found[name] for name in NONE} == dict.fromkeys(NONE, 0)
    assert found["asked_decidable"] == 0
    assert "send: repeated by a proxy" in found["kinds"]


def test_every_fault_of_submissions_is_planned_for_ovh_batches_too() -> None:
    usual = [case for case in every(1) if any(each.task == "send" for each in case.strikes)]
    assert ovh_batches.count(1) > len([case for case in usual if case.way != "document_url"]) > 200
    planned = [ovh_batches.plan(1, number) for number in range(ovh_batches.count(1))]
    paths = {strike.about.get("path", "") for each in planned for strike in each.strikes}
    assert "/sms/*/batches" in paths
    assert not [path for path in paths if path.endswith("/jobs")]


def test_each_text_of_a_number_once(tmp_path: Path) -> None:
    several = [number for number in range(singles(1)) if is_single(1, number) and plan(1, number).texts > 1]
    some = [number for number in several if "both" in str(sorted(kinds(1, [number])))][:6]
    _, done = suite(tmp_path / "faults.json", "--seed", 1, "--cells", 3, "--only", *some)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(some) == 6
    assert "Nothing twice, nothing lost." in done.stdout


@pytest.mark.parametrize("seed", [1, 2])
def test_make_faults_plans_every_kind_of_fault(seed: int) -> None:
    planned = kinds(seed, range(singles(seed)))
    assert sorted(set(demanded()) - planned) == []


def test_make_faults_ends_only_when_every_kind_has_had_its_turn() -> None:
    command = re.search(r"^faults:.*\n\t.*-m faults(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert command is not None
    given = dict(re.findall(r"--(\S+) (\d+)", command[1]))
    assert int(given.get("injected", 1000)) >= 1000
    assert int(given["airflow"]) >= 200
    assert not {"--part", "--only", "--directed", "--weak"} & set(command[1].split())


def test_make_faults_kills_every_part_of_airflow() -> None:
    components = ["kill", "worker", "scheduler", "triggerer", "sandbox", "hold_before", "hold_after"]
    assert sorted(DEEDS) == sorted(components)
    assert all(most > 0 for _, most in DEEDS.values())


#: The breaches that the suite must report without a guard. Without the journal the open order still prevents a second
#: one.
REPORTED = {
    "journal": ("double_sent", "without_attempt"),
    "observation": ("double_sent", "double_orders", "without_attempt"),
    "claim": ("double_sent",),
    "slot": ("wrong_list",),
    "credits": ("double_sent", "without_attempt"),
    "wait": ("double_orders",),
    "published": ("wrong_list",),
    "need": ("double_transfers",),
    "pay": ("double_payments",),
    "transfer": ("double_transfers",),
}


#: Suites side by side: they mostly wait.
BESIDE = 2


@pytest.fixture(scope="module")
def weak_suites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Suite]]]:
    """A suite without each guard, started together."""
    with ThreadPoolExecutor(BESIDE) as pool:
        folders = {weak: tmp_path_factory.mktemp(weak) / "faults.json" for weak in DIRECTED}
        yield {weak: pool.submit(suite, out, "--cells", 2, "--weak", weak) for weak, out in folders.items()}


@pytest.mark.parametrize("weak", list(DIRECTED))
@pytest.mark.timeout(900)  # the first one waits for its share of all
def test_without_a_guard_the_suite_reports_what_goes_wrong(weak_suites: dict[str, Future[Suite]], weak: str) -> None:
    counts, done = weak_suites[weak].result()
    assert done.returncode == 1, done.stdout + done.stderr
    assert {name for name in NONE if counts[name]} == set(REPORTED[weak])
    assert f"--weak {weak}" in done.stdout


def test_too_few_faults_are_a_failure(tmp_path: Path) -> None:
    counts, done = suite(tmp_path / "faults.json", "--part", "--injected", 1000, "--minutes", 0)
    assert counts["injected"] < 1000
    assert done.returncode == 1
    assert "TOO FEW: 0 faults of 1,000 have hit" in done.stdout
    assert "Nothing twice, nothing lost." not in done.stdout
