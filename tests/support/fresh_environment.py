"""Virtual environments far from the repository, for the wheel on each Python and Airflow that it supports."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from support.sandbox import ROOT

#: Variables that lead back to this environment or this repository.
LEADING_BACK = ("PYTHON", "VIRTUAL_ENV", "AIRFLOW", "OVH_SMS")
UV = Path(sys.executable).with_name("uv")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
#: The versions that the package says it supports, from the one place that names them.
PYTHONS = [
    found[1]
    for each in PROJECT["project"]["classifiers"]
    if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", each))
]
AIRFLOWS: list[str] = PROJECT["tool"]["ovh-sms"]["airflow"]
EXTRAS = ("excel", "postgres", "openlineage")


def interpreter(version: str) -> Path | None:
    """The Python of a version that this machine has, if it has one."""
    if version == THIS_PYTHON:
        return Path(sys.executable)
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    on_path = shutil.which(f"python{version}")
    for found in [*kept, *([Path(on_path)] if on_path else [])]:
        asked = [found, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return found
    return None


def build(kind: str, folder: Path) -> Path:
    """Build the package; ``kind`` is ``wheel`` or ``sdist``."""
    command = [UV, "build", "--quiet", f"--{kind}", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*command, "--out-dir", folder, ROOT], check=True, capture_output=True)
    (built,) = [each for each in folder.iterdir() if each.suffix in {".whl", ".gz"}]
    return built


class Environment:
    """A virtual environment with an empty folder beside it, in which all commands run.

    :param python: the interpreter that it is made of; by default this one.
    """

    def __init__(self, folder: Path, python: Path | None = None) -> None:
        self.folder = folder
        self.work = folder / "empty"
        self.work.mkdir()
        self.bin = folder / "venv" / "bin"
        self.uv("venv", "--python", str(python or sys.executable), str(folder / "venv"))

    def uv(self, *arguments: str) -> None:
        done = subprocess.run([UV, "--quiet", *arguments], capture_output=True, text=True, cwd=self.work)
        assert done.returncode == 0, done.stderr

    def install(self, *arguments: str) -> None:
        self.uv("pip", "install", "--python", str(self.bin / "python"), *arguments)

    def install_wheel(self, wheel: Path, airflow: str, *, lowest: bool = False) -> None:
        """Install the wheel beside one Airflow: at the versions of requirements.txt, or at the lowest allowed ones."""
        sdk = airflow.replace("3.", "1.", 1)
        pinned = [f"apache-airflow=={airflow}", f"apache-airflow-core=={airflow}", f"apache-airflow-task-sdk=={sdk}"]
        if lowest:
            self.install("--resolution", "lowest-direct", f"{wheel}[{','.join(EXTRAS)}]", *pinned)
            return
        lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        pins = [each for each in lines if not re.match(r"apache-airflow(-core|-task-sdk)?==", each)]
        constraints = self.folder / "pins.txt"
        constraints.write_text("\n".join(pins), encoding="utf-8")
        self.install("--constraint", str(constraints), str(wheel), *pinned)

    def run(self, program: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(LEADING_BACK)}
        home = {"AIRFLOW_HOME": str(self.folder / "home"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "COLUMNS": "200"}
        return subprocess.run(
            [self.bin / program, *arguments], env=kept | home | env, cwd=self.work, capture_output=True, text=True
        )

    def printed(self, program: str, *arguments: str, **env: str) -> str:
        """The output of a command, which must succeed."""
        done = self.run(program, *arguments, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, code: str, **env: str) -> Any:
        return json.loads(self.printed("python", "-c", code, **env).splitlines()[-1])
