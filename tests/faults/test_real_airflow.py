"""Nothing twice, nothing lost, through a real Airflow: a small part of what `make faults` does."""

from __future__ import annotations

import pytest

from faults.real_airflow import through_airflow


@pytest.mark.scheduler
@pytest.mark.timeout(400)
def test_one_campaign_under_faults_in_a_real_airflow() -> None:
    verdict, told = through_airflow(seed=3, wanted=10, minutes=4, wave=1, pieces=2)
    assert verdict.breaches == {}, told
    assert verdict.injected >= 10
    assert verdict.messages > 0
    assert verdict.ends["success"] + verdict.ends["a person decided"] == 1, told
