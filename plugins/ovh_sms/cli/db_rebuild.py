"""``ovh-sms db rebuild``: read lost results again from OVH's export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.campaign.dag_ids import campaign_dag_id, campaign_of_dag
from ovh_sms.cli.airflow_connections import OVH_CONNECTION, RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson, Include, MoreConnections, Results, all_campaigns
from ovh_sms.cli.db_restored import hooks_of, logins_of
from ovh_sms.cli.output import progress, show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.sending.rebuild import Counts, KnownRun

#: OVH's export reaches back so far.
_EXPORTED = timedelta(days=365)
#: Tags that a sentence names at most.
_NAMED = 5


def rebuild(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day in UTC; a year ago if not given."),
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="A tag that was given by hand; once for each.")
    ] = None,
    connection: MoreConnections = None,
    results: Results = RESULTS_CONNECTION,
    include: Include = None,
    as_json: AsJson = False,
) -> None:
    """Read submissions, messages and figures that the results lack again from OVH's export. Sends nothing.

    What the results know stays as it is. Runs are found again as far as Airflow still knows their tasks; other
    submissions stand under their tag. OVH shows neither lists nor rejected rows nor credits. Replies, opt-outs, single
    SMS and the journal are not read: after a loss, run 'ovh-sms db restored' first.
    """
    from ovh_sms.report.counting import compute
    from ovh_sms.sending.rebuild import RebuildResults
    from ovh_sms.store import migrate

    store = results_store(results)
    migrate.check(store)
    campaigns = all_campaigns(include)
    now = store.clock.now()
    begin = _begin(since, now)
    hooks = hooks_of(store, campaigns, connection or [OVH_CONNECTION])
    users = logins_of(campaigns, hooks.keys(), include)
    runs = _runs(campaigns)
    found: dict[str, Counts] = {}
    for account, hook in hooks.items():
        progress(f"Reading what {account} has sent since {begin:%Y-%m-%d}.")
        reader = RebuildResults(
            client=hook.client, store=store, runs=runs, users=users[account], tags=frozenset(tag or ())
        )
        found[account], records = reader.run(begin, now + timedelta(days=1))
        for record in records:
            found[account].messages += reader.finish(record, compute(store, record.tag))
    accounts = {account: asdict(counts) for account, counts in found.items()}
    show("\n".join(_lines(found)), {"since": begin.isoformat(), "accounts": accounts}, as_json=as_json)


def _begin(since: datetime | None, now: datetime) -> datetime:
    """The first moment that is read: nothing that is older than the retention comes back."""
    from ovh_sms.settings import retention

    kept = retention()
    oldest = now - (_EXPORTED if kept is None else min(kept, _EXPORTED))
    if since is None:
        return oldest
    if since.replace(tzinfo=UTC) > now:
        raise ConfigurationError(f"{since:%Y-%m-%d} has not come yet.", action="Nothing was read. Give an earlier day.")
    return max(oldest, since.replace(tzinfo=UTC))


def _runs(campaigns: Sequence[Campaign]) -> dict[str, KnownRun]:
    """The runs that Airflow knows, by tag; whether they were marketing is known as far as their files are there."""
    from ovh_sms.cli.sent_tasks import sent_tasks
    from ovh_sms.sending.rebuild import KnownRun

    files = {campaign_dag_id(each.name): each for each in campaigns}
    return {
        tag: KnownRun(
            **task._asdict(),
            campaign=campaign_of_dag(task.dag_id),
            marketing=task.dag_id in files and files[task.dag_id].marketing,
        )
        for tag, task in sent_tasks().items()
    }


def _lines(found: dict[str, Counts]) -> list[str]:
    lines = []
    for account, it in found.items():
        lines.append(
            f"{account}: {it.messages} messages of {it.submissions} submissions were stored; Airflow knows "
            f"{it.runs} runs of them."
        )
        if it.unknown_tags:
            more = f" and {len(it.unknown_tags) - _NAMED} more" if len(it.unknown_tags) > _NAMED else ""
            lines.append(
                f"  Airflow knows no run of {len(it.unknown_tags)} submissions: they stand under their tags, "
                f"{', '.join(it.unknown_tags[:_NAMED])}{more}."
            )
        lines.append(
            f"  {it.known} messages belong to submissions that the results know, and {it.others} have no tag of ours: "
            "they were left as they are."
        )
    lines.append("Their credits, lists and rejected rows are not known: OVH does not show them.")
    return lines
