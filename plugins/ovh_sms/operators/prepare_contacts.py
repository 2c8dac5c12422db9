"""Prepares a campaign's contact list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.task_context import task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.contacts.preparation import PreparationRequest


class ContactsOperator(OvhSmsOperator):
    """A step that reads a contact list; not for use on its own.

    :param contacts: path of the contact list, its address, or ``{"sql": …}`` or ``{"http": …}``.
    :param message: the text with its ``#column#`` placeholders.
    :param stop_clause: whether OVH adds the STOP clause, whose characters are counted.
    :param sheet: sheet of an Excel workbook; by default the first.
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
        """Return the list with its options; the sandbox accepts numbers of fiction."""
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
    """Turn a contact list into the list for OVH, and give the reason of every row left out. Sends nothing.

    A person on the account's blacklist, who answered STOP, gets no message. A list that is no local CSV file is
    copied while it is read.

    Source: GET ``/sms/{serviceName}/blacklists``; ``/sms/rates/destinations`` for countries other than France.

    :param campaign: name of the campaign.
    :param contacts: path of the contact list, its address, or ``{"sql": …}`` or ``{"http": …}``.
    :param message: the text with its ``#column#`` placeholders.
    :param stop_clause: whether OVH adds the STOP clause, whose characters are counted.
    :param sheet: sheet of an Excel workbook; by default the first.
    :param suppress: paths or addresses of files of numbers that get no SMS.
    :param options: fields of :class:`~ovh_sms.contacts.options.ContactOptions`.
    :param batch_size: most receivers of a batch; one batch without a size.
    :param send_task_id: the task of the same run that sends; the files lie in a folder named by its tag.
    :returns: counts, digests and paths of the prepared list and its ``batches``; no numbers, no texts. Once a batch
        was submitted, the run keeps its list, even if this task is cleared.
    :raises ContactsError: the list or the message's placeholders are wrong.
    :raises SourceUnavailable: a database, a server or a storage gave no complete answer.
    :raises RequestChanged: the run has begun to send, and the message, the options or the list changed since, or
        the folder of the list is gone.
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
        send_task_id: str = "send",
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
        self.send_task_id = send_task_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Prepare the list, or return the one whose submission has begun."""
        from ovh_sms.contacts.preparation_log import log_preparation
        from ovh_sms.credits.rates import foreign_rates
        from ovh_sms.hooks.contact_lists import fetch
        from ovh_sms.hooks.task_state import AirflowTaskState
        from ovh_sms.idempotency.task_state import TaskState
        from ovh_sms.sending.prepare import RunPreparation
        from ovh_sms.settings import campaign_folder

        source, client = self.list_source(), self.hook.client
        preparation = RunPreparation(
            source=source,
            folder=campaign_folder(self.campaign, task_tag(context, task_id=self.send_task_id)),
            batch_size=self.batch_size,
            state=TaskState(AirflowTaskState(context["task_state_store"]), "prepared"),
        )
        result = preparation.run(client, fetch=fetch, rates=partial(foreign_rates, client))
        log_preparation(result, transliterate=source.options.transliterate)
        return result.to_xcom()
