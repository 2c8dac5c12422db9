"""The Airflow of a clone: the command uses that of ``make up``, and leaves nothing in the person's home."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from ovh_sms.cli.completion import ASKS

#: Of a clone, ``make up`` keeps its Airflow and its environment here.
UP = Path("build", "up")


def use_airflow_of_clone() -> None:
    """In a clone, use the Airflow of ``make up``, unless ``AIRFLOW_HOME`` names another one.

    Without ``make up``, what Airflow writes when it is imported goes into the clone, not into ``~/airflow``; one that
    is there already is used.
    """
    root = clone_root()
    if root is None or os.environ.get("AIRFLOW_HOME"):
        return
    own = Path("~/airflow").expanduser().exists()
    settings = environment_of(root)
    if settings and own and ASKS not in os.environ:  # a shell that completes a word shows no sentence
        sys.stderr.write(f"The Airflow of 'make up' is used, {root / UP}; for ~/airflow set AIRFLOW_HOME.\n")
    if not settings and not own:
        settings = {"AIRFLOW_HOME": str(root / UP / "airflow")}
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    # This process has read its own PYTHONPATH already; settings of that Airflow name modules of these folders.
    folders = settings.get("PYTHONPATH", "").split(os.pathsep)
    sys.path += [each for each in folders if each and each not in sys.path]


def clone_root() -> Path | None:
    """Return the clone that this package is part of; ``None`` if it is installed."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "include" / "ovh_demo").is_dir() and (root / "Makefile").is_file() else None


def environment_of(root: Path) -> dict[str, str]:
    """Read the environment of ``make up``, in lines that a shell reads too; empty before the first one."""
    try:
        lines = (root / UP / "airflow.env").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (shlex.split(line)[0].partition("=") for line in lines if line.strip())
    return {name: value for name, _, value in pairs}
