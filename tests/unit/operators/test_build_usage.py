"""The month of a run: the parameter, the partition, or the month before by OVH's clock."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ovh_sms.errors import ConfigurationError
from ovh_sms.operators.build_usage import BuildUsageOperator


@pytest.mark.parametrize(
    ("month", "context", "chosen"),
    [
        ("2026-09", {"partition_key": "2026-10"}, "2026-09"),
        ("", {"partition_key": "2026-10"}, "2026-10"),
        (" ", {"dag_run": SimpleNamespace(partition_key="2026-11")}, "2026-11"),
    ],
)
def test_the_parameter_names_the_month_before_the_partition_does(month: str, context: Any, chosen: str) -> None:
    assert str(BuildUsageOperator(task_id="usage", month=month)._month(context)) == chosen


def test_a_partition_that_is_no_month_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        BuildUsageOperator(task_id="usage")._month({"partition_key": "2026-10-04T06:00:00"})  # type: ignore[arg-type]
