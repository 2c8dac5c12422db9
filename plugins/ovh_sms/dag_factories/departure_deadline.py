"""The deadline of a campaign file → the deadline alerts of its DAG."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.campaign.departure_deadline import is_planned

if TYPE_CHECKING:
    from airflow.sdk.definitions.deadline import DeadlineAlert

    from ovh_sms.campaign.campaign_file import Campaign

#: Paths of the callback in the executor and in the triggerer.
IN_EXECUTOR = "ovh_sms.notifications.late_run.report_late_run"
IN_TRIGGERER = f"{IN_EXECUTOR}_in_triggerer"
#: Executors that run callbacks. Any other one may stop the scheduler once it is given one, as that of Kubernetes does.
RUN_CALLBACKS = frozenset({"LocalExecutor", "CeleryExecutor"})


def deadline_alerts(campaign: Campaign, include: Path) -> list[DeadlineAlert] | None:
    """Make the alerts that report a run which has not left in time; ``None`` if the file sets no deadline.

    A planned run counts from its planned time. One that data or a person starts counts from when Airflow took it on:
    its logical date may be missing, or any. The DAG of a schedule has both, as a person may start it, too; a run is
    reported once.

    :param include: folder that holds ``campaigns/``.
    """
    if campaign.leave_within_hours is None:
        return None
    # They are public, and Airflow's own stub lacks them.
    from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback  # type: ignore[attr-defined]

    make, path = (SyncCallback, IN_EXECUTOR) if executor_runs_callbacks() else (AsyncCallback, IN_TRIGGERER)
    within = timedelta(hours=campaign.leave_within_hours)
    given = {"campaign": campaign.name, "campaigns": str(include / "campaigns")}
    references = [(DeadlineReference.DAGRUN_QUEUED_AT, False)]
    if is_planned(campaign):
        references.insert(0, (DeadlineReference.DAGRUN_LOGICAL_DATE, True))
    return [
        DeadlineAlert(reference=reference, interval=within, callback=make(path, {**given, "of_planned_time": planned}))
        for reference, planned in references
    ]


def executor_runs_callbacks() -> bool:
    """Return whether Airflow's default executor is one of those that are known to run callbacks; by its name alone."""
    from airflow.sdk import conf

    first = str(conf.get("core", "executor", fallback="")).split(",")[0]
    return first.rpartition(":")[2].rpartition(".")[2].strip() in RUN_CALLBACKS
