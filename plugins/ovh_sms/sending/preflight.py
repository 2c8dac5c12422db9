"""The checks before a campaign is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.contacts.preview.unicode_notes import budget_advice, credits_shown, shorter_message
from ovh_sms.errors import BudgetExceeded, ContactsError, ScheduleTooOld
from ovh_sms.messaging.departure_hours import UPLOAD_TIME
from ovh_sms.messaging.message_check import as_sent
from ovh_sms.messaging.receiver_zones import PARIS, zones_in, zones_text
from ovh_sms.messaging.segments import measure
from ovh_sms.sending.paced_departure import PacePlan, plan_departures
from ovh_sms.sending.preflight_rules import check_channel, check_content, check_countries, check_rejects, check_sender
from ovh_sms.sending.run_guards import GuardLimits, check_guards, exceeded
from ovh_sms.sending.schedule import HoursWait
from ovh_sms.sending.user_quota import UserCredits
from ovh_sms.settings import KEY_ENDS_SOON

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Account
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.contacts.preview.list_preview import Price
    from ovh_sms.contacts.reject_limit import RejectLimit
    from ovh_sms.sending.run_credits import RunCredits
    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.store.last_runs import LastRun
    from ovh_sms.store.reservation_records import KnownReservations

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CampaignTerms:
    """Sender, kind and cost as the campaign's file has them.

    :param marketing: whether the campaign keeps the sending window, and carries the STOP clause if it has a sender.
    :param sender: sender shown to the receivers; ``None`` if they answer to a short number.
    :param declared_countries: countries in which the sender is declared.
    :param reject_limit: rows of the list that may be rejected for their faults; any number if ``None``.
    :param guards: people, price and growth that the run may have.
    :param approval: a person decides about a run that exceeds one of them.
    """

    message: str
    marketing: bool
    sender: str | None
    budget: float | None
    declared_countries: tuple[str, ...] = ()
    reject_limit: RejectLimit | None = None
    guards: GuardLimits = field(default_factory=GuardLimits)
    approval: bool = False

    @property
    def needs_price(self) -> bool:
        """Whether a limit or a person needs the price of the run."""
        return self.approval or self.guards.price is not None

    @property
    def purposes(self) -> tuple[str, ...]:
        """The purposes of its key: replies are read before each batch of a campaign that people can answer."""
        return ("campaign",) if self.sender is not None else ("campaign", "replies")

    def as_published(self, content: Mapping[str, Any]) -> Self:
        """Return the terms that the run's list was published with; the limits are the file's."""
        return replace(
            self,
            message=content.get("message") or as_sent(self.message),
            marketing=content.get("stop_clause", self.marketing),
            sender=content.get("sender", self.sender),
        )


@dataclass(frozen=True, kw_only=True)
class PreflightResult:
    """A campaign that may be sent.

    :param reserved_by_others: credits of ``credits_left`` that other runs have reserved.
    :param starts_at: first moment at which messages leave, aware.
    :param leaves_at: the same by the receivers' time zones.
    :param last_leaves_at: when the last messages leave, if the campaign has a pace.
    :param key_ends_at: when OVH ends the key in use; ``None`` if it never does, or nobody knows.
    :param price: of one credit without tax; ``None`` if nobody asked, or OVH does not quote it.
    """

    cost: float
    credits_left: float
    reserved_by_others: float
    sender: str | None
    starts_at: datetime
    leaves_at: dict[str, datetime]
    last_leaves_at: datetime | None = None
    key_ends_at: datetime | None = None
    price: Price | None = None

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "cost": self.cost,
            "credits_left": self.credits_left,
            "reserved_by_others": self.reserved_by_others,
            "sender": self.sender,
            "starts_at": self.starts_at.isoformat(),
            "leaves_at": {zones: moment.isoformat() for zones, moment in self.leaves_at.items()},
            "last_leaves_at": self.last_leaves_at.isoformat() if self.last_leaves_at else None,
            "price": None if self.price is None else asdict(self.price),
        }


def run_preflight(
    client: OvhSmsClient,
    prepared: PreparedList,
    terms: CampaignTerms,
    *,
    credit: RunCredits,
    schedule: Schedule,
    price_of: Callable[[float], Price | None],
) -> PreflightResult:
    """Stop a campaign: no receivers, too many rejects, no enabled sender, too few credits or too small a budget.

    The credits that it costs are reserved on the account, so that no other run counts on them.

    :param credit: of the run. If a batch of it may be at OVH, only what that cannot change is checked.
    :param schedule: when the run may leave; its time zones are those of the list.
    :param price_of: gives the price of a credit in an order of so many; it is asked if a limit or a person needs it.

    Source: GET ``/sms/{serviceName}``, ``/senders``, ``/users/{login}`` if a user sends, and POST ``/sms/estimate``,
    which sends nothing.

    :raises ContactsError: no row of the list gets an SMS.
    :raises MissingRight: the key lacks rights that a task of the run needs; names all of them.
    :raises PreflightError: names the check that failed, as of the time, the hours, a limit; nothing was sent.
    :raises CreditsWait: the credits are short, and the campaign waits for them.
    """
    check_receivers(prepared.accepted, rejects_path=prepared.rejects_path)
    client.account.require(*terms.purposes, *(("as_user",) if client.user else ()))
    has_started, now = credit.has_started, client.time()
    price = price_of(prepared.credits) if terms.needs_price and not has_started else None
    leaves, last = _times(credit, schedule, prepared, now)
    credit, known, user, account = _read_credits(client, credit)
    if not has_started:  # what has started is finished, even if the campaign's file was edited
        _check_list(prepared, terms, channel=account.channel, last=credit.last_run(), price=price)
    _check_terms(client, prepared, terms)
    credits_left = _credits_left(user, account, credit, prepared)
    check = credit.reserve(
        prepared,
        known,
        credits_left=credits_left,
        now=now,
        leaves=[*leaves.values(), *([last] if last else [])],
        schedule=schedule,
        shorter=shorter_message(prepared),
    )
    result = PreflightResult(
        cost=float(prepared.credits),
        credits_left=credits_left,
        reserved_by_others=check.reserved_by_others,
        sender=terms.sender,
        starts_at=min(leaves.values()),
        leaves_at=leaves,
        last_leaves_at=last,
        key_ends_at=_key_end(client),
        price=price,
    )
    log.info("ready cost=%g credits_left=%g starts_at=%s", result.cost, result.credits_left, result.starts_at)
    return result


def _read_credits(
    client: OvhSmsClient, credit: RunCredits
) -> tuple[RunCredits, KnownReservations, UserCredits | None, Account]:
    """Read who pays, then what is reserved there, and only then what is left."""
    payer = UserCredits.read(client)
    credit = credit.of_quota(payer.owner if payer else "")
    known = credit.known()
    return credit, known, UserCredits.read(client), client.account.get()


def _credits_left(user: UserCredits | None, account: Account, credit: RunCredits, prepared: PreparedList) -> float:
    """Return the credits that pay; refuse a run that the quota of its user cannot pay."""
    if credit.has_started:
        log.info("credits not checked: this run has started to send")
    elif user is not None:
        user.check(prepared.credits, reserved=credit.reserved_by_others())
    return account.credits_left if user is None or user.quota_left is None else user.quota_left


def _times(
    credit: RunCredits, schedule: Schedule, prepared: PreparedList, now: datetime
) -> tuple[dict[str, datetime], datetime | None]:
    """When the messages leave, by time zones, and the last ones if the campaign has a pace: its batches get a place."""
    try:
        leaves = departures(schedule, prepared, now, has_started=credit.has_started)
        pilot = credit.store.pilots.of_list(credit.dag_id, credit.run_id, prepared.digest)
        plan = PacePlan.of(prepared, schedule.run_hours(now), now, pilot=pilot)
        if plan is not None and not credit.has_started:
            plan.check(prepared, schedule, now)
            leaves |= plan.first()
    except ScheduleTooOld as late:
        raise credit.late(late) from None
    return leaves, plan_departures(credit.store, credit.paced(prepared), plan)


def _check_terms(client: OvhSmsClient, prepared: PreparedList, terms: CampaignTerms) -> None:
    """Check the sender and the budget; compare the length with OVH's."""
    if terms.sender is not None:
        check_sender(terms.sender, client.senders.all())
    check_budget(prepared.credits, budget=terms.budget, advice=budget_advice(prepared, terms.budget or 0.0))
    _compare_segments(client, terms)


def _check_list(
    prepared: PreparedList, terms: CampaignTerms, *, channel: str, last: LastRun | None, price: Price | None
) -> None:
    """Check the list with its text against the limits of the file, the account's purpose and the countries."""
    check_rejects(prepared, terms.reject_limit)
    check_guards(exceeded(prepared, terms.guards, last=last, price=price), approval=terms.approval)
    check_channel(channel, marketing=terms.marketing)
    check_countries(prepared.countries, sender=terms.sender, declared=terms.declared_countries)
    check_content(terms.message, prepared, sender=terms.sender)


def _key_end(client: OvhSmsClient) -> datetime | None:
    """When OVH ends the key in use; with OAuth2 there is none, and an answer that fails stops no campaign."""
    known = client.account.known_credentials()
    ends = known.expires if known is not None else None
    if ends is not None and ends - client.time() < KEY_ENDS_SOON:
        log.warning("The consumer key ends on %s UTC: make a new one before.", f"{ends:%Y-%m-%d %H:%M}")
    return ends


def _compare_segments(client: OvhSmsClient, terms: CampaignTerms) -> None:
    """Log a warning if OVH counts other segments for the bare message than this package."""
    stop_clause = terms.marketing and terms.sender is not None
    ours = measure(terms.message, stop_clause=stop_clause).segments
    theirs = client.jobs.estimate(
        terms.message, stop_clause=stop_clause, sender_type="alpha" if terms.sender else "shortcode"
    ).segments
    if ours != theirs:
        log.warning("The cost may differ: segments_by_ovh=%d segments_here=%d", theirs, ours)


def departures(schedule: Schedule, prepared: PreparedList, now: datetime, *, has_started: bool) -> dict[str, datetime]:
    """Return when the messages leave, by their receivers' time zones.

    :param now: OVH's time, aware.
    :raises ScheduleTooOld: some would leave too late.
    :raises OutsideHours: the campaign's hours do not allow what would be sent.
    """
    found = {}
    for zones in prepared.zones or {PARIS: prepared.accepted}:
        largest = max((each.accepted for each in prepared.batches if zones_text(each.zones) == zones), default=0)
        batch = replace(schedule, zones=zones_in(zones), receivers=largest, upload=UPLOAD_TIME)
        with suppress(HoursWait):
            batch.check(now, has_started=has_started)
        found[zones] = batch.leaves_at(now)
        if found[zones] > now:
            log.warning(
                "Outside of the hours: messages to %s leave about %s", zones, f"{found[zones]:%a %d %b %H:%M %Z}"
            )
    return found


def check_receivers(accepted: int, *, rejects_path: Path) -> None:
    """Refuse a campaign without receivers.

    :raises ContactsError: no receiver is left.
    """
    if accepted == 0:
        raise ContactsError(
            "No row of the contact list gets an SMS.",
            action=f"Nothing was sent. Read the reason of each row in {rejects_path}.",
        )


def check_budget(cost: float, *, budget: float | None, advice: str = "") -> None:
    """Refuse a campaign that costs more credits than its budget.

    :param advice: what to do then, see :func:`~ovh_sms.contacts.preview.unicode_notes.budget_advice`.
    :raises BudgetExceeded: it does.
    """
    if budget is not None and cost > budget:
        raise BudgetExceeded(
            f"The campaign costs {credits_shown(cost)} credits; its budget is {credits_shown(budget)}.",
            action=f"Nothing was sent. {advice}",
        )
