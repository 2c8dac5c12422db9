"""Reports a run whose STOPs pass its campaign's threshold, before its figures are collected or after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ovh_sms.notifications.notify import OPT_OUTS, task_name, use_notifiers
from ovh_sms.notifications.summary import Summary
from ovh_sms.report import words
from ovh_sms.report.language import translator
from ovh_sms.store.stop_rate import stop_rate

if TYPE_CHECKING:
    import logging

    from airflow.sdk import Context

    from ovh_sms.sending.submission import Submission
    from ovh_sms.store.stop_rate import StopRate
    from ovh_sms.store.store import Store


def alert_opt_outs(submission: Submission, *, store: Store, context: Context, log: logging.Logger | Any) -> int:
    """Report the run of a submission through its campaign's notifiers, once, if its STOPs pass the threshold.

    A run that is held was reported with the same figures. The report of the run does not repeat it.

    :returns: how many notifications were made.
    :raises Exception: that of a notifier.
    """
    threshold, entries = submission.collect.stop_threshold, submission.collect.notify
    if threshold is None or not entries:
        return 0
    results = store.run_results.of_run(submission.dag_id, submission.run_id)
    rate = stop_rate(batch for each in results for batch in each.batches)
    if not rate.is_over(threshold) or any(each.held for each in results):
        return 0
    unsent = any(batch.submitted is None for each in results for batch in each.batches)
    return use_notifiers(
        entries,
        [OPT_OUTS],
        lambda language: _summary(submission, rate, threshold, language, unsent=unsent),
        run=(submission.dag_id, submission.run_id),
        claimed_by=task_name(context),
        store=store,
        context=context,
        log=log,
    )


def _summary(submission: Submission, rate: StopRate, threshold: float, language: str, *, unsent: bool) -> Summary:
    """The text of the notification.

    :param unsent: some batches are not sent yet.
    """
    from markupsafe import Markup

    say = translator(language)
    title = say("SMS campaign {name}: too many STOPs", name=submission.campaign)
    said = [
        say(
            "{n} STOPs to {reached} delivered messages ({rate} for 1,000), more than the limit of {most}.",
            n=words.count(rate.opt_outs, language),
            reached=words.count(rate.reached, language),
            rate=words.count(round(rate.per_thousand or 0, 1), language),
            most=words.count(threshold, language),
        ),
        *([say("Batches that are not sent yet wait for a person.")] if unsent else []),
        say("Run {run_id}", run_id=submission.run_id),
    ]
    html = Markup("").join(Markup("<p>{}</p>").format(each) for each in said)
    return Summary(
        title=title, text="\n".join([title, "", *said]), html=str(Markup("<h1>{}</h1>").format(title) + html)
    )
