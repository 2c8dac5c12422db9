"""One answer to a reply as a remote write: one POST, found again at OVH by its tag, text and credits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ovh_sms.errors import NotMade
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.sending.single_message_post import PlannedMessage, SingleMessagePost
from ovh_sms.store.models import ANSWERS_DAG

if TYPE_CHECKING:
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


class OptedOutSince(NotMade):
    """The person opted out between the claim of the answer and its POST. Nothing was sent."""

    def __init__(self) -> None:
        super().__init__(
            "The person opted out right before the answer.", action="Nothing was sent. The reply gets no answer."
        )


@dataclass(frozen=True, kw_only=True)
class PlannedAnswer(PlannedMessage):
    """An answer that is to be made.

    :param why_not: why it cannot be made.
    """

    inbound_id: int
    rule: str
    why_not: str = ""


@dataclass(kw_only=True)
class AnswerPost(SingleMessagePost):
    """The remote write of one answer. A reply gets one answer of a rule, whichever text it had then.

    :param refusal: says before the claim why the reply gets no answer; empty if it gets one.
    :param has_opted_out: whether the results know, right before the POST, that the person has opted out.
    """

    planned: PlannedAnswer
    refusal: Callable[[], str]
    has_opted_out: Callable[[], bool]
    dag_id: ClassVar[str] = ANSWERS_DAG
    done: ClassVar[str] = "answered"

    def why_not(self, *, person_decided: bool) -> NothingToMake | None:
        """Leave a reply without an answer that must not get one."""
        reason = self.planned.why_not or self.refusal()
        return NoAnswer(reason) if reason and not (reason == TOO_OLD and person_decided) else None

    def before_restore(self) -> NothingToMake:
        """End it: the reply has its answer."""
        return NoAnswer(BEFORE_RESTORE)

    def about(self) -> dict[str, Any]:
        """Name the reply and the rule."""
        return {"inbound_id": self.planned.inbound_id, "rule": self.planned.rule, **super().about()}

    def is_same(self, attempt: Attempt) -> bool:
        """Return whether an attempt was made with the text that the rule has now."""
        return bool((attempt.snapshot or {}).get("message_digest") == self.planned.message_digest)

    def post(self, deadline: float) -> dict[str, Any]:
        """Answer by one POST, unless the person has opted out since the precheck.

        :raises OptedOutSince: nothing was sent.
        """
        if self.has_opted_out():
            raise OptedOutSince
        return super().post(deadline)
