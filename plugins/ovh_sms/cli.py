"""The command ``ovh-sms``: look at a campaign before it is sent. Local lists need neither Airflow nor OVH."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ovh_sms.cli_cancel import add_cancel, cancel
from ovh_sms.cli_resolve import add_resolve, resolve
from ovh_sms.errors import CampaignFileError, OvhSmsError

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.contacts.contact_file import ContactFile
    from ovh_sms.contacts.list_totals import Rates
    from ovh_sms.contacts.preparation import PreparationRequest
    from ovh_sms.contacts.preview import Preview, Price
    from ovh_sms.contacts.progress import Progress
    from ovh_sms.hooks.sms import OvhSmsHook

#: Exit code of everything that a person must mend first, as of a wrong argument.
BAD_INPUT = 2
#: Seconds between two looks at the progress on a terminal.
PROGRESS_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: without the program's name; those of the process where not given.
    :returns: 0, or 2 where the input is wrong or a library is missing: one sentence on stderr says what and what to do.
    """
    given = _parser().parse_args(arguments)
    # The result belongs to stdout alone: Airflow logs there, so that --json would not be JSON.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    try:
        _print({"preview": _preview, "resolve": resolve, "cancel": _cancel}[given.command](given))
    except OvhSmsError as error:
        sys.stderr.write(f"ovh-sms: {error}\n")
        return BAD_INPUT
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "ovh_sms"):  # a defect, not an installation
            raise
        sys.stderr.write(
            f"ovh-sms: The Python library {missing} is not installed for {sys.executable}. "
            "Use the Python that Airflow runs on, or 'make preview CAMPAIGN=spring' in a clone.\n"
        )
        return BAD_INPUT
    except BrokenPipeError:  # `ovh-sms … | head`; what is left must not be written at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 0


def _print(text: str) -> None:
    """Write the result; a terminal that lacks a character shows its code."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def _money(text: str) -> float:
    """Read a price; a comma is taken for the decimal point."""
    try:
        price = float(text.replace(",", "."))
    except ValueError:
        price = -1.0
    if not 0 <= price < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no price; write it as 0.065")
    return price


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ovh-sms", description="SMS campaigns on OVHcloud.")
    commands = parser.add_subparsers(dest="command", required=True)
    preview = commands.add_parser(
        "preview",
        help="show what a campaign would send and cost; sends nothing",
        description="Shows columns, first messages, rejected rows, parts, credits and what forces Unicode. "
        "Sends nothing, keeps no file. Without --connection nobody is asked: then OVH's blacklist is not "
        "looked at, and numbers of fiction (06 39 98 xx xx) count as receivers.",
    )
    preview.add_argument(
        "campaign", metavar="CAMPAIGN", help="name in include/campaigns, or path of its file"
    )
    preview.add_argument(
        "--include",
        type=Path,
        help="folder that holds campaigns/; OVH_SMS_INCLUDE or include/ where not given",
    )
    preview.add_argument("--show-numbers", action="store_true", help="show phone numbers in full")
    preview.add_argument("--json", action="store_true", help="print JSON")
    preview.add_argument(
        "--price-per-credit",
        type=_money,
        metavar="PRICE",
        help="money without tax; OVH is not asked for it then",
    )
    preview.add_argument(
        "--connection",
        nargs="?",
        const="",
        metavar="ID",
        help="ask OVH for blacklist, price and rates abroad, over the campaign's or this Airflow connection",
    )
    add_resolve(commands)
    add_cancel(commands)
    return parser


def _cancel(given: argparse.Namespace) -> str:
    campaign, _ = _campaign(given)
    hook = _hook(given.connection or campaign.connection, campaign)
    return cancel(
        campaign,
        hook,
        run=given.run,
        dry_run=given.dry_run,
        watch=given.watch,
        tell=lambda line: sys.stderr.write(f"{line}\n"),
    )


def _preview(given: argparse.Namespace) -> str:
    from ovh_sms.contacts.preview import Price
    from ovh_sms.contacts.preview_text import lines

    campaign, include = _campaign(given)
    hook = _hook(given.connection or campaign.connection, campaign) if given.connection is not None else None
    price = Price(per_credit=given.price_per_credit) if given.price_per_credit is not None else None
    preview = _make(_source(campaign, include, hook), hook, price, show_numbers=given.show_numbers)
    preview = preview.limited(budget=campaign.budget, batch_size=campaign.batch_size)
    if given.json:
        told = {"campaign": campaign.name, **preview.to_dict()}
        in_utf8 = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        return json.dumps(told, indent=2, ensure_ascii=not in_utf8) + "\n"
    return "\n".join([f"Campaign: {campaign.name}", *lines(preview, masked=False)]) + "\n"


def _campaign(given: argparse.Namespace) -> tuple[Campaign, Path]:
    """Read the campaign file; returns it with the folder that its paths are relative to."""
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.campaign.yaml_files import load_file

    path = Path(given.campaign)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            wrong = "is not a file" if path.exists() else "does not exist"
            raise CampaignFileError(f"{path} {wrong}.", action="Check the path of the campaign.")
        return load_file(path, Campaign), given.include or path.resolve().parent.parent
    include = given.include or Path(os.environ.get("OVH_SMS_INCLUDE") or "include").expanduser()
    folder = include / "campaigns"
    for suffix in (".yaml", ".yml"):
        if (folder / f"{given.campaign}{suffix}").is_file():
            return load_file(folder / f"{given.campaign}{suffix}", Campaign), include
    found = sorted({each.stem for each in folder.glob("*.y*ml")})
    raise CampaignFileError(
        f"There is no campaign {given.campaign} in {folder}; found: {', '.join(found) or 'none'}.",
        action="Give one of these names, the path of a campaign file, or --include.",
    )


def _source(campaign: Campaign, include: Path, hook: OvhSmsHook | None) -> PreparationRequest:
    from ovh_sms.contacts.options import ContactOptions
    from ovh_sms.contacts.preparation import PreparationRequest

    needed = campaign.preparing(include)
    if any(mark in str([needed["contacts"], needed["suppress"]]) for mark in ("{{", "{%")):
        raise CampaignFileError(
            f"The contacts of {campaign.name} hold a template, which only Airflow can fill in.",
            action="Preview it in Airflow with PreviewContactsOperator, or without the template.",
        )
    fiction = hook.is_sandbox if hook else True
    return PreparationRequest(
        contacts=needed["contacts"],
        message=needed["message"],
        stop_clause=needed["stop_clause"],
        options=ContactOptions(**{"allow_fiction": fiction, **needed["options"]}),
        sheet=needed["sheet"],
        suppress=needed["suppress"],
    )


def _make(
    source: PreparationRequest, hook: OvhSmsHook | None, price: Price | None, *, show_numbers: bool
) -> Preview:
    from ovh_sms.contacts.preview import make_preview

    rates: Rates | None = None
    if hook:
        from ovh_sms.credits.rates import rates_abroad

        rates = partial(rates_abroad, hook.client, missing_ok=True)
    try:
        with TemporaryDirectory(prefix="ovh_sms_preview_") as folder:
            preview = make_preview(
                source,
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
    if hook and price is None:
        from ovh_sms.credits.rates import credit_price

        price = credit_price(hook.client, preview.result.prepared.credits)
    return preview.priced(price)


def _hook(connection: str, campaign: Campaign) -> OvhSmsHook:
    _needs_airflow("--connection")
    from ovh_sms.hooks.sms import OvhSmsHook

    hook = OvhSmsHook(connection, account=campaign.account)
    _or_configuration_error(lambda: hook.settings, connection)
    return hook


def _fetch(contacts: Any, folder: Path, copied: Callable[[int], None] | None) -> ContactFile:
    """Bring a list that only Airflow can reach; imported here, as local files do not need it."""
    _needs_airflow("This contact list")
    from ovh_sms.hooks.contact_lists import fetch

    return fetch(contacts, folder, copied)


def _needs_airflow(what: str) -> None:
    from importlib.util import find_spec

    if find_spec("airflow") is None:
        raise CampaignFileError(
            f"{what} needs Airflow, which is not installed here.", action="Run it where Airflow is."
        )


def _or_configuration_error(ask: Callable[[], object], connection: str) -> None:
    from airflow.sdk.exceptions import AirflowException

    from ovh_sms.errors import ConfigurationError

    try:
        ask()
    except AirflowException as error:
        raise ConfigurationError(
            f"The connection {connection} cannot be read ({type(error).__name__}).",
            action=f"Make it in Airflow, or set AIRFLOW_CONN_{connection.upper()}.",
        ) from None


def _progress() -> Progress | None:
    """Progress on stderr, on a terminal only."""
    if not sys.stderr.isatty():
        return None
    from ovh_sms.contacts.progress import Progress

    def tell(sentence: str) -> None:
        sys.stderr.write(f"\r\x1b[K{sentence}")
        sys.stderr.flush()

    return Progress(tell, every=PROGRESS_SECONDS, clock=time.monotonic)
