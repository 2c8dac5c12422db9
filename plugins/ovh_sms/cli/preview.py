"""``ovh-sms preview``: show what a campaign, or a list with a message, would send and cost.

A local list needs neither Airflow nor OVH."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli import preview_options as options
from ovh_sms.cli.airflow_connections import ovh_hook, use_airflow
from ovh_sms.cli.arguments import AsJson, FoundCampaign, Include, MaybeCampaign, find_campaign
from ovh_sms.cli.campaign_start import (
    describe_deadline,
    describe_start,
    describe_way,
    hours_of_next_run,
    next_schedule,
    refusal_of_next_run,
    refuse_if_it_never_sends,
    start_of,
)
from ovh_sms.cli.new_files import WrittenFiles, check_new
from ovh_sms.cli.output import fit_terminal, show
from ovh_sms.cli.preview_limits import with_limits
from ovh_sms.errors import CampaignFileError

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.contacts.classify.list_totals import Rates
    from ovh_sms.contacts.preparation import PreparationRequest, Progress
    from ovh_sms.contacts.preview.list_preview import Preview, Price
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
        raise typer.BadParameter(f"{text[:40]} is not a price; write it as 0.065")
    return price


def preview_campaign(
    campaign: MaybeCampaign = None,
    file: options.ListFile = None,
    message: options.Message = None,
    sender: options.Sender = None,
    kind: options.Kind = None,
    line: Annotated[int | None, typer.Option(min=1, metavar="N", help="Show the receiver in line N alone.")] = None,
    rejects: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the rejected rows to a new file.")] = None,
    prepared: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the list for OVH to a new file.")] = None,
    show_numbers: Annotated[bool, typer.Option("--show-numbers", help="Show phone numbers in full.")] = False,
    price_per_credit: Annotated[
        float | None, typer.Option(parser=_money, metavar="PRICE", help="Money without tax, instead of OVH's price.")
    ] = None,
    ask_ovh: Annotated[bool, typer.Option("--ask-ovh", help="Ask OVH for opt-outs, price and rates.")] = False,
    connection: Annotated[
        str | None, typer.Option(metavar="ID", help="Ask OVH over this Airflow connection instead.")
    ] = None,
    include: Include = None,
    sheet: options.Sheet = None,
    number_column: options.NumberColumn = None,
    region: options.Region = None,
    also_accept: options.AlsoAccept = None,
    encoding: options.Encoding = None,
    separator: options.Separator = None,
    header_line: options.HeaderLine = None,
    suppress: options.Suppress = None,
    empty: options.Empty = None,
    default_text: options.DefaultText = None,
    transliterate: options.Transliterate = None,
    line_breaks: options.LineBreaks = None,
    hidden_rows: options.HiddenRows = None,
    date_format: options.DateFormat = None,
    repair_encoding: options.RepairEncoding = None,
    missing: options.Missing = None,
    escaped_text: options.EscapedText = None,
    encode_addresses: options.EncodeAddresses = None,
    country_column: options.CountryColumn = None,
    consent: options.ConsentOption = None,
    duplicates: options.Duplicates = None,
    as_json: AsJson = False,
) -> None:
    """Show what a campaign, or a list with a message, would send and cost; sends nothing.

    Shows the form of the list, the messages whose texts differ most, rejected rows, segments, credits, and the
    characters that force Unicode. Keeps no file but those asked for. Without --ask-ovh the opt-outs at OVH are not
    checked, a segment to another country counts as one credit, and numbers reserved for fiction (06 39 98 xx xx) count
    as receivers.
    """
    given = options.check_options(campaign, locals())
    check_new(rejects, prepared)
    found = find_campaign(campaign, include) if campaign is not None else options.campaign_of(given)
    it = found.campaign
    hook = ovh_hook(connection or it.connection, it.account, CallClass.COLLECT) if ask_ovh or connection else None
    files = WrittenFiles(rejects, prepared)
    prepare = partial(_prepare, hook=hook, files=files, show_numbers=show_numbers, line=line)
    request = request_of(found, hook)
    preview = prepare(request) if campaign is None else _next_run(it, request, prepare)
    of_file = None if campaign is None else it
    preview = with_limits(of_file, preview.priced(_price(price_per_credit, hook, preview)))
    _show(preview, of_file, files, as_json=as_json, show_numbers=show_numbers)


def _next_run(campaign: Campaign, request: PreparationRequest, prepare: Callable[..., Preview]) -> Preview:
    """Preview a campaign's list for its next run, at the hours and within the limits of its file."""
    from ovh_sms.clock import SystemClock
    from ovh_sms.contacts.reject_limit import RejectLimit

    refuse_if_it_never_sends(campaign)
    schedule, begins = next_schedule(campaign, SystemClock().now())
    preview = prepare(replace(request, hours=hours_of_next_run(campaign, schedule, begins)))
    refusal = refusal_of_next_run(schedule, preview.result.prepared, begins)
    limit = RejectLimit(**campaign.most_rejected())
    limits: dict[str, Any] = {"budget": campaign.budget, "batch_size": campaign.batch_size, "reject_limit": limit}
    return preview.limited(**limits, refusal=refusal)


def _price(price_per_credit: float | None, hook: OvhSmsHook | None, preview: Preview) -> Price | None:
    """The price that was given, or OVH's if it may be asked."""
    from ovh_sms.contacts.preview.list_preview import Price

    if price_per_credit is not None:
        return Price(per_credit=price_per_credit)
    if hook is None:
        return None
    from ovh_sms.credits.rates import credit_price

    return credit_price(hook.client, preview.result.prepared.credits)


def _show(
    preview: Preview, campaign: Campaign | None, files: WrittenFiles, *, as_json: bool, show_numbers: bool
) -> None:
    from ovh_sms.clock import SystemClock
    from ovh_sms.contacts.preview.preview_text import MESSAGE_INDENT, lines

    now = SystemClock().now()
    head: list[str] = []
    named: dict[str, Any] = {"campaign": None}
    if campaign is not None:
        people = _test_receivers(campaign, show_numbers=show_numbers)
        head = [f"Campaign: {campaign.name}", *describe_way(campaign), *describe_start(campaign, now)]
        head += describe_deadline(campaign)
        head += [f"Test messages before the upload: to {', '.join(people)}"] if people else []
        named = {
            "campaign": campaign.name,
            "user": campaign.user,
            "via": campaign.via,
            "start": start_of(campaign, now),
            "leave_within_hours": campaign.leave_within_hours,
            "test_receivers": people,
        }
    text = [*head, *lines(preview, masked=False), *files.lines()]
    if sys.stdout.isatty():
        text = fit_terminal(text, as_they_are=MESSAGE_INDENT)
    show("\n".join(text), {**named, **preview.to_dict(), **files.to_dict()}, as_json=as_json)


def _test_receivers(campaign: Campaign, *, show_numbers: bool) -> list[str]:
    """The people who would get the texts as a test, masked."""
    from ovh_sms.messaging.phone_masks import mask_all
    from ovh_sms.sending.named_numbers import named_numbers

    options = campaign.list_options()
    kept = {"region": options["region"], "also_accept": options["also_accept"]}
    numbers = named_numbers(campaign.test_receivers or (), allow_fiction=True, **kept)
    return [each if show_numbers else mask_all(each) for each in numbers]


def request_of(found: FoundCampaign, hook: OvhSmsHook | None) -> PreparationRequest:
    """Return a campaign's list with its options; the sandbox, or nobody, accepts numbers of fiction."""
    from ovh_sms.clock import SystemClock
    from ovh_sms.contacts.options import ContactOptions
    from ovh_sms.contacts.preparation import PreparationRequest

    campaign, contacts = found.campaign, found.campaign.contacts
    location, suppress = contacts.location(found.include), contacts.suppression_files(found.include)
    if any(mark in str([location, suppress]) for mark in ("{{", "{%")):
        raise CampaignFileError(
            f"The contacts of {campaign.name} hold a template, which only Airflow can fill in.",
            action="Preview it in Airflow with PreviewContactsOperator, or without the template.",
        )
    read_as = ContactOptions(allow_fiction=hook.is_sandbox if hook else True, **campaign.list_options())
    return PreparationRequest(
        contacts=location,
        message=campaign.message,
        stop_clause=campaign.adds_stop,
        options=read_as,
        sheet=contacts.sheet,
        suppress=suppress,
        today=read_as.day_of(SystemClock().now()),
    )


def _prepare(
    request: PreparationRequest, hook: OvhSmsHook | None, files: WrittenFiles, *, show_numbers: bool, line: int | None
) -> Preview:
    from ovh_sms.contacts.preview.list_preview import make_preview

    rates: Rates | None = None
    if hook:
        from ovh_sms.credits.rates import foreign_rates

        rates = partial(foreign_rates, hook.client, missing_ok=True)
    try:
        with TemporaryDirectory(prefix="ovh_sms_preview_") as folder:
            preview = make_preview(
                request,
                folder=Path(folder),
                fetch=fetch_list,
                suppressed=hook.client.blacklists.numbers() if hook else (),
                progress=_progress(),
                rates=rates,
                show_numbers=show_numbers,
                line=line,
            )
            files.write(preview.result.prepared)
            return preview
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")


def fetch_list(contacts: Any, folder: Path) -> ContactFile:
    """Fetch a contact list that is no local file: its connection is Airflow's."""
    use_airflow("This contact list")
    from ovh_sms.hooks.contact_lists import fetch

    return fetch(contacts, folder)


def _progress() -> Progress | None:
    if not sys.stderr.isatty():
        return None
    from ovh_sms.contacts.preparation import Progress

    def report(sentence: str) -> None:
        sys.stderr.write(f"\r\x1b[K{sentence}")
        sys.stderr.flush()

    return Progress(report, every=PROGRESS_SECONDS)
