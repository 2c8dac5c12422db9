"""``python -m rights_matrix``: every scene without each of its rights, with ``PYTHONPATH=plugins:include:tests``."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import conftest  # noqa: F401 - an Airflow home of its own, before the first Airflow import
from rights_matrix.play import is_called, play, play_without, removable
from rights_matrix.scenes import SCENES
from support.cli import process
from support.sandbox import SandboxProcess


def main(names: list[str]) -> int:
    """Play the scenes whose names hold one of some words, or all; returns the number of those that are wrong."""
    wrong = 0
    process(script="from airflow.utils.db import initdb; initdb()")
    with TemporaryDirectory() as folder, SandboxProcess(Path(folder), start=None) as world:
        world.features(export_seconds=0.2)
        for scene in [each for each in SCENES if not names or any(name in each.name for name in names)]:
            played = play(scene, world)
            found = list(played.found)
            removed = [each for each in removable(scene) if is_called(each[0], played.called)]
            for rule, is_of_other in removed:
                found += play_without(rule, scene, world, is_of_other=is_of_other)
            sys.stdout.write("\n".join([f"{scene.name}: {len(removed)} rights removed", *found]) + "\n")
            wrong += bool(found)
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
