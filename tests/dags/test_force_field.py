"""The field of the form that triggers a campaign."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("force", [True, False])
def test_what_is_ticked_in_the_form_reaches_the_task(force: bool) -> None:
    from types import SimpleNamespace

    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.definitions.param import process_params

    from ovh_sms.task_context import is_set

    dag = DagBag(dag_folder=str(ROOT / "dags")).dags["sms_campaign_guide"]
    # Airflow's form gives a run the values of its fields as configuration.
    conf = process_params(dag, dag.get_task("prepare"), {"force": force}, suppress_exception=False)
    assert is_set({"dag_run": SimpleNamespace(conf=dict(conf))}, "force") is force
