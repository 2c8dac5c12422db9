"""Records the package's metrics with Airflow's own: StatsD or OpenTelemetry, whichever Airflow is set to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ovh_sms.metrics import Kind, Metric, record_with

#: Airflow drops a whole metric if a tag holds another character.
_NOT_TAKEN = re.compile(r"[^A-Za-z0-9_.\-]")
_LONGEST_TAG = 100


class AirflowMetrics:
    """Airflow's metrics, as the tasks of this process have them; without Airflow's switch nothing is recorded."""

    def record(self, metric: Metric, value: float, tags: Mapping[str, str]) -> None:
        """Take one value."""
        from airflow.sdk.observability import stats

        known: dict[str, Any] = {name: _NOT_TAKEN.sub("_", str(tag))[:_LONGEST_TAG] for name, tag in tags.items()}
        if metric.kind is Kind.COUNTER:
            # Airflow's own counters are whole; StatsD and OpenTelemetry take parts of a credit as well.
            stats.incr(metric.name, value, tags=known)  # type: ignore[arg-type]
        elif metric.kind is Kind.GAUGE:
            stats.gauge(metric.name, value, tags=known)
        else:
            stats.timing(metric.name, timedelta(seconds=value), tags=known)


def record_in_airflow() -> None:
    """Have this process record the package's metrics with Airflow's."""
    record_with(AirflowMetrics())
