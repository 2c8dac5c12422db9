"""The methods that a remote write offers to the protocol, and how long its reconciliation takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ovh_sms.idempotency.reconcile import Observation
    from ovh_sms.store.models import Attempt


class WriteWait(Exception):
    """A write must not be made yet. Nothing is claimed, and in between no process is needed."""


class NothingToMake(Exception):
    """A write is of no use any more: nothing is claimed or made, and no person must act."""


class RemoteWrite(Protocol):
    """A write at OVH that must be made at most once."""

    @property
    def done(self) -> str:
        """The past participle for logs and errors, as *submitted*."""

    @property
    def message_ids(self) -> Sequence[int] | None:
        """OVH's ids of the messages, if its answer named them."""

    def expected(self, attempt: Attempt) -> int | None:
        """How much the attempt makes: messages, or orders; ``None`` if nobody knows."""

    def snapshot(self) -> dict[str, Any]:
        """Record what is true before the POST: what a later try needs to find the write. No numbers, no texts."""

    def precheck(self, *, person_decided: bool = False) -> None:
        """Refuse a write that must not be made now, or have it wait by :class:`WriteWait`. Nothing is claimed yet.

        May end it by :class:`NothingToMake`. The content of the write may be decided here; the snapshot records it.

        :param person_decided: a person resolved the attempt before as not executed, and knows what time it is.
        """

    def post(self, deadline: float) -> dict[str, Any]:
        """Check the last moment's conditions, then make the write: one request before this monotonic time, or none."""

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Read how much of an attempt OVH shows.

        :param earlier: the observations before this one, since the answer was lost.
        """

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from what OVH shows."""

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Say in a sentence what a person should check. May write a file, or remove an outdated one."""

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Name what distinguishes this write from the one that an earlier try made, by its answer or its snapshot."""


@dataclass(frozen=True, kw_only=True)
class ReconcilePolicy:
    """How long to reconcile before deciding.

    :param quiet_period: how long nothing may have changed at OVH; longer than a request may take.
    """

    quiet_period: timedelta = timedelta(minutes=2)
    reconcile_timeout: timedelta = timedelta(minutes=20)

    @property
    def poll_interval(self) -> timedelta:
        """Time between two observations by one process: about six in a quiet period."""
        return self.quiet_period / 6

    @property
    def deferred_interval(self) -> timedelta:
        """Time between two observations if the task leaves its worker in between."""
        return self.quiet_period / 2

    @property
    def post_within(self) -> timedelta:
        """Time from the claim to the POST at most: a worker that takes over must see this POST in its quiet period."""
        return self.quiet_period / 2
