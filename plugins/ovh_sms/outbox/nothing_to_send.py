"""Why a group of the outbox is not sent, or not now, before anything is claimed."""

from __future__ import annotations

from datetime import timedelta

from ovh_sms.idempotency.remote_write import NothingToMake


class NobodyLeft(NothingToMake):
    """No row of a group is of use any more. Nothing is claimed or sent."""


class OutOfHours(NothingToMake):
    """It is night where the receivers of advertising are by now. Nothing is claimed or sent.

    :param wait: until their hours.
    """

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"No advertising is sent for {wait}.")


class SentBefore(NothingToMake):
    """OVH lists the tag of a group, and the journal does not know it: it was sent before a restoration."""


class RefusedBefore(NothingToMake):
    """OVH has refused a group, and shows that nothing of it was sent: it would refuse it again."""
