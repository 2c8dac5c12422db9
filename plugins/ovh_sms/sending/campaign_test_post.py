"""One test message of a campaign as a remote write: one POST, found again at OVH by its tag, text and credits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import OutcomeUnknown
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.sending.batch_observer import BatchObserver
from ovh_sms.sending.receiver_files import digits
from ovh_sms.store.models import TESTS_DAG

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.submission_request import SubmissionRequest
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.idempotency.reconcile import Observation
    from ovh_sms.store.attempt_receivers import ClaimedReceivers
    from ovh_sms.store.models import Attempt


class NoTest(NothingToMake):
    """A person gets no test message. Nothing is claimed or sent.

    :param state: why, as the results have it.
    """

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(f"No test message is sent: {state}.")


@dataclass(frozen=True, kw_only=True)
class PlannedTest:
    """A test message that is to be sent.

    :param message_key: names the receiver with the text, by a keyed digest.
    :param kinds: what the text stands for: ``first``, ``shortest``, ``longest``.
    :param message: the campaign's message before merging; ``request`` has the merged one.
    :param credits: credits that it costs.
    """

    tag: str
    message_key: str
    kinds: tuple[str, ...]
    message: str = field(repr=False)
    request: SubmissionRequest = field(repr=False)
    credits: float

    @property
    def number(self) -> str:
        """The receiver, E.164."""
        (number,) = self.request.receivers or ()
        return number

    @property
    def message_digest(self) -> str:
        """Digest of the message before merging, which names nobody."""
        from ovh_sms.sending.submission import digest_of

        return digest_of(self.message)


@dataclass
class CampaignTestPost:
    """The remote write of one test message; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    :param refusal: says before the claim why the person gets none; empty if they get one.
    """

    planned: PlannedTest
    refusal: Callable[[], str]
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    quiet_period: timedelta
    done: str = field(default="sent as a test", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """One message."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: the tag is that of this receiver and text alone."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record the message, and the account right before: it shows a message that OVH does not list."""
        witness = self._observer.witness.snapshot()
        return {
            "message_digest": self.planned.message_digest,
            "sender": self._sender,
            "expected": 1,
            "credits_estimated": self.planned.credits,
            # The message is dated in a later second than what the witness read.
            "ovh_time": self.client.wait_for_next_second().isoformat(),
            **witness,
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Send nothing to a person who must not get it, or if OVH lists the tag already.

        :raises NoTest: says why.
        """
        if reason := self.refusal():
            raise NoTest(reason)
        if self.client.outgoing.count(tag=self.planned.tag):
            if self.journal.live() is not None:
                raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION)
            from ovh_sms.store.campaign_tests import BEFORE_RESTORE

            raise NoTest(BEFORE_RESTORE)  # the tag is of this message alone: the journal has lost the attempt
        self.journal.receivers = self._receivers()

    def post(self, deadline: float) -> dict[str, Any]:
        """Send it by one POST."""
        answer = self.client.jobs.submit(self.planned.request, not_after=deadline)
        self.message_ids = answer.ids
        return self._answer(len(answer.accepted), answer.credits_removed)

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Observe the message at OVH; see :class:`~ovh_sms.sending.batch_observer.BatchObserver`."""
        return self._observer.observe(attempt, earlier, expected=1)

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from what OVH shows."""
        left = list(self.client.outgoing.iter(self.client.outgoing.ids(tag=attempt.tag)))
        found = [*left, *self._observer.waiting]
        return self._answer(1, sum(each.credits for each in found) if found else None)

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the tag by which a person finds the message."""
        return f"Search for the tag {attempt.tag} among the outgoing and the pending messages in OVH's manager."

    def _answer(self, submitted: int, credits_spent: float | None) -> dict[str, Any]:
        return {"sender": self._sender, "submitted": submitted, "credits_spent": credits_spent}

    def _receivers(self) -> ClaimedReceivers:
        """The one message, by which another batch's reconciliation distinguishes it from its own."""
        import numpy as np

        from ovh_sms.contacts.classify.receiver_digests import TRANSACTIONAL, ReceiverDigester
        from ovh_sms.store.attempt_receivers import ClaimedReceivers, RepeatRule

        rule = RepeatRule(
            account=self.client.account_name,
            message_key=TRANSACTIONAL,
            dag_id=TESTS_DAG,
            run_id=self.planned.tag,
            planned_at=None,
            window=timedelta(0),
        )
        digester = ReceiverDigester.of_message_key(self.journal.store.identity.secret(), TRANSACTIONAL)
        rows = [("number", "text"), (self.planned.number, self.planned.request.message)]
        return ClaimedReceivers(rule=rule, digests=np.sort(digester.of_rows(rows)))

    @property
    def _sender(self) -> str:
        return self.planned.request.sender or ""

    @cached_property
    def _observer(self) -> BatchObserver:
        text, number = self.planned.request.message, digits(self.planned.number)
        return BatchObserver(
            client=self.client,
            journal=self.journal,
            clock=self.clock,
            quiet_period=self.quiet_period,
            sender=self._sender,
            message=lambda attempt: text,
            texts=lambda attempt: {number: (text,)},
        )
