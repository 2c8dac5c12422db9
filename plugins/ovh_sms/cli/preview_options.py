"""Options of ``ovh-sms preview --file``: a list without a campaign file, with the fields that a campaign file has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ovh_sms.cli.arguments import FoundCampaign
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic import ValidationError

_WITH_FILE = "With --file"
ListFile = Annotated[
    str | None, typer.Option(metavar="LIST", help="A contact list, without a campaign file; needs --message.")
]
Message = Annotated[
    str | None, typer.Option(metavar="TEXT", help=f"{_WITH_FILE}: the text, with #column# for values of the list.")
]
Sender = Annotated[str | None, typer.Option(metavar="NAME", help=f"{_WITH_FILE}: shown sender, at most 11 characters.")]
Kind = Annotated[
    str | None, typer.Option(metavar="KIND", help=f"{_WITH_FILE}: marketing (with the STOP clause) or transactional.")
]
Sheet = Annotated[str | None, typer.Option(metavar="NAME", help=f"{_WITH_FILE}: sheet of the workbook.")]
NumberColumn = Annotated[str | None, typer.Option(metavar="NAME", help=f"{_WITH_FILE}: column of the numbers.")]
Region = Annotated[
    str | None, typer.Option(metavar="XX", help=f"{_WITH_FILE}: country of numbers without a country code; FR.")
]
AlsoAccept = Annotated[
    list[str] | None, typer.Option(metavar="TYPE", help=f"{_WITH_FILE}: type of numbers beside mobile; repeatable.")
]
Encoding = Annotated[str | None, typer.Option(metavar="NAME", help=f"{_WITH_FILE}: encoding, as cp1252.")]
Separator = Annotated[str | None, typer.Option(metavar="CHAR", help=f"{_WITH_FILE}: separator of the columns.")]
HeaderLine = Annotated[int | None, typer.Option(metavar="N", help=f"{_WITH_FILE}: line of the header.")]
Suppress = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help=f"{_WITH_FILE}: numbers that get no SMS; repeatable.")
]
Empty = Annotated[str | None, typer.Option(metavar="POLICY", help=f"{_WITH_FILE}: empty values: send, reject or text.")]
DefaultText = Annotated[str | None, typer.Option(metavar="TEXT", help=f"{_WITH_FILE} and --empty text: this text.")]
Transliterate = Annotated[
    bool | None, typer.Option("--transliterate", help=f"{_WITH_FILE}: write values in the GSM alphabet.")
]
LineBreaks = Annotated[
    str | None, typer.Option(metavar="POLICY", help=f"{_WITH_FILE}: line breaks: reject, keep or blank.")
]
HiddenRows = Annotated[str | None, typer.Option(metavar="POLICY", help=f"{_WITH_FILE}: hidden rows: reject or send.")]
DateFormat = Annotated[str | None, typer.Option(metavar="FORM", help=f"{_WITH_FILE}: form of dates, as %d/%m/%Y.")]
RepairEncoding = Annotated[
    bool | None, typer.Option("--repair-encoding", help=f"{_WITH_FILE}: repair UTF-8 that was read twice.")
]
Missing = Annotated[list[str] | None, typer.Option(metavar="WORD", help=f"{_WITH_FILE}: counts as empty; repeatable.")]
EscapedText = Annotated[
    str | None, typer.Option(metavar="POLICY", help=f"{_WITH_FILE}: escaped values: reject or decode.")
]
EncodeAddresses = Annotated[
    bool | None, typer.Option("--encode-addresses", help=f"{_WITH_FILE}: encode values inside web addresses.")
]
CountryColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help=f"{_WITH_FILE}: column of the countries; false for none.")
]
ConsentOption = Annotated[
    str | None,
    typer.Option("--consent", metavar="RULES", help=f"{_WITH_FILE}: ignore; or rules as in a campaign file."),
]
Duplicates = Annotated[
    str | None, typer.Option(metavar="BY", help=f"{_WITH_FILE}: duplicates are of one number, or number_and_text.")
]
#: Fields of a campaign that its file holds, and ``--file`` takes as options.
CAMPAIGN_FIELDS = ("message", "sender", "kind")
CONTACT_FIELDS = (
    "file",
    "sheet",
    "number_column",
    "region",
    "also_accept",
    "encoding",
    "separator",
    "header_line",
    "suppress",
    "empty",
    "default_text",
    "transliterate",
    "line_breaks",
    "hidden_rows",
    "date_format",
    "repair_encoding",
    "missing",
    "escaped_text",
    "encode_addresses",
    "country_column",
    "consent",
    "duplicates",
)
#: Options whose text is read as a campaign file is.
_AS_YAML = ("consent",)
#: A preview has no budget; a campaign must have one.
_ANY_BUDGET = 10_000_000
_ANY_SENDER = "SENDER"
#: Options whose form a pattern says, in words.
_FORMS = {"region": "give two capital letters, as FR", "date_format": "write it as %d/%m/%Y or %Y-%m-%d"}


def check_options(campaign: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """Check that a campaign is named, or a list with its message.

    :param options: options of the command by name; others than the fields of a campaign do not matter.
    :returns: the fields that were given.
    :raises ConfigurationError: neither is, or both are.
    """
    names = (*CAMPAIGN_FIELDS, *CONTACT_FIELDS)
    given = {name: options[name] for name in names if options[name] not in (None, [])}
    if campaign is not None and given:
        raise ConfigurationError(
            f"{', '.join(map(_option, given))}: not with the campaign {campaign}, whose file says it.",
            action="Edit the file, or leave the campaign out and give --file and --message.",
        )
    if campaign is None and not {"file", "message"} <= given.keys():
        raise ConfigurationError(
            "Nothing to preview is named.", action="Give a CAMPAIGN; or --file LIST with --message TEXT."
        )
    return given


def campaign_of(given: Mapping[str, Any]) -> FoundCampaign:
    """Make a campaign of a list and its options, checked as a campaign file is; it has no budget.

    :raises ConfigurationError: an option is wrong; names it.
    """
    from pydantic import ValidationError

    from ovh_sms.campaign.campaign_file import Campaign

    fields = {"sender": _ANY_SENDER, "kind": "marketing", **{n: given[n] for n in CAMPAIGN_FIELDS if n in given}}
    contacts = {name: _read(name, given[name]) for name in CONTACT_FIELDS if name in given}
    try:
        made = Campaign.model_validate({**fields, "name": "preview", "budget": _ANY_BUDGET, "contacts": contacts})
    except ValidationError as error:
        raise ConfigurationError(_wrong(error), action="Correct the option.") from None
    return FoundCampaign(made, Path())


def _read(name: str, value: Any) -> Any:
    """Read what an option says in a campaign file's words."""
    if name == "country_column" and value == "false":
        return False
    if name not in _AS_YAML:
        return value
    import yaml

    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigurationError(
            f"{_option(name)} cannot be read.",
            action="Write it as ignore, or as '{column: \"Opt-in SMS\", accept: [Oui]}'.",
        ) from None


def _wrong(error: ValidationError) -> str:
    """Name the first wrong option; what was given is not repeated, as it may be long."""
    first = error.errors()[0]
    names = [str(each) for each in first["loc"] if str(each) in (*CAMPAIGN_FIELDS, *CONTACT_FIELDS)]
    reason = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    if first["type"] == "string_pattern_mismatch":
        reason = _FORMS[names[-1]]
    return f"{_option(names[-1])} is wrong: {reason}." if names else f"{reason}."


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
