"""Several processes that do the same with one results database at the same moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from ovh_sms.store import migrate
from ovh_sms.store.store import Store
store = Store(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
"""


def run_at_once(url: str, statements: str) -> list[str]:
    command = [sys.executable, "-c", PROGRAM + statements, str(PLUGINS), url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = []
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert (errors, process.returncode) == ("", 0)
        printed.append(output.strip())
    return printed
