"""The tasks of a campaign wait for the hours of those who get its messages, and refuse what no hour fits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.errors import ContactsError, OutsideHours, ScheduleTooOld
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess

PARIS = ZoneInfo("Europe/Paris")
WEDNESDAY, SATURDAY, NIGHT = "2026-11-25 10:00", "2026-11-28 10:00", "2026-11-26 00:50"
HOME_ROWS = ["+33639980001;Ana", "+33639980002;Bo"]
LIST = [*HOME_ROWS, "+596696201234;Cy", "+262692123456;Di", "+596696201235;Ed", "+41791234567;Fa"]


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.fixture
def clock(sandbox: SandboxProcess) -> Iterator[Any]:
    """Set OVH's clock."""
    yield lambda text: sandbox.clock(offset=paris(text).timestamp() - datetime.now(UTC).timestamp())
    sandbox.clock(offset=0)


class Run:
    """One run of a campaign, its tasks executed one by one as Airflow would."""

    def __init__(self, folder: Path, *, marketing: bool = True, planned: str | None = None, **hours: Any) -> None:
        self.source = folder / "list.csv"
        self.options = hours.pop("options", None)
        self.marketing, self.hours = marketing, hours
        self.planned = planned

    def context(self, task_id: str, map_index: int = -1) -> Any:
        run = SimpleNamespace(
            run_type="manual" if self.planned is None else "scheduled",
            logical_date=self.planned and paris(self.planned),
            run_after=self.planned and paris(self.planned),
            conf={},
        )
        return {**context(task_id=task_id, map_index=map_index), "dag_run": run}

    def prepare(self, rows: list[str], header: str = "numero;prenom") -> dict[str, Any]:
        self.source.write_text("\n".join([header, *rows]) + "\n")
        return PrepareContactsOperator(
            task_id="prepare",
            campaign="spring",
            contacts=str(self.source),
            message="Bonjour #prenom#",
            stop_clause=self.marketing,
            hours=self.hours,
            options=self.options,
        ).execute(self.context("prepare"))

    def preflight(self, prepared: dict[str, Any]) -> dict[str, Any]:
        return PreflightOperator(
            task_id="preflight",
            prepared=prepared,
            message="Bonjour #prenom#",
            marketing=self.marketing,
            sender="MYSHOP",
            hours=self.hours,
        ).execute(self.context("preflight"))

    def upload(self, batch: dict[str, Any]) -> dict[str, Any]:
        return UploadReceiversOperator(
            task_id="upload_receivers", prepared=batch, hours=self.hours, marketing=self.marketing
        ).execute(self.context("upload_receivers", batch["batch"]))

    def send(self, batch: dict[str, Any], receivers: dict[str, Any]) -> dict[str, Any]:
        return SendJobOperator(
            task_id="send",
            message="Bonjour #prenom#",
            sender="MYSHOP",
            stop_clause=self.marketing,
            receivers=receivers,
            prepared=batch,
            hours=self.hours,
        ).execute(self.context("send", batch["batch"]))


def batches(prepared: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The batches of a list by their time zones."""
    split = SplitIntoBatchesOperator(task_id="split", prepared=prepared).execute(context())
    return {" or ".join(batch["zones"]): batch for batch in split}


def waits_until(deferred: pytest.ExceptionInfo[TaskDeferred], now: str) -> datetime:
    """When a deferred task goes on, by OVH's clock."""
    goes_on = deferred.value.trigger.moment  # by this machine's clock
    return paris(now) + (goes_on - datetime.now(UTC))


def check_waits(deferred: pytest.ExceptionInfo[TaskDeferred], now: str, until: str) -> None:
    assert abs((waits_until(deferred, now) - paris(until)).total_seconds()) < 30
    assert deferred.value.method_name == "resume"


def test_a_list_is_cut_by_time_zones_and_each_batch_waits_for_its_hours(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock(WEDNESDAY)
    run = Run(tmp_path)
    prepared = run.prepare(LIST)
    assert prepared["zones"] == {"Europe/Paris": 2, "America/Martinique": 2, "Indian/Reunion": 1, "CET": 1}
    checked = run.preflight(prepared)
    assert checked["leaves_at"].keys() == prepared["zones"].keys()
    assert datetime.fromisoformat(checked["leaves_at"]["America/Martinique"]) == paris("2026-11-25 13:00")
    found = batches(prepared)
    assert {zone: batch["accepted"] for zone, batch in found.items()} == prepared["zones"]
    for zone in ("Europe/Paris", "Indian/Reunion", "CET"):
        run.send(found[zone], run.upload(found[zone]))
    with pytest.raises(TaskDeferred) as deferred:
        run.upload(found["America/Martinique"])
    check_waits(deferred, WEDNESDAY, "2026-11-25 13:00")
    assert len(sandbox.messages(account=sandbox.account_name)) == 4
    clock("2026-11-25 13:01")
    late = found["America/Martinique"]
    sent = run.send(late, run.upload(late))
    messages = sandbox.messages(sent["tag"], account=sandbox.account_name)
    assert {each["receiver"] for each in messages} == {"+596696201234", "+596696201235"}
    assert all(paris("2026-11-25 13:00") <= datetime.fromisoformat(each["sent_at"]) for each in messages)


def test_a_batch_that_is_uploaded_waits_too_before_it_is_sent(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock("2026-11-25 15:00")
    run = Run(tmp_path)
    batch = batches(run.prepare(LIST))["America/Martinique"]
    receivers = run.upload(batch)
    clock(SATURDAY)  # the task failed, and is cleared after the week's end
    with pytest.raises(TaskDeferred) as deferred:
        run.send(batch, receivers)
    check_waits(deferred, SATURDAY, "2026-11-30 13:00")
    assert not sandbox.messages(account=sandbox.account_name)


def test_advertising_to_france_is_given_to_ovh_at_once_which_holds_it(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock(SATURDAY)
    run = Run(tmp_path)
    prepared = run.prepare(HOME_ROWS)
    assert datetime.fromisoformat(run.preflight(prepared)["starts_at"]) == paris("2026-11-30 08:00")
    batch = batches(prepared)["Europe/Paris"]
    sent = run.send(batch, run.upload(batch))
    moments = [
        datetime.fromisoformat(each["sent_at"]) for each in sandbox.messages(sent["tag"], account=sandbox.account_name)
    ]
    assert len(moments) == 2
    assert min(moments) >= paris("2026-11-30 08:00")


def test_a_reminder_waits_for_the_morning(sandbox: SandboxProcess, clock: Any, tmp_path: Path) -> None:
    clock(NIGHT)
    run = Run(tmp_path, marketing=False)
    batch = batches(run.prepare(HOME_ROWS))["Europe/Paris"]
    with pytest.raises(TaskDeferred) as deferred:
        run.upload(batch)
    check_waits(deferred, NIGHT, "2026-11-26 07:00")
    awake = Run(tmp_path, marketing=False, night="send")
    awake.send(batch, awake.upload(batch))
    assert len(sandbox.messages(account=sandbox.account_name)) == 2


@pytest.mark.parametrize(
    ("now", "rows", "hours", "planned", "says"),
    [
        (WEDNESDAY, LIST, {"hours": "hold"}, None, r"hours: hold.*(Indian/Reunion|America/Martinique)"),
        (WEDNESDAY, LIST, {"hours": "refuse"}, None, r"hours: refuse"),
        (SATURDAY, HOME_ROWS, {"hours": "refuse"}, None, r"Mon 30 Nov 2026 at 08:00.*hours: refuse"),
        (SATURDAY, HOME_ROWS, {"max_lateness": 6 * 3600}, SATURDAY, r"would leave on 2026-11-30 08:00.*more than 6:00"),
        (SATURDAY, HOME_ROWS, {"valid_until": {"time_of_day": "18:00"}}, SATURDAY, r"valid_until.*Sat 28 Nov.*18:00"),
        (WEDNESDAY, HOME_ROWS, {"valid_until": {"moment": "2026-11-25T09:59"}}, None, r"valid_until"),
    ],
)
def test_a_run_at_a_wrong_hour_is_refused_before_anything_is_uploaded(
    sandbox: SandboxProcess,
    clock: Any,
    tmp_path: Path,
    now: str,
    rows: list[str],
    hours: dict[str, Any],
    planned: str | None,
    says: str,
) -> None:
    clock(now)
    sandbox.reset_calls()
    run = Run(tmp_path, planned=planned, **hours)
    prepared = run.prepare(rows)
    with pytest.raises((OutsideHours, ScheduleTooOld), match=says):
        run.preflight(prepared)
    assert not sandbox.calls("POST /me/document")


def test_rows_of_a_zone_without_hours_in_time_are_rejected_and_the_others_are_sent(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock("2026-11-27 10:00")  # Friday: in Nouméa it is 20 h, and then the week's end
    rows = [*HOME_ROWS, "+687751234;Gus", "+68987123456;Hal"]
    run = Run(tmp_path, planned="2026-11-27 10:00", max_lateness=6 * 3600)
    prepared = run.prepare(rows)
    assert prepared["rejected"] == {"no_fit_hour": 1}
    assert "4;numero;+687751234;no_fit_hour" in Path(prepared["rejects_path"]).read_text()
    run.preflight(prepared)
    by_hand = Run(tmp_path).prepare(rows)
    assert by_hand["rejected"] == {}


def test_each_row_has_an_end_of_its_own(sandbox: SandboxProcess, clock: Any, tmp_path: Path) -> None:
    clock(WEDNESDAY)
    rows = [
        "+33639980001;Ana;25/11/2026 14:30",
        "+33639980002;Bo;25/11/2026 09:59",  # the event is over
        "+33639980003;Cy;",
        "+33639980004;Di;vers 15h",
        "+596696201234;Ed;2026-11-25 11:59",  # before 7 h in Martinique
        "+596696201235;Fa;2026-11-25 20:00",
        "+33639980005;Gus;25/11/2026",
    ]
    run = Run(tmp_path, marketing=False, options={"valid_until_column": "rendez-vous"})
    prepared = run.prepare(rows, header="numero;prenom;rendez-vous")
    assert prepared["rejected"] == {"expired": 2, "no_valid_until": 2}
    assert Path(prepared["rejects_path"]).read_text().splitlines()[1:] == [
        "3;rendez-vous;25/11/2026 09:59;expired",
        "4;rendez-vous;;no_valid_until",
        "5;rendez-vous;vers 15h;no_valid_until",
        "6;rendez-vous;2026-11-25 11:59;expired",
    ]
    found = batches(prepared)
    ends = {zone: datetime.fromisoformat(batch["valid_until"]) for zone, batch in found.items()}
    assert ends == {"Europe/Paris": paris("2026-11-25 14:30"), "America/Martinique": paris("2026-11-25 20:00")}
    batch = found["Europe/Paris"]
    receivers = run.upload(batch)
    clock("2026-11-25 14:31")  # an outage
    with pytest.raises(ScheduleTooOld, match=r"valid_until.*14:30"):
        run.send(batch, receivers)
    assert not sandbox.messages(account=sandbox.account_name)


def test_rows_whose_zone_opens_after_the_end_are_expired(sandbox: SandboxProcess, clock: Any, tmp_path: Path) -> None:
    clock(WEDNESDAY)
    prepared = Run(tmp_path, valid_until={"moment": "2026-11-25T13:00"}).prepare(LIST)
    assert prepared["rejected"] == {"expired": 2}  # Martinique opens at 13 h, when it ends


def test_no_row_left_says_so(sandbox: SandboxProcess, clock: Any, tmp_path: Path) -> None:
    clock("2026-07-15 10:00")
    run = Run(tmp_path)
    prepared = run.prepare(["+68987123456;Hal"])
    assert prepared["rejected"] == {"no_fit_hour": 1}
    with pytest.raises(ContactsError, match="No row"):
        run.preflight(prepared)


def test_ovh_drops_what_it_could_not_deliver_by_the_end_of_its_use(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock(WEDNESDAY)
    run = Run(tmp_path, marketing=False, valid_until={"moment": "2026-11-25T11:30"})
    batch = batches(run.prepare(HOME_ROWS))["Europe/Paris"]
    sent = run.send(batch, run.upload(batch))
    finals = [
        datetime.fromisoformat(each["final_at"]) for each in sandbox.messages(sent["tag"], account=sandbox.account_name)
    ]
    assert max(finals) <= paris("2026-11-25 11:30")


def test_advertising_to_other_countries_waits_here_as_ovh_holds_nothing_for_them(
    sandbox: SandboxProcess, clock: Any, tmp_path: Path
) -> None:
    clock(SATURDAY)
    run = Run(tmp_path)
    found = batches(run.prepare([*HOME_ROWS, "+41791234567;Fa", "+32470123456;Gus"]))
    assert {zone: batch["accepted"] for zone, batch in found.items()} == {"Europe/Paris": 2, "CET": 2}
    with pytest.raises(TaskDeferred) as deferred:
        run.upload(found["CET"])
    check_waits(deferred, SATURDAY, "2026-11-30 08:00")
    at_night = Run(tmp_path, marketing=False)
    assert {*batches(at_night.prepare(["+41791234567;Fa"]))} == {"Europe/Paris"}  # its clocks alone matter
