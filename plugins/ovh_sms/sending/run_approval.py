"""The question to a person about a run: its people, its cost, when it leaves, and what differs from the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from ovh_sms.contacts.preview.unicode_notes import credits_shown
from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.sending.run_guards import GuardLimits, exceeded
from ovh_sms.store.campaign_approvals import ApprovalQuestion
from ovh_sms.store.campaign_tests import SENT

if TYPE_CHECKING:
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.store.last_runs import LastRun
    from ovh_sms.store.store import Store

#: Test messages by hand are of use to the person who is asked for so long.
_LATELY = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class RunQuestion:
    """The question to a person about one run.

    :param checked: output of :class:`~ovh_sms.operators.preflight.PreflightOperator`.
    :param last: the last run of the campaign that was sent.
    :param tests: test messages of the run that were sent.
    :param by_hand: moments at which people sent test messages of the campaign with the command lately, aware.
    :param asked_at: now, aware.
    :param until: without an answer by then the run is refused.
    """

    campaign: str
    prepared: PreparedList
    checked: Mapping[str, Any]
    last: LastRun | None
    tests: int
    by_hand: tuple[datetime, ...]
    warnings: tuple[str, ...]
    figures: Mapping[str, Any]
    asked_at: datetime
    until: datetime
    timezone: str = PARIS

    @classmethod
    def of(
        cls,
        campaign: str,
        prepared: PreparedList,
        checked: Mapping[str, Any],
        *,
        store: Store,
        run: tuple[str, str],
        guards: Mapping[str, float],
        within: timedelta,
        timezone: str = PARIS,
    ) -> Self:
        """Gather what a person needs to answer.

        :param run: DAG and run.
        :param guards: limits of the campaign file, see :class:`~ovh_sms.sending.run_guards.GuardLimits`.
        """
        from ovh_sms.contacts.preview.list_preview import Price

        last, price, now = store.last_runs.before(*run), checked.get("price"), store.clock.now()
        found = exceeded(prepared, GuardLimits.for_a_person(guards), last=last, price=Price(**price) if price else None)
        return cls(
            campaign=campaign,
            prepared=prepared,
            checked=checked,
            last=last,
            tests=sum(each.state == SENT for each in store.campaign_tests.of_run(*run)),
            by_hand=tuple(
                each.started_at
                for each in store.campaign_tests.by_hand(campaign, now - _LATELY)
                if each.state == SENT and each.started_at
            ),
            warnings=tuple(f"{each.what}." for each in found),
            figures={"exceeded": [each.to_json() for each in found]},
            asked_at=now,
            until=now + within,
            timezone=timezone,
        )

    @property
    def cost(self) -> tuple[float, str] | None:
        """Money without tax, and its currency; ``None`` if OVH does not quote it."""
        price = self.checked.get("price")
        return (self.prepared.credits * price["per_credit"], price["currency"]) if price else None

    def record(self) -> ApprovalQuestion:
        """Return the question as the results keep it."""
        cost = self.cost
        return ApprovalQuestion(
            until=self.until,
            people=self.prepared.accepted,
            credits=float(self.prepared.credits),
            price=cost[0] if cost else None,
            currency=cost[1] if cost else "",
            figures={**self.figures, "leaves_at": dict(self.checked.get("leaves_at") or {})},
        )

    @property
    def subject(self) -> str:
        """The headline of the question; no number and no text of anybody."""
        return f"Send {self.campaign} to {self.prepared.accepted:,} people: {self._cost}"

    def body(self, preview: str) -> str:
        """Write the question in Markdown: counts alone, as Airflow keeps it.

        :param preview: address of the page with the texts.
        """
        it = self.prepared
        rows = [
            ("People", f"{it.accepted:,} in {len(it.batches):,} batch{'es' if len(it.batches) != 1 else ''}"),
            ("Rows of the list", f"{it.rows:,}, {it.rows - it.accepted:,} rejected{self._reasons}"),
            ("Cost", f"{self._cost}; the account holds {credits_shown(self.checked['credits_left'])} credits"),
            ("Leaves", self._leaves),
            ("Last run that was sent", self._last),
            ("Test messages sent", self._tests),
        ]
        table = "\n".join(f"| {name} | {value} |" for name, value in rows)
        remarks = "\n".join(f"- **{each}**" for each in self.warnings)
        return (f"{remarks}\n\n" if remarks else "") + (
            f"| | |\n|---|---|\n{table}\n\n[Read the messages]({preview})\n\nNothing is uploaded unless you approve. "
            f"Without an answer by {_moment(self.until, self.timezone)} it is refused."
        )

    @property
    def _cost(self) -> str:
        money = f" ({_amount(self.cost[0])} {self.cost[1]} without tax)" if self.cost else ""
        return f"{credits_shown(self.prepared.credits)} credits{money}"

    @property
    def _reasons(self) -> str:
        counted = sorted(self.prepared.rejected.items(), key=lambda each: (-each[1], each[0]))
        return f" ({', '.join(f'{why} {rows:,}' for why, rows in counted)})" if counted else ""

    @property
    def _tests(self) -> str:
        said = [f"{self.tests:,} by this run"] if self.tests else []
        if self.by_hand:
            last = _moment(max(self.by_hand), self.timezone)
            said.append(f"{len(self.by_hand):,} by hand, the last on {last}")
        return "; ".join(said) or "none"

    @property
    def _leaves(self) -> str:
        later = []
        for zones, moment in (self.checked.get("leaves_at") or {}).items():
            if (leaves := datetime.fromisoformat(moment)) > self.asked_at:
                later.append(f"{zones}: from {_moment(leaves, self.timezone)} on")
        if last := self.checked.get("last_leaves_at"):
            later.append(f"the last messages about {_moment(datetime.fromisoformat(last), self.timezone)}")
        return "once it is approved" + (f"; {'; '.join(later)}" if later else "")

    @property
    def _last(self) -> str:
        if self.last is None:
            return "none"
        share = 100 * self.last.faults / max(1, self.last.rows)
        rows = f"{self.last.faults:,} of {self.last.rows:,} rows rejected for their faults ({share:.1f} %)"
        return f"{_moment(self.last.started_at, self.timezone)}: {self.last.accepted:,} people; {rows}"


def _amount(money: float) -> str:
    """Money as the pages write it: less than one with four decimals."""
    return f"{money:,.4f}" if 0 < money < 1 else f"{money:,.2f}"


def _moment(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M} ({zone})"
