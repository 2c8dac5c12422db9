"""A broken campaign file: red in Airflow at once, and no run under way is left without its DAG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pendulum
from airflow.sdk import DAG

from ovh_sms.campaign.broken_versions import broken_since
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.campaign_schedule import AssetSchedule
from ovh_sms.campaign.dag_ids import broken_dag_id
from ovh_sms.campaign.last_good_files import last_good_version
from ovh_sms.campaign.yaml_files import InvalidFile, safe_name
from ovh_sms.campaign.yaml_paths import yaml_paths
from ovh_sms.errors import ConfigurationError
from ovh_sms.notifications.broken_files import InvalidFileNotifier, notifiers_of_broken_files
from ovh_sms.operators.invalid_file import InvalidFileOperator


@dataclass(frozen=True)
class BrokenCampaign:
    """A campaign whose file cannot be used.

    :param changed_at: when the file was saved as it is, aware, in whole seconds; a copy of it has the same.
    :param last_good: the campaign as it was before; ``None`` if no good version is known.
    """

    name: str
    error: str
    changed_at: datetime
    last_good: Campaign | None

    @classmethod
    def of(cls, invalid: InvalidFile, folder: Path) -> BrokenCampaign:
        """Read the state of an invalid file.

        :param folder: the folder of the campaign files.
        """
        files = [path for path in yaml_paths(folder) if safe_name(path.stem) == invalid.name]
        since = broken_since(invalid.name, files)
        return cls(invalid.name, str(invalid.error), since, last_good_version(invalid.name))

    @property
    def missed(self) -> datetime | None:
        """The first planned run that sends nothing, aware, in the campaign's zone; ``None`` if none is planned."""
        planned = self.last_good.planned_times(self.changed_at, 1) if self.last_good else []
        return planned[0] if planned else None

    @property
    def consequence(self) -> str:
        """The consequence in one sentence: the same for as long as the file is."""
        if self.missed is not None:
            zone = self.last_good.timezone if self.last_good else ""
            return f"Its runs send nothing, the first of them that of {self.missed:%a %Y-%m-%d %H:%M} ({zone})."
        if self.last_good and isinstance(self.last_good.schedule, AssetSchedule):
            return "Runs that its asset starts send nothing."
        return "No run is planned; one started by hand sends nothing." if self.last_good else "It makes no campaign."

    @property
    def text(self) -> str:
        """The error and its consequence."""
        return f"{self.error} {self.consequence}"


def broken_campaign_dag(broken: BrokenCampaign) -> DAG:
    """Make the DAG that shows the error of a campaign file; it sends nothing.

    It runs by itself, once for each version that is saved, and fails with the error; the notifiers that
    ``OVH_SMS_NOTIFY`` names are called then.

    :returns: the DAG ``sms_broken_<name>``; no other DAG has such an id.
    """
    # The SDK's own class cannot be read back by the scheduler of Airflow 3.3.
    from airflow.timetables.events import EventsTimetable

    moment = pendulum.instance(broken.changed_at)
    with DAG(
        broken_dag_id(broken.name),
        description=f"BROKEN: {broken.text}",
        doc_md=f"**This campaign file is broken: nothing is sent from it.**\n\n{broken.text}",
        schedule=EventsTimetable([moment], description="once for each version that is saved"),
        start_date=moment,
        catchup=True,  # the file was saved before Airflow has read it
        is_paused_upon_creation=False,
        max_active_runs=1,
        default_args={"owner": "campaigns"},
        tags=["sms", "broken"],
        auto_register=False,
    ) as dag:
        InvalidFileOperator(task_id="invalid_file", error=broken.text, on_failure_callback=[*_notifiers()])
    return dag


def _notifiers() -> Iterator[InvalidFileNotifier]:
    """The notifiers of the setting; a wrong one is an import error of its own, and hides no campaign."""
    try:
        yield from notifiers_of_broken_files()
    except ConfigurationError:
        return
