"""A campaign file → the DAG that prepares its contact list, checks it and sends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pendulum
from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, chain, get_parsing_context, task_group

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.campaign.account_files import AccountFolder
from ovh_sms.campaign.broken_versions import note_good
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.campaign_schedule import AssetSchedule
from ovh_sms.campaign.dag_ids import campaign_dag_id, file_of_dag
from ovh_sms.campaign.last_good_files import keep_good_version
from ovh_sms.campaign.last_run import last_run
from ovh_sms.campaign.yaml_files import InvalidFile, load_folder, safe_name
from ovh_sms.dag_factories.broken_campaign import BrokenCampaign, broken_campaign_dag
from ovh_sms.dag_factories.departure_deadline import deadline_alerts
from ovh_sms.dag_factories.invalid_file import made_of_file
from ovh_sms.dag_factories.ovh_batches import way_arguments
from ovh_sms.dag_factories.replies import rules_of
from ovh_sms.notifications.run_end import RunEndNotifier
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.send_tests import SendTestsOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.sending.planned_times import outside, refuse_if_never_in_time, refuse_if_nothing_is_sent, usual_times
from ovh_sms.sending.repeats import DUPLICATE_WINDOW

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, XComArg

DOC = """
**Purpose**: {description}

**Spends credits?** Yes: up to {budget:g} a run. One POST to OVH per batch, never repeated. {last_run}

{outside}**Triage**: *prepare* or *preflight* failed: nothing was sent; correct what the error names, then clear it.
*send* failed with an unknown outcome: its error says where to check it in OVH's manager and how to resolve it.
The delivery receipts: DAG `sms_campaign_report`.
"""

#: In the description of a DAG that a person approves.
WAITS_FOR_A_PERSON = (
    "**Waits for a person**: *approve* asks under Required Actions. Without an answer in time nothing is sent.\n\n"
)
#: Beside the field of the form that triggers a campaign; numbers are never asked for there.
FORCE = (
    "Sends the message also to people who got it within the last 24 hours. Leave it off, and they are left out. "
    "Those who get it again cost credits again."
)


def campaign_dags(include: Path) -> Iterator[DAG]:
    """Make the DAG of every campaign file; a broken file becomes a DAG that shows its error, and hides no other.

    The DAG of a broken file's last good version stays: a run whose list is prepared is finished from that, and any
    other run fails with the file's error. A task's process opens the file of its own campaign only.

    :param include: folder that holds ``campaigns/`` and ``contacts/``.
    :returns: in the order of the names.
    """
    accounts = AccountFolder(include / "accounts")
    for found in read_campaigns(include, accounts, only=_campaign_of_this_task()):
        if isinstance(found, DAG):
            yield found
            continue
        yield broken_campaign_dag(found)
        yield from _last_good_dag(found, include, accounts)


def _campaign_of_this_task() -> str | None:
    """The safe name of the campaign whose task this process runs; ``None`` if all DAGs are asked for."""
    dag_id = get_parsing_context().dag_id
    if dag_id is None:
        return None
    name = file_of_dag(dag_id)
    return safe_name(name) if name else ""


def _last_good_dag(broken: BrokenCampaign, include: Path, accounts: AccountFolder) -> Iterator[DAG]:
    """The DAG of the version before the broken one, if it is known and can be made."""
    if broken.last_good is None:
        return
    made = made_of_file(
        broken.last_good, lambda campaign: campaign_dag(campaign, include, accounts, broken=broken.text)
    )
    if isinstance(made, DAG):
        yield made


def read_campaigns(
    include: Path, accounts: AccountFolder, *, only: str | None = None
) -> Iterator[DAG | BrokenCampaign]:
    """Make the DAG of every campaign file that is good, and keep that version of it.

    :param include: folder that holds ``campaigns/`` and ``contacts/``.
    :param accounts: its account files.
    :param only: the safe name of one campaign; no other file is opened.
    :returns: one item for each file, in the order of the names.
    """
    folder = include / "campaigns"
    for found in load_folder(folder, Campaign, only=only):
        made = made_of_file(found, lambda campaign: campaign_dag(campaign, include, accounts))
        if isinstance(made, InvalidFile):
            yield BrokenCampaign.of(made, folder)
            continue
        if isinstance(found, Campaign):
            keep_good_version(found)
            note_good(found.name)
        yield made


def campaign_dag(
    campaign: Campaign, include: Path, accounts: AccountFolder | None = None, *, broken: str | None = None
) -> DAG:
    """Make the DAG of one campaign: prepare → preflight, then upload → send → free for each batch.

    :param include: folder that holds ``contacts/``.
    :param accounts: the account files, if many campaigns share them; by default those of ``include``.
    :param broken: the error of its file, if that was saved broken since: no run begins.
    :returns: the DAG ``sms_campaign_<name>``, which registers itself nowhere.
    """
    warning = _times_outside(campaign)
    if campaign.approval is not None:
        warning += WAITS_FOR_A_PERSON
    if broken is not None:
        warning = f"**The campaign file is broken**: {broken}\n\n{warning}"
    accounts = accounts or AccountFolder(include / "accounts")
    ran = last_run(campaign.name)
    cost = ran.text(campaign.timezone) if ran else ""
    ovh: dict[str, Any] = {
        "ovh_sms_conn_id": campaign.connection,
        "account": campaign.account,
        **({} if campaign.user is None else {"user": campaign.user}),
    }
    with DAG(
        campaign_dag_id(campaign.name),
        description=campaign.description,
        doc_md=DOC.format(
            description=campaign.description or campaign.name, budget=campaign.budget, outside=warning, last_run=cost
        ),
        schedule=_schedule(campaign),
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        # "upstream": an uploaded batch is sent before the next one uses a receivers slot
        default_args={"owner": "campaigns", "retries": 3, "weight_rule": "upstream", **_when_a_task_fails(campaign)},
        on_failure_callback=_notifier(campaign),
        deadline=deadline_alerts(campaign, include),
        tags=["sms", campaign.kind, *(["broken"] if broken else [])],
        auto_register=False,  # a half-made DAG must not be seen
    ) as dag:
        prepare = PrepareContactsOperator(
            task_id="prepare",
            duplicate_window=DUPLICATE_WINDOW,
            file_error=broken,
            **_prepare_arguments(campaign, include, accounts),
            **ovh,
        )
        prepared: Any = prepare.output
        check = PreflightOperator(task_id="preflight", prepared=prepared, **campaign.preflight_arguments(), **ovh)
        split = SplitIntoBatchesOperator(task_id="split_into_batches", prepared=prepared)
        chain(prepare, check, *_before_the_upload(campaign, include, prepared, check.output, **ovh), split)
        # The claim checks again what prepare has checked.
        send = submission_arguments(campaign, include, accounts) | {"duplicate_window": DUPLICATE_WINDOW}
        send_batches(split.output, send, **ovh)
    # Not before: Airflow would copy the field into each task and check it there, which is most of the time of parsing.
    asked = Param(False, type="boolean", title="force", description=f"{FORCE} {cost}".strip())
    dag.params = {"force": asked}  # type: ignore[assignment]  # Airflow's own converter takes a mapping
    return dag


def _before_the_upload(
    campaign: Campaign, include: Path, prepared: Any, checked: Any, **ovh: Any
) -> Iterator[BaseOperator]:
    """The steps between the checks and the upload that the campaign asks for."""
    if campaign.test_receivers:  # read again by the task: Airflow keeps no number
        folder = str(include / "campaigns")
        yield SendTestsOperator(
            task_id="send_tests", campaign=campaign.name, campaigns=folder, prepared=prepared, **ovh
        )
    if campaign.approval is not None:
        from ovh_sms.operators.approve_campaign import ApproveCampaignOperator

        yield ApproveCampaignOperator(
            task_id="approve", prepared=prepared, checked=checked, **campaign.approval_arguments()
        )


def _prepare_arguments(campaign: Campaign, include: Path, accounts: AccountFolder) -> dict[str, Any]:
    """Those of the campaign file; those that it leaves out, of its account file."""
    given = campaign.prepare_arguments(include)
    if given["dead_after"] is None:
        given["dead_after"] = accounts.dead_after(campaign.connection, campaign.account)
    return given


def submission_arguments(campaign: Campaign, include: Path, accounts: AccountFolder | None = None) -> dict[str, Any]:
    """Return what the task that submits a batch takes, with the rules of replies if there may be any, and its way.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param accounts: the account files, if many campaigns share them.
    """
    accounts = accounts or AccountFolder(include / "accounts")
    ovh = campaign.connection, campaign.account
    rules = rules_of(include / "campaigns", accounts, *ovh) if campaign.sender_for_response else None
    return {**campaign.submission_arguments(), "reply_rules": rules, **way_arguments(campaign, accounts)}


def _notifier(campaign: Campaign, *, of_task: bool = False) -> RunEndNotifier | None:
    """Reports runs that end without figures; ``None`` if the campaign notifies nobody."""
    if not campaign.notify:
        return None
    return RunEndNotifier(campaign.name, [each.model_dump() for each in campaign.notify], of_task=of_task)


def _when_a_task_fails(campaign: Campaign) -> dict[str, Any]:
    """Reports an unknown outcome at once, while other batches may still wait."""
    notifier = _notifier(campaign, of_task=True)
    return {"on_failure_callback": notifier} if notifier else {}


def _times_outside(campaign: Campaign) -> str:
    """A warning with some times at which messages do not leave when they are planned; empty without any.

    The times are those of one year, so that the DAG is the same every day.

    :raises CampaignFileError: no run would ever send anything, or leave in time.
    """
    planned = usual_times(campaign)
    refuse_if_nothing_is_sent(campaign, planned)
    refuse_if_never_in_time(campaign, planned)
    found = dict.fromkeys(each.weekly_text for each in outside(planned))
    return "".join(f"**Outside of the hours**: {each}.\n\n" for each in list(found)[:3])


def _schedule(campaign: Campaign) -> Any:
    """The schedule as Airflow has it; ``None`` for runs that are started by hand."""
    if campaign.once_at is not None:
        # The SDK's own class cannot be read back by the scheduler of Airflow 3.3.
        from airflow.timetables.events import EventsTimetable

        return EventsTimetable([pendulum.instance(campaign.once_at)], description=f"once, {campaign.send_at}")
    if isinstance(campaign.schedule, AssetSchedule):
        return [Asset(campaign.schedule.asset)]
    return CronTriggerTimetable(campaign.schedule, timezone=campaign.timezone) if campaign.schedule else None


def send_batches(batches: XComArg, send: Mapping[str, Any], **ovh: Any) -> None:
    """Send each batch of a prepared list: upload → send → free; no batch waits for another.

    Makes the tasks ``upload_receivers``, ``send`` and ``free_receivers``, each mapped over the batches.

    :param batches: output of :class:`~ovh_sms.operators.split_into_batches.SplitIntoBatchesOperator`.
    :param send: parameters of :class:`~ovh_sms.operators.send_job.SendJobOperator` that are the same for all.
    :param ovh: connection, account and user, for all operators.
    """
    name = f"{send['campaign']} · " if send.get("campaign") else ""
    number = (
        "{% set zones = task.prepared.get('zones') or ['Europe/Paris'] %}"
        f"{name}{{{{ task.prepared['batch'] }}}} of {{{{ task.prepared['of'] }}}}"
        "{{ ' · ' + zones | join(' or ') if zones != ['Europe/Paris'] }}"
    )

    @task_group(group_id="batches", prefix_group_id=False)
    def batch(prepared: Any) -> None:
        label = {"map_index_template": number, **ovh}
        kind = {"marketing": send.get("stop_clause", True), "held": bool(send.get("sender"))}
        notices = {"campaign": send.get("campaign", ""), "report": send.get("report")}
        when = {"hours": send.get("hours"), "approval": send.get("approval", False), **kind, **notices}
        upload = UploadReceiversOperator(task_id="upload_receivers", prepared=prepared, **when, **label)
        receivers: Any = upload.output
        given = {"receivers": receivers, "prepared": prepared, **send}
        submit = SendJobOperator(task_id="send", outlets=[CAMPAIGN_SENT], **given, **label)
        free = FreeReceiversSlotOperator(task_id="free_receivers", receivers=receivers, prepared=prepared, **label)
        upload >> submit >> free.as_teardown(setups=upload)

    batch.expand(prepared=batches)
