"""Each attempt at a write is one process's alone: claimed in the results database, which all workers share."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError
from ovh_sms.hooks.store_identity import check_shared

if TYPE_CHECKING:
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import ResultsStore

#: How long an open attempt of one run keeps other runs of the campaign from sending.
IN_FLIGHT_WINDOW = timedelta(minutes=15)
#: An attempt is certainly over so long after it was opened, whatever the clocks say.
RIVAL_WINDOW = timedelta(minutes=10)


class Journal:
    """The attempts at one write.

    :param store: the results.
    :param facts: ``tag``, ``campaign``, ``dag_id``, ``run_id``, ``account``, ``list_digest``, ``message_digest``,
        and ``source_digest`` where known.
    :param kind: ``sending`` or ``order``.
    :param duplicate_window: within this time the same is not written again by another run.
    :param force: whether it is, all the same.
    :param in_flight_window: how long an open attempt keeps other runs waiting.
    :param results_conn_id: Airflow connection of the results.
    """

    def __init__(
        self,
        store: ResultsStore,
        facts: Mapping[str, Any],
        *,
        kind: str,
        duplicate_window: timedelta = timedelta(0),
        force: bool = False,
        in_flight_window: timedelta = IN_FLIGHT_WINDOW,
        results_conn_id: str = "ovh_sms_results",
    ) -> None:
        self._store = store
        self.facts = facts
        self.kind = kind
        self.duplicate_window = duplicate_window
        self.force = force
        self.in_flight_window = in_flight_window
        self.results_conn_id = results_conn_id
        self._shared = False
        self.holder = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex}"[-120:]

    @cached_property
    def store(self) -> ResultsStore:
        """The results, their tables made."""
        self._store.migrate()
        return self._store

    def check_shared(self) -> None:
        """Make sure, once, that these results are those that all workers share.

        :raises ovh_sms.errors.JournalUnavailable: they are not, or cannot be told.
        """
        if not self._shared:
            check_shared(self.store.identity(), self.results_conn_id)
            self._shared = True

    def at_ovh(self) -> Attempt | None:
        """Find the attempt that is at OVH, or may be; whoever made it, and whatever Airflow remembers of it.

        :returns: the attempt, with the facts it was made with; ``None`` where certainly none is.
        :raises ovh_sms.errors.ConfigurationError: the tag is another task's.
        """
        found = self.store.attempt_of(self.facts["tag"])
        if found is not None and (found.dag_id, found.run_id) != (self.facts["dag_id"], self.facts["run_id"]):
            raise ConfigurationError(
                f"The tag {found.tag} is that of run {found.run_id} of {found.dag_id}.",
                action="Nothing was sent. A tag of your own must never have been used before: give each task another "
                "one.",
            )
        return found

    def attempts(self) -> int:
        """Tell the number of the latest attempt; 0 where there was none."""
        return max((post.attempt for post in self.store.posts(self.facts["tag"])), default=0)

    def refuse_cancelled(self) -> None:
        """Refuse to look or write for a run that a person has stopped.

        :raises ovh_sms.errors.RunCancelled: it was stopped.
        """
        self.store.refuse_cancelled(self.facts["dag_id"], self.facts["run_id"])

    def opened_at(self) -> datetime:
        """When the attempt that may be at OVH was opened, by the clock of the results; now where none was."""
        found = self.store.attempt_of(self.facts["tag"])
        return (found and found.opened_at) or datetime.now(UTC)

    def shared(self) -> bool:
        """Tell whether waiting messages may be those of another run whose answer is not known, now."""
        return self.store.rivals(self._post(1), self.opened_at() - RIVAL_WINDOW) > 0

    def jobs_of_others(self) -> tuple[set[int], set[int]]:
        """List the messages of other sendings by OVH's ids: of those certainly handed over before, and of the rest."""
        begun = self.opened_at() - RIVAL_WINDOW
        found = self.store.jobs_of_others(self.facts["account"], [self.facts["tag"]])
        before = {job for job, opened in found.items() if opened < begun}
        return before, found.keys() - before

    def refunded(self) -> float:
        """Credits that OVH gave back for messages taken back since, or shortly before."""
        return self.store.refunded(self.facts["account"], self.opened_at() - RIVAL_WINDOW)

    def take(self, attempt: int, facts: Mapping[str, Any]) -> bool:
        """Take an attempt for this process alone.

        :param attempt: counted from 1.
        :param facts: what a later try needs to find it at OVH.
        :returns: false where another process has it, or an earlier attempt is not certainly over.
        :raises ovh_sms.errors.JournalUnavailable: these results are not those that the other workers use.
        :raises ovh_sms.errors.DuplicateSubmission: another run has sent the same to the same list, or to
            another one from the same contact list.
        :raises ovh_sms.errors.SubmissionInFlight: another run of the campaign is sending right now.
        :raises ovh_sms.errors.RunCancelled: a person has stopped the run.
        """
        self.check_shared()
        return self.store.claim_attempt(
            self._post(attempt, dict(facts)),
            duplicate_window=self.duplicate_window,
            force=self.force,
            in_flight_window=self.in_flight_window,
        )

    def done(self, attempt: int, answer: Mapping[str, Any], job_ids: Sequence[int] | None = None) -> None:
        """Record that an attempt reached OVH.

        :param attempt: counted from 1.
        :param answer: what OVH answered, or what was found of it.
        :param job_ids: OVH's ids of the messages, where it told them.
        """
        self.store.close_attempt(self.facts["tag"], attempt, "done", answer=dict(answer), job_ids=job_ids)

    def void(self, attempt: int) -> None:
        """Record that an attempt was certainly not executed: it alone, as no other was looked for.

        :param attempt: counted from 1.
        """
        self.store.close_attempt(self.facts["tag"], attempt, "void")

    def _post(self, attempt: int, facts: dict[str, Any] | None = None) -> Attempt:
        from ovh_sms.store.models import Attempt

        names = ("tag", "campaign", "dag_id", "run_id", "account", "list_digest", "message_digest")
        return Attempt(
            attempt=attempt,
            kind=self.kind,
            holder=self.holder,
            facts=facts,
            source_digest=self.facts.get("source_digest"),
            **{name: self.facts[name] for name in names},
        )
