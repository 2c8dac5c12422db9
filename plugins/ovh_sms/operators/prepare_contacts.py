"""Prepare a campaign's contact list and check that it may be sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import RequestChanged
from ovh_sms.hooks.task_state import AirflowTaskState
from ovh_sms.idempotency.task_state import TaskState
from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.sending.frozen_list import check_not_lost, frozen_digest
from ovh_sms.sending.submission import digest_of
from ovh_sms.task_context import task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.contacts.preparation import PreparationRequest, PreparationResult
    from ovh_sms.contacts.prepared import PreparedList

#: Seconds between two lines of progress in the log.
PROGRESS_SECONDS = 10.0


class ContactsOperator(OvhSmsOperator):
    """A step that reads a contact list; not for use on its own.

    :param contacts: path of the contact list, its address, or ``{"sql": …}`` or ``{"http": …}``.
    :param message: the text with its ``#column#`` placeholders.
    :param stop_clause: whether OVH adds the STOP clause, whose characters are counted.
    :param sheet: sheet of an Excel workbook; the first where not given.
    :param suppress: paths or addresses of files of numbers that get no SMS.
    :param options: fields of :class:`~ovh_sms.contacts.options.ContactOptions`.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "contacts", "suppress")

    def __init__(
        self,
        *,
        contacts: str | Mapping[str, Any],
        message: str,
        stop_clause: bool,
        sheet: str | None = None,
        suppress: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.contacts = contacts
        self.message = message
        self.stop_clause = stop_clause
        self.sheet = sheet
        self.suppress = suppress
        self.options = options

    def list_source(self) -> PreparationRequest:
        """The list with its options; on the sandbox numbers of fiction are receivers."""
        from ovh_sms.contacts.options import ContactOptions
        from ovh_sms.contacts.preparation import PreparationRequest

        return PreparationRequest(
            contacts=self.contacts,
            message=self.message,
            stop_clause=self.stop_clause,
            options=ContactOptions(**{"allow_fiction": self.hook.is_sandbox, **(self.options or {})}),
            sheet=self.sheet,
            suppress=self.suppress or (),
        )


class PrepareContactsOperator(ContactsOperator):
    """Turn a contact list into the list OVH is given, with the reason of every row left out.

    Sends nothing. Reads the account's blacklist, so that nobody who answered STOP is written to again. A list that
    is no local CSV file is copied for as long as it is read.

    :param campaign: name of the campaign.
    :param contacts: path of the contact list, its address, or ``{"sql": …}`` or ``{"http": …}``.
    :param message: the text with its ``#column#`` placeholders.
    :param stop_clause: whether OVH adds the STOP clause, whose characters are counted.
    :param sheet: sheet of an Excel workbook; the first where not given.
    :param suppress: paths or addresses of files of numbers that get no SMS.
    :param options: fields of :class:`~ovh_sms.contacts.options.ContactOptions`.
    :param batch_size: receivers of one sending at most; all in one where not given.
    :param sending_task_id: the task of the same run that sends; the files lie in a folder named by its tag.
    :returns: counts, digests and paths of the prepared list and its ``batches``; no numbers, no texts. TaskState a run has
        begun to send, its list stays as it is, also where this task is cleared.
    :raises ContactsError: where the list or the message's placeholders are wrong.
    :raises SourceUnavailable: where a database, a server or a storage did not answer.
    :raises RequestChanged: where the run has begun to send and the message, the options or the list changed since, or
        the folder of the list is gone.

    Rests on GET /sms/{serviceName}/blacklists, and /sms/rates/destinations for countries other than France.
    """

    def __init__(
        self,
        *,
        campaign: str,
        contacts: str | Mapping[str, Any],
        message: str,
        stop_clause: bool,
        sheet: str | None = None,
        suppress: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
        batch_size: int | None = None,
        sending_task_id: str = "send",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            contacts=contacts,
            message=message,
            stop_clause=stop_clause,
            sheet=sheet,
            suppress=suppress,
            options=options,
            **kwargs,
        )
        self.campaign = campaign
        self.batch_size = batch_size
        self.sending_task_id = sending_task_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Prepare the list, or give the one that is being sent already."""
        from ovh_sms.private_files import private_folder
        from ovh_sms.settings import campaign_folder

        folder = campaign_folder(self.campaign, task_tag(context, task_id=self.sending_task_id))
        state = TaskState(AirflowTaskState(context["task_state_store"]), "prepared")
        source = digest_of(repr((self.contacts, self.sheet, list(self.suppress or ()))))
        if frozen_digest(folder) is not None:
            return self._kept(folder, same_source=(state.answer or {}).get("source", source) == source)
        check_not_lost(state.answer is not None, folder)
        prepared = self._prepare(private_folder(folder))
        state.succeed({"digest": prepared["digest"], "source": source})
        return prepared

    def _prepare(self, folder: Path) -> dict[str, Any]:
        from ovh_sms.contacts.preparation import prepare_contacts
        from ovh_sms.contacts.progress import Progress
        from ovh_sms.hooks.contact_lists import fetch
        from ovh_sms.messaging.mail_merge import placeholders

        self.log.info("Columns the message uses: %s", ", ".join(placeholders(self.message)) or "none")
        found = prepare_contacts(
            self.list_source(),
            out=folder,
            fetch=fetch,
            suppressed=self.hook.client.blacklists.numbers(),
            progress=Progress(self.log.info, every=PROGRESS_SECONDS),
            rates=self._rates,
            batch_size=self.batch_size,
        )
        self._tell_source(found)
        self._tell(found.prepared)
        return found.to_dict()

    def _kept(self, folder: Path, *, same_source: bool) -> dict[str, Any]:
        """Give the list whose sending has begun.

        :raises RequestChanged: message, source, suppression files or options changed since, or another list
            was put in its place.
        """
        from ovh_sms.contacts.prepared import PreparedList

        kept = PreparedList.load(folder)
        if kept.digest != frozen_digest(folder):
            raise RequestChanged(
                "This run has begun to send, and since then another list was put in the place of its own.",
                action="Nothing is sent: some receivers could get the message twice. Start a new run for the others.",
            )
        source = self.list_source()
        if not same_source or kept.fingerprint != source.fingerprint(self.batch_size):
            raise RequestChanged(
                "This run has begun to send, and since then the campaign's message or contacts changed.",
                action="Nothing is sent. To send the changed campaign, start a new run.",
            )
        self.log.info("This run has begun to send: its list stays as it is")
        self._tell(kept)
        return {**kept.to_dict(), "suppression": {}, "changes": None}

    def _rates(self, codes: Sequence[str]) -> dict[str, float]:
        """Ask OVH what a part costs in each country of the list but France, where it is one credit."""
        from ovh_sms.credits.rates import rates_abroad

        return rates_abroad(self.hook.client, codes)

    def _tell_source(self, found: PreparationResult) -> None:
        self.log.info("Contact list: %s", found.source)
        for name, count in found.suppression.items():
            self.log.info("Suppression file %s: %d numbers", name, count)
        changes = found.changes.to_dict() if found.changes else {"transliterated": {}, "filled": {}}
        for character, how in changes["transliterated"].items():
            self.log.info("  %r written as %r in %d rows", character, how["to"], how["rows"])
        for column, rows in changes["filled"].items():
            self.log.info("  empty %s written as the default text in %d rows", column, rows)

    def _tell(self, prepared: PreparedList) -> None:
        from ovh_sms.contacts.preview_counts import rejected_characters
        from ovh_sms.contacts.preview_text import counted, describe_rejected_characters

        rejected = sum(prepared.rejected.values())
        self.log.info("%d rows: %d accepted, %d rejected", prepared.rows, prepared.accepted, rejected)
        for reason, count in sorted(prepared.rejected.items(), key=lambda item: -item[1]):
            self.log.info("  rejected %s: %d", reason, count)
        # The rejects of a list that is being sent may have been removed meanwhile, as they are personal data.
        if "not_gsm7" in prepared.rejected and prepared.rejects_path.is_file():
            wanted = bool((self.options or {}).get("transliterate"))
            found = rejected_characters(prepared.rejects_path)
            self.log.info("  %s", describe_rejected_characters(found, transliterated=wanted))
        if rejected * 2 > prepared.rows:
            self.log.warning("More than half of the rows were rejected: is this the right list?")
        self.log.info(
            "%g credits, at most %s a message; %s in Unicode",
            prepared.credits,
            counted(prepared.worst_segments, "segment"),
            counted(prepared.unicode_rows, "message"),
        )
        sendings = counted(len(prepared.batches), "sending")
        self.log.info("Prepared list: %s, to be sent in %s", prepared.folder, sendings)
        self.log.info("Rejected rows and reasons: %s", prepared.rejects_path)


class PreflightOperator(OvhSmsOperator):
    """Say no before anything is sent: nobody to send to, sender not enabled, credits or budget short.

    :param prepared: output of :class:`PrepareContactsOperator`.
    :param message: the text, whose length OVH is asked to estimate.
    :param marketing: whether messages carry the STOP clause.
    :param sender: the campaign's sender; ``None`` where receivers answer to a short number.
    :param budget: credits the campaign may cost at most.
    :returns: what was checked: cost, credits left, sender, when OVH will start to send.
    :raises ContactsError: where no row of the list can be sent to.
    :raises PreflightError: names the check and what to do; nothing was sent.

    Rests on GET /sms/{serviceName}, /senders and POST /sms/estimate (which sends nothing).
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared")

    def __init__(
        self,
        *,
        prepared: dict[str, Any],
        message: str,
        marketing: bool,
        sender: str | None,
        budget: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prepared = prepared
        self.message = message
        self.marketing = marketing
        self.sender = sender
        self.budget = budget

    def execute(self, context: Context) -> dict[str, Any]:
        """Run every check."""
        from ovh_sms.sending.preflight import check_cost, check_receivers, check_sender

        check_receivers(self.prepared["accepted"], rejects_path=self.prepared["rejects_path"])
        client = self.hook.client
        if self.sender is not None:
            check_sender(
                self.sender, {name: client.senders.get(name).status for name in client.senders.names()}
            )
        left = client.account.get().credits_left
        cost = float(self.prepared["credits"])
        begun = frozen_digest(Path(self.prepared["folder"])) is not None
        # What is sent already needs no credits; what is not is refused by OVH where they are short.
        check_cost(cost, budget=self.budget, credits_left=math.inf if begun else left)
        if begun:
            self.log.info("This run has begun to send: whether the credits suffice is not checked again")
        self._compare_with_ovh()
        starts = self._starts_at()
        self.log.info("Ready: %g credits of %g left; OVH starts to send at %s", cost, left, starts)
        return {"cost": cost, "credits_left": left, "sender": self.sender, "starts_at": starts}

    def _compare_with_ovh(self) -> None:
        """Warn where OVH counts the bare message otherwise than this package does."""
        from ovh_sms.messaging.segments import measure

        stop_clause = self.marketing and self.sender is not None
        ours = measure(self.message, stop_clause=stop_clause)
        theirs = self.hook.client.jobs.estimate(
            self.message, stop_clause=stop_clause, sender_type="alpha" if self.sender else "shortcode"
        )
        if ours.segments != theirs.segments:
            self.log.warning(
                "OVH counts %d parts for the message as written, this package %d: the cost may differ.",
                theirs.segments,
                ours.segments,
            )

    def _starts_at(self) -> str:
        from datetime import UTC, datetime

        from ovh_sms.messaging.sending_window import SendingWindow

        now = datetime.now(UTC)
        opens = SendingWindow().opens_at(now) if self.marketing else now
        if opens > now:
            self.log.warning("Outside commercial hours: OVH holds marketing messages until about %s", opens)
        return opens.isoformat()
