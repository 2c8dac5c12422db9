"""Reports a run whose messages have not left by its campaign's deadline: the callback of Airflow's deadline alert."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.notifications.summary import Summary
    from ovh_sms.report.language import Translator
    from ovh_sms.report.line_words import RunLines
    from ovh_sms.store.run_results import RunResults
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)
#: What a run is notified about.
LATE = "late"
#: Kind of a run whose planned time the schedule gives, and states of one that Airflow has ended.
_SCHEDULED, _ENDED = "scheduled", frozenset({"success", "failed"})


def report_late_run(context: Mapping[str, Any], *, campaign: str, campaigns: str, of_planned_time: bool) -> None:
    """Notify once that a run has not left in time, with what has left and what a person does; else do nothing.

    Airflow calls it once the deadline has passed and the run had not succeeded before. The notifiers
    are read from the file then: Airflow keeps this function's parameters, and nobody's address.

    :param context: ``dag_run`` and ``deadline``, as Airflow gives them.
    :param campaign: name of the campaign.
    :param campaigns: folder of the campaign files.
    :param of_planned_time: the deadline counts from the planned time, which scheduled runs alone have.
    :raises CampaignFileError: the file has no good version; nobody was notified.
    :raises Exception: that of a notifier, once all were used.
    """
    from ovh_sms.campaign.last_good_files import good_version
    from ovh_sms.hooks.store import shared_store

    run = context["dag_run"]
    if of_planned_time and run.get("run_type") != _SCHEDULED:
        log.info("not of a planned time: the deadline from its start counts run_id=%s", _run_id(run))
        return
    action = "Nobody was notified that a run is late. Correct the file, and check the run in Airflow."
    notify_late(good_version(campaign, Path(campaigns), action=action), shared_store(), context)


async def report_late_run_in_triggerer(context: Mapping[str, Any], **given: Any) -> None:
    """Do what :func:`report_late_run` does, in the triggerer; no trigger waits for it.

    :param given: its other parameters.
    :raises RuntimeError: names the kind of its error, which the triggerer's log has. Airflow keeps the text of an error
        in its database, and that of a notifier may hold an address or its key.
    """
    try:
        await asyncio.to_thread(report_late_run, context, **given)
    except Exception as error:
        log.exception("a late run was not reported by each notifier")
        kind = type(error).__name__
    else:
        return
    raise RuntimeError(f"Not every notifier has reported the late run: {kind}. The triggerer's log has the error.")


def notify_late(campaign: Campaign, store: Store, context: Mapping[str, Any]) -> int:
    """Use the notifiers that have not reported the run as late, unless all of its messages have left that should.

    :returns: how many notifications were made.
    """
    from ovh_sms.notifications.notify import use_notifiers
    from ovh_sms.report.late_run import has_left
    from ovh_sms.report.run_state import run_status

    run = context["dag_run"]
    dag_id, run_id, has_ended = str(run["dag_id"]), _run_id(run), str(run.get("state")) in _ENDED
    results, now = store.run_results.of_run(dag_id, run_id), store.clock.now()
    if results and all(has_left(run_status(each, now, has_ended=has_ended)) for each in results):
        log.info("left in time, or nothing is to leave dag_id=%s run_id=%s", dag_id, run_id)
        return 0
    given: Any = {**context, "run_id": run_id}
    return use_notifiers(
        [each.model_dump() for each in campaign.notify or ()],
        [LATE],
        lambda language: summarise_late(campaign, store, results, given, language, has_ended=has_ended),
        run=(dag_id, run_id),
        # Not the same in every call: of two at once, one alone notifies.
        claimed_by=f"deadline {uuid4().hex}",
        store=store,
        context=given,
        log=log,
    )


def summarise_late(
    campaign: Campaign,
    store: Store,
    results: list[RunResults],
    context: Mapping[str, Any],
    language: str,
    *,
    has_ended: bool,
) -> Summary:
    """Write the first line of a run's page, what a person does about it, and its counts at the deadline.

    :param results: none if no task of the run has recorded anything.
    :param language: ``en`` or ``fr``.
    :param has_ended: Airflow runs no task of it any more.
    """
    from zoneinfo import ZoneInfo

    from ovh_sms.notifications.summary import summarise_lines
    from ovh_sms.report.language import translator
    from ovh_sms.report.late_run import counts_line, not_started
    from ovh_sms.report.line_words import not_recorded
    from ovh_sms.report.run_lines import run_lines
    from ovh_sms.report.run_state import run_status
    from ovh_sms.report.short_moments import short_moment

    say, now, zone = translator(language), store.clock.now(), ZoneInfo(campaign.timezone)
    found = [run_status(each, now, has_ended=has_ended) for each in results]
    said = [_with_action(run_lines(each, say, now), say, is_under_way=each.is_under_way) for each in found]
    last = [counts_line(each, say, now) for each in found]
    due = _moment((context.get("deadline") or {}).get("deadline_time"))
    if due is not None:
        last.append(say("All of it should have left by {at}.", at=short_moment(due, zone, language)))
    return summarise_lines(
        say("SMS campaign {name}: not left in time", name=campaign.name),
        said or [not_recorded(say) if has_ended else not_started(say)],
        *filter(None, last),
        say("Run {run_id}", run_id=context["run_id"]),
    )


def _with_action(said: RunLines, say: Translator, *, is_under_way: bool) -> RunLines:
    """Say what a person does about a run that asks nothing of anybody."""
    if said.action or not is_under_way:
        return said
    return replace(
        said, action=say("It goes on by itself. If it should not leave so late, mark the run failed in Airflow.")
    )


def _run_id(run: Mapping[str, Any]) -> str:
    return str(run.get("dag_run_id") or run.get("run_id"))


def _moment(written: Any) -> datetime | None:
    if isinstance(written, datetime):
        return written
    return datetime.fromisoformat(written) if isinstance(written, str) else None
