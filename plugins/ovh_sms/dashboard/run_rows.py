"""The runs that the lists of campaigns show: searched, filtered, ordered, cut into pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.report.language import translatable

if TYPE_CHECKING:
    from ovh_sms.store.run_summaries import RunSummary
    from ovh_sms.store.store import Store

FINAL, WAITING, IN_PART = "final", "waiting", "in_part"
#: What each state is called; said in the reader's language.
STATES = {FINAL: translatable("final"), WAITING: translatable("waiting for receipts"), IN_PART: translatable("in part")}
#: Days back, and what the choice is called.
PERIODS = {
    "7": translatable("7 days"),
    "30": translatable("30 days"),
    "90": translatable("90 days"),
    "365": translatable("one year"),
    "all": translatable("all"),
}
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One run in a list.

    :param state: one of :data:`STATES`.
    :param batches: batches of the run; ``recorded``: those submitted so far.
    :param submitted: messages OVH took; ``None`` if it is not known.
    """

    campaign: str
    dag_id: str
    run_id: str
    account: str
    sender: str
    state: str
    began_at: datetime
    batches: int
    recorded: int
    rows: int
    submitted: int | None
    credits_spent: float | None


@dataclass(frozen=True)
class RunQuery:
    """What a person has chosen above the list; the words of the address.

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

    @property
    def since(self) -> datetime | None:
        """The moment from which runs are shown."""
        days = int(self.period) if self.period in PERIODS and self.period != "all" else 0
        return datetime.now(UTC) - timedelta(days=days) if days else None

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

    :param total: runs that pass the filters.
    """

    rows: list[RunRow]
    total: int
    page: int
    pages: int
    senders: list[str]
    accounts: list[str]


#: What lists may be ordered by.
ORDERS = {
    "began": lambda row: row.began_at,
    "campaign": lambda row: row.campaign.casefold(),
    "rows": lambda row: row.rows,
    "submitted": lambda row: row.submitted or 0,
    "credits": lambda row: row.credits_spent or 0.0,
    "state": lambda row: row.state,
}


def run_rows(store: Store, dag_ids: Iterable[str], since: datetime | None = None) -> list[RunRow]:
    """List the runs of some DAGs, the newest first.

    :param since: only runs that began at this moment or later.
    """
    return [_row(each) for each in store.run_summaries.list(set(dag_ids), since=since)]


def page_of(rows: Sequence[RunRow], query: RunQuery) -> RunPage:
    """Cut one page out of a list."""
    part = query.q.casefold().strip()
    found = [
        row
        for row in rows
        if part in row.campaign.casefold()
        and query.state in ("", row.state)
        and query.sender in ("", row.sender)
        and query.account in ("", row.account)
    ]
    found.sort(key=ORDERS.get(query.order, ORDERS["began"]), reverse=not query.ascending)
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(1, query.page), pages)
    return RunPage(
        rows=found[(page - 1) * PAGE : page * PAGE],
        total=len(found),
        page=page,
        pages=pages,
        senders=sorted({row.sender for row in rows if row.sender}),
        accounts=sorted({row.account for row in rows}),
    )


def _row(run: RunSummary) -> RunRow:
    batches = max(run.batches, run.recorded)
    submitted = FINAL if run.final == batches else WAITING
    return RunRow(
        campaign=run.campaign,
        dag_id=run.dag_id,
        run_id=run.run_id,
        account=run.account,
        sender=run.sender,
        state=IN_PART if run.recorded < batches else submitted,
        began_at=run.began_at,
        batches=batches,
        recorded=run.recorded,
        rows=run.rows,
        submitted=run.submitted,
        credits_spent=run.credits_spent,
    )
