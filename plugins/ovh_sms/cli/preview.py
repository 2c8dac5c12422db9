"""``ovh-sms preview``: show what a campaign would send and cost. A local list needs neither Airflow nor OVH."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli.airflow_connections import ovh_hook, use_airflow
from ovh_sms.cli.arguments import AsJson, CampaignName, FoundCampaign, Include, find_campaign
from ovh_sms.cli.output import show
from ovh_sms.errors import CampaignFileError

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.list_totals import Rates
    from ovh_sms.contacts.preparation import PreparationRequest
    from ovh_sms.contacts.preview.list_preview import Preview
    from ovh_sms.contacts.progress import Progress
    from ovh_sms.contacts.read.contact_file import ContactFile
    from ovh_sms.hooks.sms import OvhSmsHook

#: Seconds between two lines of progress on a terminal.
PROGRESS_SECONDS = 0.5


def _money(text: str) -> float:
    """Read a price, with a point or a comma before the decimals."""
    try:
        price = float(text.replace(",", "."))
    except ValueError:
        price = -1.0
    if not 0 <= price < float("inf"):
        raise typer.BadParameter(f"{text} is not a price; write it as 0.065")
    return price


def preview_campaign(
    campaign: CampaignName,
    include: Include = None,
    show_numbers: Annotated[bool, typer.Option("--show-numbers", help="Show phone numbers in full.")] = False,
    price_per_credit: Annotated[
        float | None, typer.Option(parser=_money, metavar="PRICE", help="Money without tax, instead of OVH's price.")
    ] = None,
    ask_ovh: Annotated[
        bool, typer.Option("--ask-ovh", help="Ask OVH for opt-outs, price and rates, over the campaign's connection.")
    ] = False,
    connection: Annotated[
        str | None, typer.Option(metavar="ID", help="Ask OVH over this Airflow connection instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a campaign would send and cost; sends nothing.

    Shows columns, first messages, rejected rows, segments, credits, and the characters that force Unicode. Keeps no
    file. Without --ask-ovh the opt-outs at OVH are not checked, a segment to another country counts as one credit, and
    numbers reserved for fiction (06 39 98 xx xx) count as receivers.
    """
    from ovh_sms.contacts.preview.list_preview import Price
    from ovh_sms.contacts.preview.preview_text import lines

    found = find_campaign(campaign, include)
    it = found.campaign
    asks = ask_ovh or connection
    hook = ovh_hook(connection or it.connection, it.account, CallClass.COLLECT) if asks else None
    preview = _prepare(_request(found, hook), hook, show_numbers=show_numbers)
    if price_per_credit is not None:
        preview = preview.priced(Price(per_credit=price_per_credit))
    elif hook:
        from ovh_sms.credits.rates import credit_price

        preview = preview.priced(credit_price(hook.client, preview.result.prepared.credits))
    preview = preview.limited(budget=it.budget, batch_size=it.batch_size)
    show(
        "\n".join([f"Campaign: {it.name}", *lines(preview, masked=False)]),
        {"campaign": it.name, **preview.to_dict()},
        as_json=as_json,
    )


def _request(found: FoundCampaign, hook: OvhSmsHook | None) -> PreparationRequest:
    from ovh_sms.contacts.options import ContactOptions
    from ovh_sms.contacts.preparation import PreparationRequest

    campaign, contacts = found.campaign, found.campaign.contacts
    location, suppress = contacts.location(found.include), contacts.suppression_files(found.include)
    if any(mark in str([location, suppress]) for mark in ("{{", "{%")):
        raise CampaignFileError(
            f"The contacts of {campaign.name} hold a template, which only Airflow can fill in.",
            action="Preview it in Airflow with PreviewContactsOperator, or without the template.",
        )
    return PreparationRequest(
        contacts=location,
        message=campaign.message,
        stop_clause=campaign.adds_stop,
        options=ContactOptions(
            allow_fiction=hook.is_sandbox if hook else True, timezone=campaign.timezone, **contacts.options()
        ),
        sheet=contacts.sheet,
        suppress=suppress,
    )


def _prepare(request: PreparationRequest, hook: OvhSmsHook | None, *, show_numbers: bool) -> Preview:
    from ovh_sms.contacts.preview.list_preview import make_preview

    rates: Rates | None = None
    if hook:
        from ovh_sms.credits.rates import foreign_rates

        rates = partial(foreign_rates, hook.client, missing_ok=True)
    try:
        with TemporaryDirectory(prefix="ovh_sms_preview_") as folder:
            return make_preview(
                request,
                folder=Path(folder),
                fetch=_fetch,
                suppressed=hook.client.blacklists.numbers() if hook else (),
                progress=_progress(),
                rates=rates,
                show_numbers=show_numbers,
            )
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")


def _fetch(contacts: Any, folder: Path) -> ContactFile:
    use_airflow("This contact list")
    from ovh_sms.hooks.contact_lists import fetch

    return fetch(contacts, folder)


def _progress() -> Progress | None:
    if not sys.stderr.isatty():
        return None
    from ovh_sms.contacts.progress import Progress

    def report(sentence: str) -> None:
        sys.stderr.write(f"\r\x1b[K{sentence}")
        sys.stderr.flush()

    return Progress(report, every=PROGRESS_SECONDS)
