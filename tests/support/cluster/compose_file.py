"""Reads docker-compose.yaml as a compose tool does, with values for the variables of .env.example."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "docker-compose.yaml"
EXAMPLE = ROOT / ".env.example"

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::\?(?P<error>[^}]+)|:-(?P<default>[^}]*))?\}")
#: `#   python3 …` and, below it, the variable whose value it makes.
_COMMAND = re.compile(r"^#   (python3 .+)\n(\w+)=$", re.MULTILINE)


def example() -> dict[str, str]:
    """The variables of .env.example, as they stand there."""
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}


def filled_in() -> dict[str, str]:
    """The variables of .env.example; the empty ones are made as it says there."""
    made = {}
    for command, name in _COMMAND.findall(EXAMPLE.read_text()):
        words = [sys.executable, *shlex.split(command)[1:]]
        made[name] = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return example() | made


def read_services(values: dict[str, str]) -> dict[str, Any]:
    """The services, with every variable filled in.

    :raises ValueError: a variable that must be set is missing.
    """
    return {name: _fill_in(service, values) for name, service in yaml.safe_load(FILE.read_text())["services"].items()}


def _fill_in(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill_in(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [_fill_in(each, values) for each in value]
    return _VARIABLE.sub(lambda found: _value(found, values), value) if isinstance(value, str) else value


def _value(found: re.Match[str], values: dict[str, str]) -> str:
    if found[0] == "$$":
        return "$"
    given = values.get(found["name"], "")
    if not given and found["error"]:
        raise ValueError(f"{found['name']} {found['error']}")
    return given or found["default"] or ""
