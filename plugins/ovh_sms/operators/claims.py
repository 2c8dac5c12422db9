"""Each attempt at a write is one process's alone: claimed in the results database, which all workers share."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.shared import check_shared

if TYPE_CHECKING:
    from ovh_sms.results.store import ResultsStore

#: How long an open attempt of one run keeps other runs of the campaign from sending.
BUSY_WITHIN = timedelta(minutes=15)


class Claims:
    """The attempts at one write.

    :param store: the results.
    :param facts: ``tag``, ``campaign``, ``dag_id``, ``run_id``, ``account``, ``list_digest``, ``message_digest``,
        and ``source_digest`` where known.
    :param kind: ``sending`` or ``order``.
    :param repeat_guard: within this time the same is not written again by another run.
    :param force: whether it is, all the same.
    :param results_conn_id: Airflow connection of the results.
    """

    def __init__(
        self,
        store: ResultsStore,
        facts: Mapping[str, Any],
        *,
        kind: str,
        repeat_guard: timedelta = timedelta(0),
        force: bool = False,
        results_conn_id: str = "ovh_sms_results",
    ) -> None:
        self._store = store
        self.facts = facts
        self.kind = kind
        self.repeat_guard = repeat_guard
        self.force = force
        self.results_conn_id = results_conn_id
        self.holder = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex}"[-120:]

    @cached_property
    def store(self) -> ResultsStore:
        """The results, their tables made."""
        self._store.migrate()
        return self._store

    def take(self, attempt: int) -> bool:
        """Take an attempt for this process alone.

        :param attempt: counted from 1.
        :returns: false where another process has it, or an earlier attempt is not certainly over.
        :raises ovh_sms.errors.StateNotKept: these results are not those that the other workers use.
        :raises ovh_sms.errors.AlreadySent: another run has sent the same to the same list, or to
            another one from the same contact list.
        :raises ovh_sms.errors.CampaignBusy: another run of the campaign is sending right now.
        """
        from ovh_sms.results.models import Post

        check_shared(self.store.identity(), self.results_conn_id)
        names = ("tag", "campaign", "dag_id", "run_id", "account", "list_digest", "message_digest")
        post = Post(
            attempt=attempt,
            kind=self.kind,
            holder=self.holder,
            source_digest=self.facts.get("source_digest"),
            **{name: self.facts[name] for name in names},
        )
        return self.store.open_post(
            post, repeat_guard=self.repeat_guard, force=self.force, busy_within=BUSY_WITHIN
        )

    def close(self, attempt: int, state: str) -> None:
        """Record what became of an attempt; ``void`` holds for all before it too.

        :param attempt: counted from 1.
        :param state: ``done``, or ``void`` where it was certainly not executed.
        """
        for each in range(1, attempt + 1) if state == "void" else [attempt]:
            self.store.close_post(self.facts["tag"], each, state)
