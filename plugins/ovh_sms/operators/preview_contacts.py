"""Previews the messages and the cost of a campaign before it is sent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.operators.contact_list import ContactsOperator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.sdk import Context

    from ovh_sms.contacts.preview.list_preview import Preview


class PreviewContactsOperator(ContactsOperator):
    """Log the messages and the cost of a campaign; sends nothing and keeps no file.

    The log shows columns, reject reasons, segments, credits, price and the characters that force Unicode. A message
    is shown with the name and length of each value in its place; numbers are not shown.

    Source: GET ``/sms/{serviceName}/blacklists``, ``/sms/rates/packs`` and ``/sms/rates/destinations``.

    :param contacts: path of the contact list, its address, or ``{"sql": …}`` or ``{"http": …}``.
    :param message: the text with its ``#column#`` placeholders.
    :param stop_clause: whether OVH adds the STOP clause, whose characters are counted.
    :param sheet: sheet of an Excel workbook; by default the first.
    :param suppress: paths or addresses of files of numbers that get no SMS.
    :param options: fields of :class:`~ovh_sms.contacts.options.ContactOptions`.
    :param price_per_credit: money without tax; by default OVH's price.
    :returns: counts; no numbers, no texts.
    :raises ContactsError: the list or the message's placeholders are wrong.
    :raises SourceUnavailable: a database, a server or a storage gave no complete answer.
    """

    call_class = CallClass.COLLECT

    def __init__(
        self,
        *,
        contacts: str | Mapping[str, Any],
        message: str,
        stop_clause: bool,
        sheet: str | None = None,
        suppress: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
        price_per_credit: float | None = None,
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
        self.price_per_credit = price_per_credit

    def execute(self, context: Context) -> dict[str, Any]:
        """Prepare the list in a folder that is removed, and log its preview."""
        from ovh_sms.contacts.preview.list_preview import Price
        from ovh_sms.contacts.preview.preview_text import lines
        from ovh_sms.credits.rates import credit_price

        preview = self._preview()
        if self.price_per_credit is not None:
            price: Price | None = Price(per_credit=self.price_per_credit)
        else:
            price = credit_price(self.hook.client, preview.result.prepared.credits)
        preview = preview.priced(price)
        for line in lines(preview, masked=True):
            self.log.info("%s", line)
        return preview.counts()

    def _preview(self) -> Preview:
        from ovh_sms.contacts.preparation import Progress
        from ovh_sms.contacts.preview.list_preview import make_preview
        from ovh_sms.credits.rates import foreign_rates
        from ovh_sms.hooks.contact_lists import fetch
        from ovh_sms.private_files import scratch_folder
        from ovh_sms.sending.prepare import PROGRESS_SECONDS
        from ovh_sms.settings import data_path

        client = self.hook.client
        data_path().mkdir(parents=True, exist_ok=True)
        with scratch_folder(data_path(), prefix=".preview-") as folder:
            return make_preview(
                self.list_source(),
                folder=folder,
                fetch=fetch,
                suppressed=client.blacklists.numbers(),
                progress=Progress(self.log.info, every=PROGRESS_SECONDS),
                rates=partial(foreign_rates, client, missing_ok=True),
            )
