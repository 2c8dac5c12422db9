"""No user is created twice and no quota is lost: a part of `make faults`, and the proof that the count can fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from faults.users_count import USER_BREACHES, Seen, Wanted, count_users
from support.sandbox import ROOT

SETTINGS = {"quota": 40, "receipts_to": "https://shop.example/1", "alert": {"below": 5}}
GOOD = Seen("https://shop.example/1", 5, [40])


def users(out: Path, *given: object) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    paths = os.pathsep.join(str(ROOT / name) for name in ("plugins", "include", "tests"))
    command = [sys.executable, "-m", "faults.users", "--json", str(out), *map(str, given)]
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment, cwd=out.parent)
    return (json.loads(out.read_text()) if out.exists() else {}), done


def test_no_user_is_doubled_and_no_quota_is_lost(tmp_path: Path) -> None:
    found, done = users(tmp_path / "faults.json", "--injected", 10, "--minutes", 3, "--seed", 14)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["injected"] >= 10
    assert {name: found[name] for name in USER_BREACHES} == dict.fromkeys(USER_BREACHES, 0)


def test_without_the_journal_the_count_finds_it(tmp_path: Path) -> None:
    found, done = users(tmp_path / "faults.json", "--weak", "journal", "--injected", 4, "--minutes", 2)
    assert done.returncode == 1, done.stdout + done.stderr
    assert found["given_twice"] > 0


def test_what_is_missing_wrong_or_given_twice_is_counted() -> None:
    none = dict.fromkeys(USER_BREACHES[:-1], 0)
    wanted = {"desk": Wanted(SETTINGS, 1)}
    assert count_users(wanted, {"desk": GOOD}, ["succeeded"]) == none
    assert count_users(wanted, {}, []) == none | {"lost": 1, "not_given": 1}
    assert count_users({"desk": Wanted(None, 1)}, {"desk": GOOD}, []) == none | {"extra": 1}
    assert count_users(wanted, {"desk": Seen("", 5, [40])}, []) == none | {"wrong": 1}
    twice = Seen("https://shop.example/1", 5, [40, 2])
    assert count_users(wanted, {"desk": twice}, ["pending"]) == none | {"given_twice": 1, "stuck": 1}
    assert count_users(wanted, {"desk": GOOD}, ["unknown"], unexplained=1) == none | {"asked": 1, "unexplained": 1}
