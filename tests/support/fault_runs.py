"""Runs of the commands of `make faults`, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.sandbox import ROOT


def run_faults(module: str, out: Path, *given: object) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    """Run a command; returns its counts, and the process as it ended.

    :param out: file of the counts.
    """
    paths = os.pathsep.join(str(ROOT / name) for name in ("plugins", "include", "tests"))
    command = [sys.executable, "-m", module, "--json", str(out), *map(str, given)]
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment, cwd=out.parent)
    return (json.loads(out.read_text()) if out.exists() else {}), done
