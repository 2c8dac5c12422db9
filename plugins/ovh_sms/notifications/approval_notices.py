"""Reports the question about a run, and its refusal, through the campaign's notifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import OvhSmsError
from ovh_sms.notifications.notify import task_name, use_notifiers
from ovh_sms.notifications.run_status import first_lines
from ovh_sms.notifications.summary import Summary
from ovh_sms.report.language import translator

if TYPE_CHECKING:
    import logging

    from airflow.sdk import Context

    from ovh_sms.store.campaign_approvals import CampaignApproval
    from ovh_sms.store.store import Store


def report_approval(
    campaign: str,
    approval: CampaignApproval,
    entries: Sequence[Mapping[str, Any]],
    *,
    store: Store,
    context: Context,
    log: logging.Logger | Any,
) -> int:
    """Report a question once for its list and text, or the answer if that is no approval.

    A notifier that fails hinders nothing.

    :param entries: ``notifier``, ``arguments`` and ``language`` of each.
    :returns: how many notifications were made.
    """
    about = approval.digest[:8] + approval.content_digest[:8]
    subject = f"{'asked' if approval.decision is None else 'refused'} {about}"
    try:
        return use_notifiers(
            entries,
            [subject],
            lambda language: _summary(campaign, approval, language, store),
            run=(approval.dag_id, approval.run_id),
            claimed_by=task_name(context),
            store=store,
            context=context,
            log=log,
        )
    except Exception as error:  # of a notifier
        said = error if isinstance(error, OvhSmsError) else type(error).__name__
        log.warning("not all notifiers were used for the approval: %s", said)
        return 0


def _summary(campaign: str, approval: CampaignApproval, language: str, store: Store) -> Summary:
    """The first line of the run's page, and the page of its messages."""
    from markupsafe import Markup

    say = translator(language)
    title = (
        say("SMS campaign {name}: waiting for approval", name=campaign)
        if approval.decision is None
        else say("SMS campaign {name}: not approved, nothing was sent", name=campaign)
    )
    lines = first_lines(store, approval.dag_id, approval.run_id, language)
    address = preview_address(approval.dag_id, approval.run_id)
    run = say("Run {run_id}", run_id=approval.run_id)
    html = Markup("<h1>{}</h1>").format(title) + Markup("").join(Markup("<p>{}</p>").format(each) for each in lines)
    html += Markup('<p><a href="{0}">{0}</a></p><p>{1}</p>').format(address, run)
    return Summary(title=title, text="\n".join([*lines, "", title, address, run]), html=str(html))


def preview_address(dag_id: str, run_id: str) -> str:
    """Return the address of the page of a run's messages; it begins with ``[api] base_url`` of Airflow, if set."""
    from urllib.parse import urlencode

    from airflow.sdk import conf

    base = conf.get("api", "base_url", fallback="") or ""
    return f"{base.rstrip('/')}/ovh-sms/preview?{urlencode({'dag_id': dag_id, 'run_id': run_id})}"
