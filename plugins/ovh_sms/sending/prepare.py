"""The prepared list of a run: made once, and never again after a batch of it was submitted.

If the list were prepared again between two batches, a person could move from a batch that is sent to one that is not,
and get the message twice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.contacts.list_totals import Rates
from ovh_sms.contacts.preparation import Fetch, PreparationRequest, PreparationResult, prepare_contacts
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.progress import Progress
from ovh_sms.errors import RequestChanged
from ovh_sms.idempotency.task_state import TaskState
from ovh_sms.messaging.mail_merge import placeholders
from ovh_sms.private_files import private_folder
from ovh_sms.sending.frozen_list import check_not_lost, frozen_digest
from ovh_sms.sending.submission import digest_of

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient

log = logging.getLogger(__name__)

#: Seconds between two lines of progress in the log.
PROGRESS_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class RunPreparation:
    """The list that one run of a campaign sends to."""

    source: PreparationRequest
    folder: Path
    batch_size: int | None
    state: TaskState

    def run(self, client: OvhSmsClient, *, fetch: Fetch, rates: Rates) -> PreparationResult:
        """Prepare the list, or return the one whose submission has started.

        Source: GET ``/sms/{serviceName}/blacklists``.

        :param fetch: copies a contact list that is no local file.
        :param rates: credits per segment by calling code.
        :raises RequestChanged: the run has started to send and its list, message or options changed since.
        :raises ContactsError: the list or the message's placeholders are wrong.
        :raises SourceUnavailable: a database, a server or a storage gave no complete answer.
        """
        if frozen_digest(self.folder) is not None:
            return self._frozen()
        check_not_lost(self.state.answer is not None, self.folder)
        log.info("preparing columns_of_message=%s", ",".join(placeholders(self.source.message)) or "none")
        result = prepare_contacts(
            self.source,
            out=private_folder(self.folder),
            fetch=fetch,
            suppressed=client.blacklists.numbers(),
            progress=Progress(log.info, every=PROGRESS_SECONDS),
            rates=rates,
            batch_size=self.batch_size,
        )
        self.state.succeed({"digest": result.prepared.digest, "source": self._source_digest})
        return result

    def _frozen(self) -> PreparationResult:
        """Return the list whose submission has started."""
        prepared = PreparedList.load(self.folder)
        if prepared.digest != frozen_digest(self.folder):
            raise RequestChanged(
                "This run has started to send, and since then another list was put in the place of its own.",
                action="Nothing is sent: some receivers could get the message twice. Start a new run for the others.",
            )
        earlier = (self.state.answer or {}).get("source", self._source_digest)
        if earlier != self._source_digest or prepared.fingerprint != self.source.fingerprint(self.batch_size):
            raise RequestChanged(
                "This run has started to send, and since then the campaign's message or contacts changed.",
                action="Nothing is sent. To send the changed campaign, start a new run.",
            )
        log.info("frozen list digest=%s: this run has started to send", prepared.digest)
        return PreparationResult(prepared=prepared, source=str(prepared.source), suppression={}, changes=None)

    @property
    def _source_digest(self) -> str:
        source = self.source
        return digest_of(repr((source.contacts, source.sheet, list(source.suppress))))
