"""Runs and their batches from planning on, as typed values. None of them holds a message's text or a phone number."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

#: Errors of a step for which the account held too few credits.
LACKS_CREDITS = frozenset({"OutOfCredits", "InsufficientCredits"})


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The error of a step of a run.

    :param step: Airflow's task, as ``preflight``.
    :param error: class of the error, as ``BudgetExceeded``.
    :param what: what happened, in one sentence.
    :param action: what was not done, and what a person does.
    :param at: when, ISO 8601 with zone.
    :param is_tried_again: Airflow tries the task again by itself.
    :param details: the error with its technical details, if ``what`` leaves them out.
    :param is_skipped: the campaign asked for it: the run was skipped, and nobody must act.
    """

    step: str
    error: str
    what: str
    action: str
    at: str
    is_tried_again: bool = False
    is_skipped: bool = False
    details: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any] | None) -> Self | None:
        """Read what :meth:`to_json` made."""
        return cls(**values) if values else None


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run of a campaign: its list, and what its checks found. Moments are aware; they come back in UTC.

    :param list_tag: names the run's list: the tag of the task that sends it, unmapped.
    :param timezone: zone in which its times are shown.
    :param planned_at: when the schedule planned it; ``None`` for a run started by hand.
    :param is_forced: a person had it repeat a message.
    :param rows: rows of the contact list; ``None`` until it is prepared, as for all fields below.
    :param accepted: rows of the prepared list, without those whose owners opted out since and were left out.
    :param rejected: rejected rows by reason; those who opted out since among them.
    :param batches: number of batches planned.
    :param credits_plain: credits if the message's own text had no character that makes it Unicode; ``None`` if that
        changes nothing.
    :param credits_left: credits of the account before the run, as preflight read them.
    :param key_ends_at: when OVH ends the key in use; ``None`` if it never does, or nobody knows.
    :param folder: folder of the prepared list.
    :param digest: digest of the prepared list.
    :param checked_at: when preflight passed.
    :param leaves_at: when the first messages leave, ISO 8601, by the receivers' time zones.
    :param problem: the error that keeps the run from being sent; ``None`` if no step of it failed.
    """

    list_tag: str
    dag_id: str
    run_id: str
    campaign: str
    account: str
    sender: str = ""
    marketing: bool = False
    timezone: str = "Europe/Paris"
    planned_at: datetime | None = None
    started_at: datetime | None = None
    is_forced: bool = False
    rows: int | None = None
    accepted: int | None = None
    rejected: dict[str, int] = field(default_factory=dict)
    batches: int | None = None
    credits_estimated: float | None = None
    credits_plain: float | None = None
    credits_left: float | None = None
    key_ends_at: datetime | None = None
    folder: str | None = None
    digest: str | None = None
    prepared_at: datetime | None = None
    checked_at: datetime | None = None
    leaves_at: dict[str, str] = field(default_factory=dict)
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class BatchRecord:
    """One batch of a run, from its preparation to its upload; its submission knows the rest.

    :param batch: its place among the run's batches, from 1.
    :param receivers: rows of the prepared list in it, without those who opted out since.
    :param zones: time zones of its receivers, as people read them.
    :param tag: its label at OVH; ``None`` until its task starts.
    :param waits_until: start of its hours, if it waits for them.
    :param held_at: since when it waits for a person, as too many people answered STOP; ``None`` if it does not.
    :param opted_out: people of it who are left out, as they opted out since the list was prepared.
    """

    list_tag: str
    batch: int
    receivers: int
    credits: float | None
    zones: str = ""
    tag: str | None = None
    uploaded_at: datetime | None = None
    waits_until: datetime | None = None
    held_at: datetime | None = None
    opted_out: int = 0
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class Poll:
    """The messages of one submission, counted at OVH while they are waited for.

    :param at: when, aware.
    :param expected: messages that OVH accepted and that were not withdrawn.
    :param listed: messages that have left.
    :param final: messages whose delivery receipt is final; ``delivered`` of them were delivered.
    """

    tag: str
    at: datetime
    expected: int
    listed: int
    final: int
    delivered: int
