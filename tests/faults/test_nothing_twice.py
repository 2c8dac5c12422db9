"""Nothing twice, nothing lost: a seeded part of `make faults`, and the proof that the proof can fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from faults import as_user, ovh_batches
from faults.as_user import USER
from faults.count import BREACHES
from faults.demanded import demanded
from faults.every import every
from faults.fleet import Fleet, fleet
from faults.ovh_batches import NOT_TAKEN, VIA
from faults.plans import DIRECTED, is_single, kinds, plan, singles
from faults.real_hits import DEEDS
from support.sandbox import ROOT

NONE = BREACHES


@cache
def _each_text() -> list[int]:
    """Single faults that hit campaigns with two texts of each number."""
    several = [number for number in range(singles(1)) if is_single(1, number) and plan(1, number).texts > 1]
    return [number for number in several if "both" in str(sorted(kinds(1, [number])))][:6]


#: Arguments of each suite; they start in this order.
ORDERS: dict[str, tuple[object, ...]] = {
    "part": ("--part", "--seed", 2, "--injected", 100, "--minutes", 12, "--cells", 4),
    VIA: ("--via", VIA, "--part", "--seed", 2, "--injected", 16, "--minutes", 12, "--cells", 4),
    USER: ("--user", "desk", "--part", "--seed", 2, "--injected", 16, "--minutes", 12, "--cells", 4),
    **{weak: ("--cells", 2, "--weak", weak) for weak in DIRECTED},
    "few": ("--part", "--injected", 1000, "--minutes", 0),
}
#: What the file of counts held before.
BEFORE = dict.fromkeys((VIA, USER), '{"injected": 1}')
#: The first one waits for its share of all.
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    texts = ("--seed", 1, "--cells", 3, "--only", *_each_text())
    with fleet(tmp_path_factory.mktemp("fleet"), {"texts": texts, **ORDERS}, counts=BEFORE) as running:
        yield running


def test_nothing_twice_and_nothing_lost(suites: Fleet) -> None:
    ended = suites.result("part")
    assert ended.code == 0, ended.printed
    assert ended.counts["injected"] >= 100
    assert ended.counts["messages"] > 100
    assert {name: ended.counts[name] for name in NONE} == dict.fromkeys(NONE, 0)
    assert len(ended.counts["kinds"]) > 30
    assert sum(ended.counts["kinds"].values()) >= 100


def test_nothing_twice_and_nobody_asked_by_ovh_batches(suites: Fleet) -> None:
    ended = suites.result(VIA)
    assert ended.code == 0, ended.printed
    assert ended.counts["injected"] == 1, "the counts of all other faults stay"
    found = ended.counts[VIA]
    assert found["injected"] >= 16
    assert {name: found[name] for name in NONE} == dict.fromkeys(NONE, 0)
    assert found["asked_decidable"] == 0
    assert "send: repeated by a proxy" in found["kinds"]


def test_nothing_twice_and_nothing_lost_as_a_user(suites: Fleet) -> None:
    ended = suites.result(USER)
    assert ended.code == 0, ended.printed
    assert ended.counts["injected"] == 1, "the counts of all other faults stay"
    found = ended.counts[USER]
    assert found["injected"] >= 16
    assert {name: found[name] for name in NONE} == dict.fromkeys(NONE, 0)


def test_every_fault_of_submissions_is_planned_for_users_too() -> None:
    usual = [case for case in every(1) if any(each.task == "send" for each in case.strikes)]
    planned = [as_user.plan("desk", 1, number) for number in range(as_user.count(1))]
    assert len(planned) == len(usual) > 200
    assert {each.user for each in planned} == {"desk"}
    assert {each.quota is None for each in planned} == {True, False}


def test_every_fault_of_submissions_is_planned_for_ovh_batches_too() -> None:
    usual = [case for case in every(1) if any(each.task == "send" for each in case.strikes)]
    assert ovh_batches.count(1) > len([case for case in usual if case.way not in NOT_TAKEN]) > 200
    wanted = {kind for kind in demanded() if "send: " in kind and not kind.startswith(tuple(NOT_TAKEN))}
    assert sorted(wanted - ovh_batches.kinds(1, range(ovh_batches.count(1)))) == []
    planned = [ovh_batches.plan(1, number) for number in range(ovh_batches.count(1))]
    paths = {strike.about.get("path", "") for each in planned for strike in each.strikes}
    assert "/sms/*/batches" in paths
    assert not [path for path in paths if path.endswith("/jobs")]


def test_each_text_of_a_number_once(suites: Fleet) -> None:
    ended = suites.result("texts")
    assert ended.code == 0, ended.printed
    assert len(_each_text()) == 6
    assert "Nothing twice, nothing lost." in ended.printed


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


@pytest.mark.parametrize("weak", list(DIRECTED))
def test_without_a_guard_the_suite_reports_what_goes_wrong(suites: Fleet, weak: str) -> None:
    ended = suites.result(weak)
    assert ended.code == 1, ended.printed
    assert {name for name in NONE if ended.counts[name]} == set(REPORTED[weak])
    assert f"--weak {weak}" in ended.printed


def test_too_few_faults_are_a_failure(suites: Fleet) -> None:
    ended = suites.result("few")
    assert ended.counts["injected"] < 1000
    assert ended.code == 1
    assert "TOO FEW: 0 faults of 1,000 have hit" in ended.printed
    assert "Nothing twice, nothing lost." not in ended.printed
