"""One message to one person as a remote write: one POST, found again at OVH by its tag, text and credits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from ovh_sms.errors import OutcomeUnknown
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION
from ovh_sms.sending.batch_observer import BatchObserver
from ovh_sms.sending.claimed_messages import claimed_messages
from ovh_sms.sending.receiver_files import digits

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.submission_request import SubmissionRequest
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.idempotency.reconcile import Observation
    from ovh_sms.idempotency.remote_write import NothingToMake
    from ovh_sms.store.models import Attempt


@dataclass(frozen=True, kw_only=True)
class PlannedMessage:
    """A message that is to be sent to one person.

    :param tag: made from what must not happen twice.
    :param message: the text before merging; ``request`` has the merged one.
    :param request: ``None`` if it cannot be sent any more; an earlier attempt is reconciled all the same.
    :param credits: credits that it costs.
    """

    tag: str
    message: str = field(repr=False)
    request: SubmissionRequest | None = field(repr=False)
    credits: float = 0.0

    @property
    def number(self) -> str:
        """The receiver, E.164."""
        (number,) = self._known_request.receivers or ()
        return number

    @property
    def text(self) -> str:
        """The merged text."""
        return self._known_request.message

    @property
    def message_digest(self) -> str:
        """Digest of the text before merging, which names nobody."""
        from ovh_sms.sending.submission import digest_of

        return digest_of(self.message)

    @property
    def _known_request(self) -> SubmissionRequest:
        assert self.request is not None  # noqa: S101 - the precheck refuses one that cannot be sent
        return self.request


@dataclass(kw_only=True)
class SingleMessagePost(ABC):
    """The remote write of one message; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    The base of the writers of single messages; not for use on its own. ``dag_id`` is the name under which the journal
    keeps them.

    :param sender: shown sender; empty if the receiver answers to a short number.
    """

    planned: PlannedMessage
    sender: str
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    quiet_period: timedelta
    message_ids: Sequence[int] | None = field(default=None, init=False)

    dag_id: ClassVar[str]
    done: ClassVar[str]

    @abstractmethod
    def why_not(self, *, person_decided: bool) -> NothingToMake | None:
        """Return why nothing is sent, right before the claim; ``None`` if it is."""

    @abstractmethod
    def before_restore(self) -> NothingToMake:
        """Return the end of a message that OVH lists, while the journal has lost its attempt by a restoration."""

    def about(self) -> dict[str, Any]:
        """Return what snapshot and answer say of the message. No number, no text."""
        return {"sender": self.sender}

    def is_same(self, attempt: Attempt) -> bool:
        """Return whether an attempt was made with the text that is planned now."""
        return True

    def expected(self, attempt: Attempt) -> int | None:
        """One message."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: the tag names what must not happen twice, whichever text it had then."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record the message, and the account right before: it shows a message that OVH does not list."""
        witness = self._observer.payer.snapshot()
        return {
            **self.about(),
            "user": self.client.user,
            "message_digest": self.planned.message_digest,
            "expected": 1,
            "credits_estimated": self.planned.credits,
            # The message is dated in a later second than what the witness read.
            "ovh_time": self.client.wait_for_next_second().isoformat(),
            **witness,
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Send nothing that must not be sent, or if OVH lists the tag already.

        :raises NothingToMake: says why.
        """
        if reason := self.why_not(person_decided=person_decided):
            raise reason
        if self.client.outgoing.count(tag=self.planned.tag):
            if self.journal.live() is not None:
                raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION)
            # The tag is of this message alone, so the journal has lost the attempt.
            raise self.before_restore()
        self.journal.receivers = claimed_messages(
            self.journal,
            [(self.planned.number, self.planned.text)],
            account=self.client.account_name,
            dag_id=self.dag_id,
            tag=self.planned.tag,
        )

    def post(self, deadline: float) -> dict[str, Any]:
        """Send it by one POST."""
        assert self.planned.request is not None  # noqa: S101 - precheck
        answer = self.client.jobs.submit(self.planned.request, not_after=deadline)
        self.message_ids = answer.ids
        return self._answer(len(answer.accepted), answer.credits_removed)

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Observe the message at OVH; see :class:`~ovh_sms.sending.batch_observer.BatchObserver`."""
        return self._observer.observe(attempt, earlier, expected=1)

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from what OVH shows."""
        client, ids = self._observer.lists(attempt)
        left = list(client.outgoing.iter(ids))
        found = [*left, *self._observer.waiting]
        return self._answer(1, sum(each.credits for each in found) if found else None)

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the tag by which a person finds the message."""
        return f"Search for the tag {attempt.tag} among the outgoing and the pending messages in OVH's manager."

    def _answer(self, submitted: int, credits_spent: float | None) -> dict[str, Any]:
        return {**self.about(), "submitted": submitted, "credits_spent": credits_spent}

    @cached_property
    def _observer(self) -> BatchObserver:
        return BatchObserver(
            client=self.client,
            journal=self.journal,
            clock=self.clock,
            quiet_period=self.quiet_period,
            sender=self.sender,
            message=lambda attempt: self.planned.message if self.is_same(attempt) else None,
            texts=self._texts,
        )

    def _texts(self, attempt: Attempt) -> dict[int, Sequence[str]] | None:
        if self.planned.request is None or not self.is_same(attempt):
            return None
        return {digits(self.planned.number): (self.planned.text,)}
