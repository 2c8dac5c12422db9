"""The part of a task that reads the replies of its account right before it submits a batch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.inbound.rules import ReplyRules
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.sending.submission import Submission
    from ovh_sms.store.store import Store

#: Reads of the replies at most: one that took long missed what came meanwhile.
_MOST_READS = 3


class ReadsReplies:
    """Part of a task that submits a batch."""

    reply_rules: Mapping[str, Any] | None

    if TYPE_CHECKING:
        hook: Any

    def submit_once(
        self, planned: PlannedSubmission, *, store: Store, task: TaskTry, policy: ReconcilePolicy
    ) -> Submission:
        """Submit a batch, or reconcile an earlier try; read the replies first, if people can answer it.

        Source: GET ``/sms/{serviceName}/incoming`` and below, and those of :func:`~ovh_sms.sending.submit.submit`.
        """
        from ovh_sms.clock import SystemClock
        from ovh_sms.sending.replies_read import RepliesUnread
        from ovh_sms.sending.submit import submit

        given: dict[str, Any] = {"client": self.hook.client, "store": store, "task": task, "policy": policy}
        while True:
            try:
                return submit(planned, **given, clock=SystemClock())
            except RepliesUnread:
                self._read_replies(planned, store)

    def _read_replies(self, planned: PlannedSubmission, store: Store) -> None:
        """Read them, and once more if that took long: others came meanwhile."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.inbound.replies_before_post import read_replies
        from ovh_sms.sending.replies_read import LASTS

        clock, rules = SystemClock(), self._rules()
        for _ in range(_MOST_READS):
            started = clock.monotonic()
            read_replies(self.hook.client, store, rules)
            if clock.monotonic() - started < LASTS.total_seconds():
                break
        if planned.replies is not None:
            planned.replies.note(clock)

    def _rules(self) -> ReplyRules | None:
        from ovh_sms.inbound.rules import ReplyRules

        if self.reply_rules is None:
            return None
        folder = self.reply_rules.get("campaigns")
        return ReplyRules(Path(folder) if folder else None, self.reply_rules.get("keywords") or ())
