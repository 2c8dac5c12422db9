"""Events of OpenLineage that a real run writes to a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Namespace and name of a dataset.
Named = tuple[str, str]


@dataclass(frozen=True)
class LineageEvents:
    """The events in a file.

    :param file: written by Airflow's provider for OpenLineage.
    """

    file: Path

    def env(self) -> dict[str, str]:
        """Settings of an Airflow that writes them; a busy machine needs more than the usual ten seconds for one."""
        transport = {"type": "file", "log_file_path": str(self.file), "append": True}
        return {
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
            "AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD": "True",
            "AIRFLOW__OPENLINEAGE__EXECUTION_TIMEOUT": "120",
            "AIRFLOW__CORE__TASK_SUCCESS_OVERTIME": "150",
        }

    @property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    def of(self, task: str, kind: str = "COMPLETE") -> list[dict[str, Any]]:
        """The events of a task, ``dag.task``, in their order."""
        every = [json.loads(line) for line in self.text.splitlines()]
        return [each for each in every if each["job"]["name"] == task and each["eventType"] == kind]


def named(event: dict[str, Any], side: str) -> list[Named]:
    """The ``inputs`` or ``outputs`` of an event."""
    return [(each["namespace"], each["name"]) for each in event[side]]


def counted(event: dict[str, Any], side: str) -> list[int | None]:
    """Their rows."""
    facets = [each.get(f"{side[:-1]}Facets") or {} for each in event[side]]
    return [each.get(f"{side[:-1]}Statistics", {}).get("rowCount") for each in facets]
