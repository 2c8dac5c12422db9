"""One test message of a campaign as a remote write: one POST, found again at OVH by its tag, text and credits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.sending.single_message_post import PlannedMessage, SingleMessagePost
from ovh_sms.store.models import TESTS_DAG


class NoTest(NothingToMake):
    """A person gets no test message. Nothing is claimed or sent.

    :param state: why, as the results have it.
    """

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(f"No test message is sent: {state}.")


@dataclass(frozen=True, kw_only=True)
class PlannedTest(PlannedMessage):
    """A test message that is to be sent.

    :param message_key: names the receiver with the text, by a keyed digest.
    :param kinds: what the text stands for: ``first``, ``shortest``, ``longest``.
    """

    message_key: str
    kinds: tuple[str, ...]


@dataclass(kw_only=True)
class CampaignTestPost(SingleMessagePost):
    """The remote write of one test message. Its tag is that of this receiver and text alone.

    :param refusal: says before the claim why the person gets none; empty if they get one.
    """

    refusal: Callable[[], str]
    dag_id: ClassVar[str] = TESTS_DAG
    done: ClassVar[str] = "sent as a test"

    def why_not(self, *, person_decided: bool) -> NothingToMake | None:
        """Send nothing to a person who must not get it."""
        reason = self.refusal()
        return NoTest(reason) if reason else None

    def before_restore(self) -> NothingToMake:
        """End it: OVH has this message."""
        from ovh_sms.store.campaign_tests import BEFORE_RESTORE

        return NoTest(BEFORE_RESTORE)
