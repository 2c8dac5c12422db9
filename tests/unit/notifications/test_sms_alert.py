"""Alerts by SMS: each once, few in an hour, never about a try that is followed by another, and with nothing secret."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.triggers.callback import CallbackTrigger

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.segments import measure
from ovh_sms.notifications.alert_text import alert_event
from ovh_sms.notifications.sms_alert import OvhSmsNotifier
from support.leaping_time import LeapingTime
from support.outbox import NUMBERS, Outbox
from support.sandbox import SandboxProcess

PLANNED = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
FAILED = "Airflow: stock_import, task read_stock: failed, run of 2026-11-30 05:00 UTC"


def of_task(*, try_number: int = 1, state: str = "failed", **ids: Any) -> dict[str, Any]:
    given = {"dag_id": "stock_import", "run_id": "run_1", "task_id": "read_stock", "map_index": -1, **ids}
    run = SimpleNamespace(logical_date=PLANNED, run_after=PLANNED, clear_number=0)
    ti = SimpleNamespace(**given, try_number=try_number, state=state)
    return {"ti": ti, "dag_run": run, "run_id": given["run_id"], "exception": ValueError("a secret of the data")}


def of_deadline(state: str = "running") -> dict[str, Any]:
    run = {"dag_id": "stock_import", "dag_run_id": "run_1", "logical_date": PLANNED.isoformat(), "state": state}
    return {"dag_run": run, "deadline": {"id": "0199", "deadline_time": PLANNED}}


def of_run() -> Any:
    return {**of_task(), "dag": SimpleNamespace(dag_id="stock_import"), "reason": "task_failure"}


def missed(context: dict[str, Any]) -> str:
    """Run the callback of a deadline as the triggerer does; returns how it ended."""
    path = f"{OvhSmsNotifier.__module__}.{OvhSmsNotifier.__qualname__}"
    trigger = CallbackTrigger(path, {"receivers": "on_call", "sender": "MYSHOP", "context": context})

    async def run() -> str:
        return [event.payload["state"].value async for event in trigger.run()][-1]

    return asyncio.run(run())


@pytest.fixture
def outbox(sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path) -> Any:
    (tmp_path / "data" / "alerts").mkdir()
    (tmp_path / "data" / "alerts" / "on_call.txt").write_text("# Anne\n06 39 98 00 01\n", encoding="utf-8")
    found = Outbox(sandbox, tmp_path / "data")
    yield found
    found.store.close()


def test_a_failure_is_one_sms_however_often_airflow_calls_back(outbox: Outbox) -> None:
    notifier = OvhSmsNotifier(receivers="on_call", sender="MYSHOP")
    for _ in range(2):
        notifier(of_task())
    notifier(of_task(state="up_for_retry", try_number=2))
    assert missed(of_deadline("success")) == "success"
    assert outbox.states() == {"pending": 1}
    notifier(of_task(try_number=3))  # somebody has cleared the task, and it has failed again
    for _ in range(2):
        assert missed(of_deadline()) == "success"
        notifier.notify(of_run())
    outbox.settle()
    late, run = (f"Airflow: stock_import: {state}, run of 2026-11-30 05:00 UTC" for state in ("late", "failed"))
    assert outbox.sent() == {(NUMBERS[1], FAILED): 2, (NUMBERS[1], late): 1, (NUMBERS[1], run): 1}


def test_alerts_above_the_limit_are_counted_in_one_sms_at_the_end_of_the_hour(
    outbox: Outbox, leaping: LeapingTime
) -> None:
    notifier = OvhSmsNotifier(receivers="on_call", sender="MYSHOP", per_hour=2)
    for at in range(14):
        notifier(of_task(map_index=at))
    outbox.settle()
    assert sum(outbox.sent().values()) == 2
    assert outbox.states() == {"submitted": 2, "refused": 12, "pending": 1}
    leaping.sleep(3_700)
    outbox.settle()
    assert outbox.sent()[NUMBERS[1], "Airflow: stock_import: and 12 more alerts"] == 1
    notifier(of_task(map_index=14))
    outbox.settle()
    assert sum(outbox.sent().values()) == 4


def test_the_longest_alert_is_one_segment_and_shows_neither_error_nor_data() -> None:
    long = {"dag_id": "a_dag_with_a_long_name_" * 10, "task_id": "tâche_ζ_" * 30, "map_index": 98_765}
    event = alert_event(of_task(**long))
    assert measure(event.message).segments == 1
    assert "secret" not in event.message
    assert len(event.label) == 64
    assert event.label != alert_event(of_task(**{**long, "dag_id": long["dag_id"] + "b"})).label  # type: ignore[operator]


@pytest.mark.parametrize("given", ["+33639980001", "06 39 98 00 01", "tel0639980001", "../on_call", ["0639980001"]])
def test_a_number_in_place_of_a_file_is_refused_and_not_shown(given: Any) -> None:
    with pytest.raises(ConfigurationError) as error:
        OvhSmsNotifier(receivers=given, sender="MYSHOP")
    assert "39" not in str(error.value)


def test_a_missing_file_and_a_wrong_number_alert_nobody_and_show_no_number(outbox: Outbox, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nobody\.txt"):
        OvhSmsNotifier(receivers="nobody", sender="MYSHOP").notify(of_task())  # type: ignore[arg-type]
    (tmp_path / "data" / "alerts" / "wrong.txt").write_text("0639980001\n063998\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="receiver 2") as error:
        OvhSmsNotifier(receivers="wrong", sender="MYSHOP").notify(of_task())  # type: ignore[arg-type]
    assert "063998" not in str(error.value)
    assert outbox.states() == {}
