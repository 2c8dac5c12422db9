"""Campaigns whose runs a test makes with the real operators, against a sandbox, at moments that the test sets."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.clock import SystemClock
from ovh_sms.dag_factories.campaign import submission_arguments
from ovh_sms.operators.cancel_run import CancelRunOperator
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from support.leaping_time import SHORTEST
from support.sandbox import SandboxProcess

PARIS = ZoneInfo("Europe/Paris")
#: A busy machine needs so much between a claim and its POST.
WAITS = {"quiet_period": timedelta(minutes=1), "reconcile_timeout": timedelta(minutes=3), "deferrable": False}


class MovedTime:
    """The time of this process and of its sandbox: both run as this machine's does, from a moment that a test sets.

    A wait of the product takes none of this machine's time: both leap over it.
    """

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._sandbox = sandbox
        #: Seconds by which it is ahead of this machine's.
        self.ahead = 0.0
        self._leapt = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return time.monotonic() + self._leapt

    def sleep(self, seconds: float) -> None:
        self._leapt += max(seconds, SHORTEST)
        self.advance(max(seconds, SHORTEST))

    def set_to(self, text: str) -> None:
        """Set both to a moment in Paris."""
        self._move(seconds_until(text))

    def advance(self, seconds: float) -> None:
        self._move(self.ahead + seconds)

    def _move(self, ahead: float) -> None:
        self.ahead = ahead
        self._sandbox.clock(offset=ahead)

    @contextmanager
    def installed(self) -> Iterator[None]:
        clock = {
            "now": lambda _: self.now(),
            "monotonic": lambda _: self.monotonic(),
            "sleep": lambda _, seconds: self.sleep(seconds),
        }
        with patch.multiple(SystemClock, **clock):
            yield


@dataclass(kw_only=True)
class CampaignRun:
    """One run of a campaign, its tasks executed one by one as its DAG would.

    :param campaign: as its file describes it.
    :param run_id: as Airflow names it.
    :param include: folder of the campaign files and their contact lists.
    :param conf: the configuration with which it was started.
    :param states: what Airflow answers about its mapped tasks, as ``{"send_0": "success"}``.
    """

    campaign: Campaign
    run_id: str
    include: Path
    batches: list[dict[str, Any]] = field(default_factory=list)
    submissions: list[dict[str, Any]] = field(default_factory=list)
    prepared: dict[str, Any] = field(default_factory=dict)
    conf: dict[str, Any] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    @property
    def dag_id(self) -> str:
        return f"sms_campaign_{self.campaign.name}"

    @property
    def ovh(self) -> dict[str, Any]:
        """Parameters that the DAG gives all operators; the connection and the account are the default's."""
        return {} if self.campaign.user is None else {"user": self.campaign.user}

    @property
    def tags(self) -> list[str]:
        """The tags of what OVH is known to have taken."""
        return [each["tag"] for each in self.submissions]

    def context(self, task_id: str, map_index: int = -1, *, dag_id: str = "", by: str | None = None) -> Any:
        """The context of the last try of a task."""
        ti = SimpleNamespace(
            dag_id=dag_id or self.dag_id,
            run_id=self.run_id,
            task_id=task_id,
            map_index=map_index,
            try_number=4,
            max_tries=3,
            get_task_states=lambda **_: {self.run_id: self.states},
        )
        run = SimpleNamespace(conf=self.conf, run_type="manual", triggering_user_name=by)
        events: Any = defaultdict(lambda: SimpleNamespace(extra=None))
        return {"ti": ti, "dag_run": run, "outlet_events": events}

    def prepare(self, rows: Sequence[str], *, header: str = "numero;prenom") -> None:
        """Prepare a list of lines, by default number and first name, and cut it."""
        source = Path(str(self.campaign.contacts.location(self.include)))
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        prepare = PrepareContactsOperator(
            task_id="prepare", **self.campaign.prepare_arguments(self.include), **self.ovh
        )
        self.prepared = prepare.execute(self.context("prepare"))
        split = SplitIntoBatchesOperator(task_id="split_into_batches", prepared=self.prepared)
        self.batches = split.execute(self.context("split_into_batches"))

    def preflight(self) -> None:
        """Check the list."""
        given = self.campaign.preflight_arguments()
        check = PreflightOperator(task_id="preflight", prepared=self.prepared, **given, **self.ovh)
        check.execute(self.context("preflight"))

    def send(self, at: int, *, upload_defers: bool = False, **changes: Any) -> dict[str, Any]:
        """Upload and submit one batch; 0 is the first.

        :param changes: other parameters of the operator than its DAG gives it.
        """
        batch, given = self.batches[at], submission_arguments(self.campaign, self.include)
        kind: dict[str, Any] = {
            "marketing": given["stop_clause"],
            "held": bool(given["sender"]),
            "approval": given["approval"],
        }
        upload = UploadReceiversOperator(
            task_id="upload_receivers",
            prepared=batch,
            hours=given["hours"],
            deferrable=upload_defers,
            **kind,
            **self.ovh,
        )
        receivers = upload.execute(self.context("upload_receivers", at))
        given = {**given, **self.ovh, **changes}
        send = SendJobOperator(task_id="send", prepared=batch, receivers=receivers, **given, **WAITS)
        try:
            made = send.execute(self.context("send", at))
        finally:
            free = FreeReceiversSlotOperator(task_id="free_receivers", receivers=receivers, **self.ovh)
            free.execute(self.context("free_receivers", at))
        self.submissions.append(made)
        return made

    def send_all(self, **changes: Any) -> None:
        """Check the list, and send every batch; ``changes`` as in :meth:`send`."""
        self.preflight()
        for at in range(len(self.batches)):
            self.send(at, **changes)

    def count(self) -> None:
        """Count the messages at OVH once, as the task that waits for the receipts does at its start."""
        for submission in self.submissions:
            sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
            with pytest.raises(TaskDeferred):
                sensor.execute(self.context("collect", dag_id="sms_campaign_report"))

    def collect(self) -> None:
        """Collect the messages, as that task does once its wait is over."""
        for submission in self.submissions:
            sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
            event = {"status": "final", "message": "all final"}
            sensor.execute_complete(self.context("collect", dag_id="sms_campaign_report"), event)

    def cancel(self, *, by: str) -> dict[str, Any]:
        """Cancel it, as the DAG that a person starts does."""
        cancel = CancelRunOperator(
            task_id="cancel", cancelled_dag_id=self.dag_id, cancelled_run_id=self.run_id, quiet_period=timedelta(0)
        )
        return cancel.execute(self.context("cancel", dag_id="sms_campaign_cancel", by=by))


def people(first: int, number: int) -> list[str]:
    """Lines of a list: so many numbers of fiction, from 06 39 98 and this one on."""
    return [f"063998{at:04d};P{at}" for at in range(first, first + number)]


def seconds_until(text: str) -> float:
    """Seconds from now to a moment in Paris, by this machine's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp() - datetime.now(UTC).timestamp()


def seconds_until_morning() -> float:
    """Seconds from now to ten o'clock in Paris of the next working day: a test then meets no night and no Sunday."""
    day = datetime.now(PARIS) + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return seconds_until(f"{day:%Y-%m-%d} 10:00")
