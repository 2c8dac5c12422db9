"""No single SMS is lost, doubled or stuck: a part of `make faults`, and the proof that the count can fail."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from faults.outbox_count import OUTBOX_BREACHES, count_rows
from support.fault_runs import run_faults

HERE, THERE = ("+33639980001", "A"), ("+33639980002", "B")


def outbox(out: Path, *given: object) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    return run_faults("faults.outbox", out, *given)


def test_no_sms_is_lost_doubled_or_stuck(tmp_path: Path) -> None:
    found, done = outbox(tmp_path / "faults.json", "--injected", 24, "--minutes", 3)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["injected"] >= 24
    assert {name: found[name] for name in OUTBOX_BREACHES} == dict.fromkeys(OUTBOX_BREACHES, 0)


def test_without_the_journal_the_count_finds_it(tmp_path: Path) -> None:
    found, done = outbox(tmp_path / "faults.json", "--weak", "journal", "--injected", 30, "--minutes", 2)
    assert done.returncode == 1, done.stdout + done.stderr
    assert found["doubled"] > 0


def sent(*messages: tuple[str, str]) -> list[dict[str, str]]:
    return [{"receiver": number, "message": text} for number, text in messages]


def test_what_is_missing_doubled_strange_or_stuck_is_counted() -> None:
    none = dict.fromkeys(OUTBOX_BREACHES[:-1], 0)
    good = [(*HERE, "submitted"), (*THERE, "submitted")]
    assert count_rows([HERE, THERE], good, sent(HERE, THERE)) == none
    assert count_rows([HERE, THERE], good, sent(HERE)) == none | {"lost": 1, "misnoted": 1}
    assert count_rows([HERE], good[:1], sent(HERE, HERE)) == none | {"doubled": 1}
    assert count_rows([HERE], good[:1], sent(HERE, THERE)) == none | {"wrong": 1}
    assert count_rows([HERE], [(*HERE, "pending")], sent()) == none | {"lost": 1, "stuck": 1}
    assert count_rows([HERE], [(*HERE, "refused")], sent(HERE)) == none | {"misnoted": 1}
    assert count_rows([HERE], [(*HERE, "unknown")], sent()) == none | {"lost": 1, "asked": 1}
