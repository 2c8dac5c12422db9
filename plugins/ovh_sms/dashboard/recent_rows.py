"""The runs of the overview: the figures of all, and whole rows of those alone that are shown or may change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ovh_sms.dashboard.run_rows import RunRow, rows_of_lists
from ovh_sms.report.run_figures import RunFigures

if TYPE_CHECKING:
    from ovh_sms.report.language import Translator
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class RecentRows:
    """The runs of the last weeks, the newest first.

    :param figures: of every run.
    :param rows: of the runs that are shown or may change, by the tag of their list.
    :param latest: rows of the newest runs.
    :param last: row of the newest run of each DAG that was asked for.
    """

    figures: list[RunFigures]
    rows: dict[str, RunRow]
    latest: list[RunRow]
    last: dict[str, RunRow]


def recent_rows(
    store: Store,
    session: Any,
    say: Translator,
    dag_ids: Collection[str],
    *,
    since: datetime,
    latest: int,
    last_of: Collection[str],
) -> RecentRows:
    """Read the runs of some DAGs.

    :param session: Airflow's own.
    :param since: they began at this moment or later.
    :param latest: number of the newest runs whose rows are shown.
    :param last_of: the DAGs whose newest run is shown.
    """
    found = store.recent_runs.list(dag_ids, since)
    final = {run.list_tag: figures for run in found if (figures := RunFigures.of_final(run))}
    newest: dict[str, str] = {}
    for run in found:
        newest.setdefault(run.dag_id, run.list_tag)
    shown = {run.list_tag for run in found[:latest]} | {newest[each] for each in last_of if each in newest}
    whole = [run.list_tag for run in found if run.list_tag in shown or run.list_tag not in final]
    rows = {row.record.list_tag: row for row in rows_of_lists(store, session, say, whole)}
    of_rows = {tag: RunFigures.of(row.status) for tag, row in rows.items()}
    known = final | of_rows
    return RecentRows(
        figures=[known[run.list_tag] for run in found if run.list_tag in known],
        rows=rows,
        latest=[rows[run.list_tag] for run in found[:latest] if run.list_tag in rows],
        last={each: rows[newest[each]] for each in last_of if newest.get(each) in rows},
    )
