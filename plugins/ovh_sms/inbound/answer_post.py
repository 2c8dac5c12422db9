"""One answer to a reply as a remote write: one POST, found again at OVH by its tag, text and credits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import OutcomeUnknown, PreflightError
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.sending.batch_observer import BatchObserver
from ovh_sms.sending.receiver_files import digits
from ovh_sms.store.models import ANSWERS_DAG

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.submission_request import SubmissionRequest
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.idempotency.reconcile import Observation
    from ovh_sms.store.attempt_receivers import ClaimedReceivers
    from ovh_sms.store.models import Attempt

#: Why a reply gets no answer.
OPTED_OUT, TOO_OLD, ERASED, NO_COLUMNS, ENOUGH = "opted_out", "too_old", "erased", "no_columns", "enough"
#: The reply came from a name or a short number.
NO_NUMBER = "no_number"
#: Another task started the answer, whose rule has the same name: only that task's text may be sent.
NOT_WANTED = "not_wanted"
#: OVH has the answer, or may have: it was made before the results database was restored.
BEFORE_RESTORE = "before_restore"


class NoAnswer(NothingToMake):
    """A reply gets no answer. Nothing is claimed or sent.

    :param reason: short, as in ``opted_out``.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The reply gets no answer: {reason}.")


class OptedOutSince(PreflightError):
    """The person opted out between the claim of the answer and its POST. Nothing was sent."""

    def __init__(self) -> None:
        super().__init__(
            "The person opted out right before the answer.", action="Nothing was sent. The reply gets no answer."
        )


@dataclass(frozen=True, kw_only=True)
class PlannedAnswer:
    """An answer that is to be made.

    :param request: ``None`` if it cannot be made any more; an earlier attempt is reconciled all the same.
    :param message: the text before merging.
    :param why_not: why it cannot be made.
    """

    inbound_id: int
    rule: str
    tag: str
    message: str
    request: SubmissionRequest | None = field(repr=False)
    credits: float = 0.0
    why_not: str = ""

    @property
    def message_digest(self) -> str:
        """Digest of the text before merging, which names nobody."""
        from ovh_sms.sending.submission import digest_of

        return digest_of(self.message)


@dataclass
class AnswerPost:
    """The remote write of one answer; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    :param refusal: says before the claim why the reply gets no answer; empty if it gets one.
    :param has_opted_out: whether the results know, right before the POST, that the person has opted out.
    """

    planned: PlannedAnswer
    sender: str
    refusal: Callable[[], str]
    has_opted_out: Callable[[], bool]
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    quiet_period: timedelta
    done: str = field(default="answered", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """One message."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: a reply gets one answer of a rule, whichever text it had then."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record the answer, and the account right before: it shows an answer that OVH does not list."""
        witness = self._observer.witness.snapshot()
        return {
            "inbound_id": self.planned.inbound_id,
            "rule": self.planned.rule,
            "message_digest": self.planned.message_digest,
            "sender": self.sender,
            "expected": 1,
            "credits_estimated": self.planned.credits,
            # The answer is dated in a later second than what the witness read.
            "ovh_time": self.client.wait_for_next_second().isoformat(),
            **witness,
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Leave a reply without an answer that must not get one, or has one.

        :raises NoAnswer: says why.
        """
        reason = self.planned.why_not or self.refusal()
        if reason and not (reason == TOO_OLD and person_decided):
            raise NoAnswer(reason)
        if self.client.outgoing.count(tag=self.planned.tag):
            if self.journal.live() is not None:
                raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION)
            # The tag is of this reply and rule alone, so the journal has lost the attempt.
            raise NoAnswer(BEFORE_RESTORE)
        self.journal.receivers = self._receivers()

    def post(self, deadline: float) -> dict[str, Any]:
        """Answer by one POST, unless the person has opted out since the precheck.

        :raises OptedOutSince: nothing was sent.
        """
        if self.has_opted_out():
            raise OptedOutSince
        assert self.planned.request is not None  # noqa: S101 - precheck
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
        about = {"inbound_id": self.planned.inbound_id, "rule": self.planned.rule, "sender": self.sender}
        return {**about, "submitted": submitted, "credits_spent": credits_spent}

    def _receivers(self) -> ClaimedReceivers:
        """The one message of the answer, by which another batch's reconciliation distinguishes it from its own."""
        import numpy as np

        from ovh_sms.contacts.classify.receiver_digests import TRANSACTIONAL, ReceiverDigester
        from ovh_sms.store.attempt_receivers import ClaimedReceivers, RepeatRule

        secret = self.journal.store.identity.secret()
        rule = RepeatRule(
            account=self.client.account_name,
            message_key=TRANSACTIONAL,
            dag_id=ANSWERS_DAG,
            run_id=self.planned.tag,
            planned_at=None,
            window=timedelta(0),
        )
        digester = ReceiverDigester.of_message_key(secret, TRANSACTIONAL)
        return ClaimedReceivers(rule=rule, digests=np.sort(digester.of_rows([("number", "text"), self._message()])))

    def _message(self) -> tuple[str, str]:
        assert self.planned.request is not None  # noqa: S101 - precheck
        (number,) = self.planned.request.receivers or ()
        return number, self.planned.request.message

    @cached_property
    def _observer(self) -> BatchObserver:
        return BatchObserver(
            client=self.client,
            journal=self.journal,
            clock=self.clock,
            quiet_period=self.quiet_period,
            sender=self.sender,
            message=lambda attempt: self.planned.message if self._is_same(attempt) else None,
            texts=self._texts,
        )

    def _texts(self, attempt: Attempt) -> dict[int, Sequence[str]] | None:
        if self.planned.request is None or not self._is_same(attempt):
            return None
        number, text = self._message()
        return {digits(number): (text,)}

    def _is_same(self, attempt: Attempt) -> bool:
        """Whether an attempt was made with the text that the rule has now."""
        return bool((attempt.snapshot or {}).get("message_digest") == self.planned.message_digest)
