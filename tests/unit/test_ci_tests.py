"""Which tests CI runs a second time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.ci_tests import MOST, STRICT, may_be_tried_again
from support.own_airflow import ROOT

PAGE = "tests/services/test_usage_in_browser.py::test_a_page"


def test_a_few_failed_tests_are_tried_again() -> None:
    assert may_be_tried_again([PAGE] * MOST)


@pytest.mark.parametrize("failed", [[], [PAGE] * (MOST + 1)], ids=["none", "many"])
def test_many_failed_tests_or_none_fail_at_once(failed: list[str]) -> None:
    assert not may_be_tried_again(failed)


@pytest.mark.parametrize("room", STRICT)
def test_what_proves_that_nothing_happens_twice_has_no_ci_tests(room: str) -> None:
    assert list((ROOT / room).glob("test_*.py")), "the room is still there"
    assert not may_be_tried_again([PAGE, f"{room}test_of_a_room.py::test_nothing_is_sent_twice"])


@pytest.mark.parametrize(("ci", "passes_alone", "code"), [("true", True, 0), ("true", False, 1), ("", True, 1)])
def test_a_test_that_failed_runs_once_more_in_ci_alone(tmp_path: Path, ci: str, passes_alone: bool, code: int) -> None:
    (tmp_path / "test_one.py").write_text(f"""
from pathlib import Path

def test_it():
    times = Path("times")
    times.write_text((times.read_text() if times.exists() else "") + "x")
    assert times.read_text() == ("xx" if {passes_alone} else "never")
""")
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, "-m", "support.ci_tests", "test_one.py"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, "UNSTABLE" in ended.stdout) == (code, code == 0), ended.stdout
    assert len((tmp_path / "times").read_text()) == (2 if ci else 1)


def test_tests_that_were_broken_off_are_no_success(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("""
from pathlib import Path

import os
import subprocess
import sys
from pathlib import Path

import pytest

def test_it():
    assert Path("again").exists() or Path("again").touch()

def test_the_end():
    pytest.exit("broken off", returncode=3)
""")
    environment = {**os.environ, "CI": "true", "PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, "-m", "support.ci_tests", "test_one.py"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 3, ended.stdout
