"""A test that is skipped: a reason on a person's machine, a failure in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
SKIPPED = """
import pytest

{mark}
def test_it():
    pytest.skip("nothing here to test with")
"""


@pytest.mark.parametrize(
    ("mark", "ci", "code"),
    [("", "", 0), ("", "true", 1), ("@pytest.mark.reference", "true", 0)],
    ids=["on a person's machine", "in CI", "in CI without the reference"],
)
def test_a_skip_is_a_failure_in_ci_only(tmp_path: Path, mark: str, ci: str, code: int) -> None:
    (tmp_path / "test_skipped.py").write_text(SKIPPED.format(mark=mark))
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = reference\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-rs", str(tmp_path)]
    env = {**os.environ, "CI": ci, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "nothing here to test with" in done.stdout
