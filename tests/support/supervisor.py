"""The answers of Airflow's supervisor to a task that asks for Variables or tasks, without a metadata database."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from airflow.sdk import DagRunState
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import comms


class Supervisor:
    """Keeps the Variables of one Airflow, for all tasks that a test runs.

    :ivar variables: what is kept, by name.
    :ivar tasks: states of the tasks of a run, by its id; the runs are under way, and no other runs are known.
    :ivar away: kinds of messages that Airflow cannot answer right now.
    :ivar pause: seconds that a message takes at most.
    """

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.tasks: dict[str, dict[str, str | None]] = {}
        self.away: set[type] = set()
        self.pause = 0.0
        self.asked: list[Any] = []
        self._lock = threading.Lock()

    def send(self, msg: Any) -> Any:  # noqa: C901 - one case for each message
        """Answer a task, as Airflow's supervisor does: errors while a Variable is set are not answered."""
        time.sleep(random.uniform(0, self.pause))
        with self._lock:
            self.asked.append(msg)
            if type(msg) in self.away and isinstance(msg, comms.GetTaskStates):
                raise AirflowRuntimeError(_error(ErrorType.API_SERVER_ERROR))
            if type(msg) in self.away:
                return None if isinstance(msg, comms.PutVariable) else _error(ErrorType.API_SERVER_ERROR)
            match msg:
                case comms.GetVariable(key=key) if key in self.variables:
                    return comms.VariableResult(key=key, value=self.variables[key])
                case comms.GetVariable():
                    return _error(ErrorType.VARIABLE_NOT_FOUND)
                case comms.GetVariableKeys(prefix=prefix):
                    keys = sorted(key for key in self.variables if key.startswith(prefix or ""))
                    return comms.VariableKeysResult(keys=keys, total_entries=len(keys))
                case comms.PutVariable(key=key, value=value):
                    self.variables[key] = value or ""
                    return None
                case comms.DeleteVariable(key=key):
                    return comms.OKResponse(ok=self.variables.pop(key, None) is not None)
                case comms.GetTaskStates(run_ids=run_ids, task_ids=task_ids):
                    known = {run: self.tasks[run] for run in run_ids or () if run in self.tasks}
                    wanted = {run: {task: states[task] for task in task_ids or ()} for run, states in known.items()}
                    return comms.TaskStatesResult(task_states=wanted)
                case comms.GetDagRunState(run_id=run_id) if run_id in self.tasks:
                    return comms.DagRunStateResult(state=DagRunState.RUNNING)
                case comms.GetConnection():
                    return _error(ErrorType.CONNECTION_NOT_FOUND)
                case comms.MaskSecret():
                    return None
        raise AssertionError(f"No test of ours asks Airflow for {type(msg).__name__}.")


def _error(kind: ErrorType) -> comms.ErrorResponse:
    return comms.ErrorResponse(error=kind)
