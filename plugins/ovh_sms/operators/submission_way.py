"""The base of operators that send, perhaps by OVH batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypedDict

from ovh_sms.campaign.ovh_batches import OVH_BATCHES, Via, held_for
from ovh_sms.errors import ConfigurationError
from ovh_sms.operators.base import WritingOperator
from ovh_sms.sending.ovh_batch_message import check_merge


class SubmissionWay(TypedDict):
    """Fields of :class:`~ovh_sms.sending.planned_submission.PlannedSubmission`."""

    via: Via
    held_for: timedelta


class SubmittingOperator(WritingOperator):
    """A step that sends messages; not for use on its own.

    :param via: ``ovh_batches``: OVH keeps the messages for at least ``reconcile_timeout``, in which a lost
        answer is found by name, and a doubled or wrong OVH batch is cancelled.
    :param ovh_batches_merge: a person has seen that OVH fills ``#column#`` in its batches.
    """

    delay_minutes: int

    def __init__(self, *, via: Via = None, ovh_batches_merge: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.via = via
        self.ovh_batches_merge = ovh_batches_merge

    @property
    def delay(self) -> timedelta:
        """The time from the submission until the messages leave."""
        delay, times = timedelta(minutes=self.delay_minutes), (self.reconcile_timeout, self.quiet_period)
        return held_for(self.via, delay, reconcile_timeout=times[0], quiet_period=times[1])

    def way(self, message: str) -> SubmissionWay:
        """Return the way that messages go, if it is allowed for them.

        :raises ConfigurationError: there is no such way, or OVH might send columns unfilled.
        """
        if self.via not in (None, OVH_BATCHES):
            raise ConfigurationError(
                f"'via' is {self.via!r}. Nothing was sent.", action=f"Give '{OVH_BATCHES}', or leave it out."
            )
        if self.via == OVH_BATCHES and self.user:
            raise ConfigurationError(
                f"OVH has no batches for users, and 'user' is {self.user!r}. Nothing was sent.",
                action="Leave out 'via', or 'user'.",
            )
        check_merge(message, self.via, merge=self.ovh_batches_merge)
        return {"via": self.via, "held_for": self.delay}
