"""A run sends the list that was prepared for its hours: an edited campaign takes effect with the next preparation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.errors import ConfigurationError, OutsideHours
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess

MORNING = "2026-11-25 08:30"  # 3:30 in Martinique
MARTINIQUE = ["+596696201234;Cy;26/11/2026", "+596696201235;Ed;26/11/2026"]
MIXED = ["+33639980001;Ana;26/11/2026", *MARTINIQUE]


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture(autouse=True)
def _morning(sandbox: SandboxProcess) -> Iterator[None]:
    sandbox.clock(offset=paris(MORNING).timestamp() - datetime.now(UTC).timestamp())
    yield
    sandbox.clock(offset=0)


def batches(folder: Path, rows: list[str], *, marketing: bool = True, ends: bool = False, **hours: Any) -> Any:
    """Prepare the run's list, or prepare it again; its batches."""
    (folder / "list.csv").write_text("\n".join(["numero;prenom;fin", *rows]) + "\n")
    prepared = PrepareContactsOperator(
        task_id="prepare",
        campaign="spring",
        contacts=str(folder / "list.csv"),
        message="Bonjour #prenom#",
        stop_clause=marketing,
        hours=hours,
        options={"valid_until_column": "fin"} if ends else None,
    ).execute(context(task_id="prepare"))
    return SplitIntoBatchesOperator(task_id="split", prepared=prepared).execute(context())


def upload(
    batch: dict[str, Any], *, marketing: bool = True, held: bool = True, **hours: Any
) -> UploadReceiversOperator:
    kind = {"marketing": marketing, "held": held}
    return UploadReceiversOperator(task_id="upload_receivers", prepared=batch, hours=hours, **kind)


@pytest.mark.parametrize(
    ("marketing", "before"), [(True, {"hours": "hold"}), (False, {"night": "send"})], ids=["marketing", "transactional"]
)
def test_a_list_that_was_not_cut_never_leaves_at_night_for_some_if_the_campaign_is_edited(
    sandbox: SandboxProcess, tmp_path: Path, marketing: bool, before: dict[str, Any]
) -> None:
    (batch,) = batches(tmp_path, MIXED, marketing=marketing, **before)
    assert batch["zones"] == ["America/Martinique", "Europe/Paris"]
    with pytest.raises(TaskDeferred):  # the campaign waits for hours by now, and only what failed was cleared
        upload(batch, marketing=marketing).execute(context(task_id="upload_receivers"))


def test_a_list_with_other_ends_of_use_is_published_anew(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (first,) = batches(tmp_path, MARTINIQUE)
    assert first["valid_until"] is None
    (second,) = batches(tmp_path, MARTINIQUE, ends=True)
    assert second["valid_until"] is not None
    corrected = [row.replace("26/11", "25/11") for row in MARTINIQUE]
    (third,) = batches(tmp_path, corrected, ends=True)
    assert third["valid_until"] < second["valid_until"]
    assert len({each["run_digest"] for each in (first, second, third)}) == 3
    assert len({each["digest"] for each in (first, second, third)}) == 1
    assert batches(tmp_path, corrected, ends=True) == [third]


def test_who_would_get_it_after_its_use_is_rejected_for_that(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, MIXED, valid_until={"moment": "2026-11-25T12:00"})
    assert batch["rejected"] == {"expired": 2}


def test_an_outage_before_the_wait_for_the_hours_does_not_count_after_it(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    (batch,) = batches(tmp_path, MARTINIQUE)
    since = datetime.now(UTC).isoformat()
    with pytest.raises(TaskDeferred) as deferred:
        upload(batch).resume(context(task_id="upload_receivers"), unavailable_since=since)
    assert "unavailable_since" not in (deferred.value.kwargs or {})


def send(**given: Any) -> Any:
    task = SendJobOperator(
        task_id="send", hours={}, **{"numbers": ["+33639980001"], "message": "Bonjour", "sender": "MYSHOP", **given}
    )
    return task.execute(context())


def test_a_number_that_is_none_is_refused_with_hours_as_without(sandbox: SandboxProcess) -> None:
    with pytest.raises(ConfigurationError, match="not in E"):
        send(numbers=["0639980001"])


def test_refuse_refuses_before_the_upload(sandbox: SandboxProcess, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, MARTINIQUE, hours="refuse")
    with pytest.raises(OutsideHours):
        upload(batch, hours="refuse").execute(context(task_id="upload_receivers"))


def test_advertising_from_a_short_number_waits_here_as_ovh_holds_none_of_it(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sandbox.clock(offset=paris("2026-11-28 23:00").timestamp() - datetime.now(UTC).timestamp())  # a Saturday
    (batch,) = batches(tmp_path, MIXED[:1])
    receivers = upload(batch).execute(context(task_id="upload_receivers"))
    short: dict[str, Any] = {"numbers": None, "receivers": receivers, "prepared": batch, "message": "Bonjour #prenom#"}
    with pytest.raises(TaskDeferred):
        send(sender=None, sender_for_response=True, **short)
    with pytest.raises(TaskDeferred):
        upload(batch, held=False).execute(context(task_id="upload_receivers"))
    assert not sandbox.messages(account=sandbox.account_name)
