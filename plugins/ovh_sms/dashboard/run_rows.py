"""The runs that the lists of campaigns show: searched, filtered, ordered, cut into pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ovh_sms.dashboard.airflow_runs import ended_runs
from ovh_sms.report.language import Translator, translatable
from ovh_sms.report.line_words import RunLines
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import RunStatus, run_status
from ovh_sms.report.task_names import page_translator
from ovh_sms.store.run_results import RunFilter

if TYPE_CHECKING:
    from ovh_sms.store.run_records import RunRecord
    from ovh_sms.store.run_results import RunResults
    from ovh_sms.store.store import Store

#: Days back, or a day, and what the choice is called.
PERIODS = {
    "today": translatable("today"),
    "yesterday": translatable("yesterday"),
    "7": translatable("7 days"),
    "30": translatable("30 days"),
    "90": translatable("90 days"),
    "365": translatable("one year"),
    "all": translatable("all"),
}
PAGE = 50


#: Runs that are read for a list at most; a longer one is searched by a shorter period.
MOST_RUNS = 5000


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One run in a list.

    :param now: aware; moments are said as they are from there.
    """

    status: RunStatus
    say: Translator
    now: datetime

    @cached_property
    def lines(self) -> RunLines:
        """The state and the next step in words; written for the rows alone that are shown."""
        return run_lines(self.status, page_translator(self.say), self.now)

    @property
    def record(self) -> RunRecord:
        """The run as it was recorded."""
        return self.status.results.record

    @property
    def state(self) -> str:
        """Name of its state."""
        return self.status.state.value


@dataclass(frozen=True)
class RunQuery:
    """The choices of a person above the list; the words of the address.

    :param q: part of the campaign's name.
    :param page: 1 is the first.
    """

    q: str = ""
    state: str = ""
    sender: str = ""
    account: str = ""
    period: str = "90"
    order: str = "began"
    ascending: bool = False
    page: int = 1

    def times(self, now: datetime, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Return the moment from which runs are shown, and the one before which they began; ``None`` for no limit.

        :param now: aware.
        :param zone: whose days are meant.
        """
        midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.period == "today":
            return midnight, None
        if self.period == "yesterday":
            return midnight - timedelta(days=1), midnight
        days = int(self.period) if self.period in PERIODS and self.period != "all" else 0
        return (now - timedelta(days=days) if days else None), None

    @property
    def chosen(self) -> dict[str, str | bool]:
        """The choices, for the addresses of other pages of the same list."""
        found: dict[str, str | bool] = {name: getattr(self, name) for name in ("q", "state", "sender", "account")}
        if self.period != "90":
            found["period"] = self.period
        if self.order != "began":
            found["order"] = self.order
        return {**found, "ascending": True} if self.ascending else found


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """One page of a list, with what its filters offer.

    :param total: runs that pass the filters; ``found`` are all of them.
    """

    rows: list[RunRow]
    found: list[RunRow]
    total: int
    page: int
    pages: int
    senders: list[str]
    accounts: list[str]


#: The orders of a list.
ORDERS = {
    "began": lambda row: row.record.started_at,
    "campaign": lambda row: row.record.campaign.casefold(),
    "people": lambda row: row.status.receivers,
    "delivered": lambda row: row.status.delivered,
    "credits": lambda row: row.status.credits_spent,
    "state": lambda row: row.state,
}


def run_rows(
    store: Store,
    session: Any,
    say: Translator,
    dag_ids: Collection[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    most: int = MOST_RUNS,
) -> list[RunRow]:
    """List the runs of some DAGs, the newest first.

    :param session: Airflow's own, to find runs that it does not work on any more.
    :param since: only runs that began at this moment or later; ``until``: before this one.
    :param most: runs listed at most.
    """
    wanted = RunFilter(dag_ids=dag_ids, since=since, until=until)
    return _rows(store.run_results.latest(wanted, limit=most), session, say, store.clock.now())


def rows_of_lists(store: Store, session: Any, say: Translator, list_tags: Sequence[str]) -> list[RunRow]:
    """List the runs of some contact lists, in their order.

    :param session: Airflow's own.
    """
    return _rows(store.run_results.of_lists(list_tags), session, say, store.clock.now())


def _rows(found: Sequence[RunResults], session: Any, say: Translator, now: datetime) -> list[RunRow]:
    first = [run_status(each, now) for each in found]
    ended = ended_runs(session, [each.results.record for each in first if each.is_under_way], now)
    rows = []
    for status in first:
        record = status.results.record
        if (record.dag_id, record.run_id) in ended:
            status = run_status(status.results, now, has_ended=True)
        rows.append(RunRow(status=status, say=say, now=now))
    return rows


def page_of(rows: Sequence[RunRow], query: RunQuery) -> RunPage:
    """Cut one page out of a list."""
    part = query.q.casefold().strip()
    found = [
        row
        for row in rows
        if part in row.record.campaign.casefold()
        and query.state in ("", row.state)
        and query.sender in ("", row.record.sender)
        and query.account in ("", row.record.account)
    ]
    found.sort(key=ORDERS.get(query.order, ORDERS["began"]), reverse=not query.ascending)
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(1, query.page), pages)
    return RunPage(
        rows=found[(page - 1) * PAGE : page * PAGE],
        found=found,
        total=len(found),
        page=page,
        pages=pages,
        senders=sorted({row.record.sender for row in rows if row.record.sender}),
        accounts=sorted({row.record.account for row in rows if row.record.account}),
    )
