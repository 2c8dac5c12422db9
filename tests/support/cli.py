"""The command ``ovh-sms``, called in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ovh_sms.cli import main

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = "sender: MYSHOP\nkind: transactional\nnight: send\nmessage: '{message}'\ncontacts: {contacts}\nbudget: 5\n"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Command:
    """Calls the command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ended:
        self._capsys.readouterr()
        code = main([str(each) for each in arguments])
        return Ended(code, *self._capsys.readouterr())


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "plugins"), **more}


def process(*arguments: object, script: str = "", cwd: Path = ROOT, **more: str) -> Ended:
    """Call the command, or a script, in a process of its own.

    :param more: environment variables.
    """
    start = ["-c", script] if script else ["-m", "ovh_sms"]
    command = [sys.executable, *start, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=environment(**more), capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


def write_campaign(
    include: Path, contacts: str = "{file: a.csv}", message: str = "Bonjour #prenom#", rows: str = ""
) -> None:
    """Write the campaign `spring`, and its contact list."""
    (include / "campaigns").mkdir(exist_ok=True)
    text = CAMPAIGN.format(message=message, contacts=contacts)
    (include / "campaigns" / "spring.yaml").write_text(text, encoding="utf-8")
    (include / "a.csv").write_text(rows or "number;prenom\n0639980012;Zoé\n", encoding="utf-8")
