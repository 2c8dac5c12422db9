"""docs/operators.md against the operators, sensors and triggers; its example is run."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ovh_sms.operators
import ovh_sms.sensors
import ovh_sms.triggers
from support.airflow_task import context
from support.pages import chapter, run_marked, table, text
from support.sandbox import SandboxProcess


def classes(package: Any, base: type) -> Iterator[type]:
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, base) and found.__module__ == module.name:
                yield found


def public_classes() -> list[type]:
    from airflow.sdk import BaseOperator
    from airflow.triggers.base import BaseTrigger

    return [
        *classes(ovh_sms.operators, BaseOperator),
        *classes(ovh_sms.sensors, BaseOperator),
        *classes(ovh_sms.triggers, BaseTrigger),
    ]


def test_every_operator_sensor_and_trigger_is_described_with_its_parameters() -> None:
    page = text("operators.md")
    found = public_classes()
    assert len(found) >= 10
    for each in found:
        part = chapter(page, each.__name__)
        assert f"`{each.__module__}`" in part
        described = table(part)
        parameters = inspect.signature(each.__init__).parameters.values()
        for parameter in parameters:
            if parameter.kind is not parameter.KEYWORD_ONLY:
                continue
            assert parameter.name in described, f"{each.__name__}: {parameter.name}"
            if len(described[parameter.name]) == 2:  # parameter, default, meaning
                assert described.pop(parameter.name)[0] == shown_default(parameter.default), parameter.name
            else:
                del described[parameter.name]
        assert set(described) <= {"Parameter", "ovh_sms_conn_id", "account"}, f"{each.__name__}: unknown parameters"


def shown_default(value: object) -> str:
    if value is inspect.Parameter.empty:
        return "required"
    return f"`{value}`" if value != "" else '`""`'


def test_templated_parameters_are_marked() -> None:
    page = text("operators.md")
    for each in public_classes():
        described = table(chapter(page, each.__name__))
        for name in {*getattr(each, "template_fields", ())} - {"ovh_sms_conn_id", "account"}:
            assert "Templated" in described[name][-1], f"{each.__name__}.{name}"
        for name, cells in described.items():
            if "Templated" in cells[-1]:
                assert name in each.template_fields, f"{each.__name__}.{name}"


def example() -> Any:
    return run_marked("operators.md", "dag")["sms_stock_is_low"]()


def test_the_example_is_a_dag() -> None:
    dag = example()
    assert dag.dag_id == "sms_stock_is_low"
    assert dag.task_ids == ["send", "collect", "report"]
    assert dag.get_task("collect").upstream_task_ids == {"send"}
    assert dag.get_task("report").upstream_task_ids == {"collect"}


def test_the_example_sends_collects_and_reports(sandbox: SandboxProcess) -> None:
    dag = example()
    sent = dag.get_task("send").execute(context())
    assert sent["submitted"] == 2
    collect = dag.get_task("collect")
    collect.submission = sent
    collected = collect.execute_complete(context(), {"status": "final", "message": "all final"})
    report = dag.get_task("report")
    report.collected = collected
    made = report.execute(context())
    assert Path(made["report"]).is_file()
    assert Path(made["report"]).parent == Path(made["folder"])
    assert sandbox.truth(sent["tag"], account=sandbox.account_name)["accepted"] == 2
