"""DAGs and runs of an Airflow, asked of its REST API, wherever it runs."""

from abc import ABC, abstractmethod
from typing import Any


class AirflowCalls(ABC):
    """DAGs and runs, by an Airflow's own :meth:`call`."""

    @abstractmethod
    def call(self, method: str, path: str, **body: Any) -> Any:
        """Call the API; returns the decoded answer."""

    def dag_ids(self) -> set[str]:
        """Return the ids of the DAGs that Airflow has read so far."""
        return {dag["dag_id"] for dag in self.call("GET", "/dags?limit=100")["dags"]}

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self.call("PATCH", f"/dags/{dag_id}", is_paused=False)

    def trigger(self, dag_id: str) -> str:
        """Start a run and return its id."""
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", logical_date=None)["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the runs of a DAG, the newest first."""
        found: list[dict[str, Any]] = self.call("GET", f"/dags/{dag_id}/dagRuns?order_by=-id")["dag_runs"]
        return found
