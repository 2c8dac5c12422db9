"""Arguments that several commands share, and the campaign file that they name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.campaign.yaml_paths import yaml_paths
from ovh_sms.cli.completion import complete_campaign, complete_run, complete_sms_account
from ovh_sms.errors import CampaignFileError

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign

CampaignName = Annotated[
    str,
    typer.Argument(
        metavar="CAMPAIGN", help="Name in include/campaigns, or path of its file.", autocompletion=complete_campaign
    ),
]
MaybeCampaign = Annotated[
    str | None,
    typer.Argument(
        metavar="CAMPAIGN", help="Name in include/campaigns, or path of its file.", autocompletion=complete_campaign
    ),
]
#: A campaign of the results: its file may be gone.
KnownCampaign = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help="Name of the campaign.", autocompletion=complete_campaign)
]
LatestRun = Annotated[
    str | None,
    typer.Option(
        "--run", metavar="RUN_ID", help="Airflow's run; the latest that sent if not given.", autocompletion=complete_run
    ),
]
Include = Annotated[
    Path | None, typer.Option(help="Folder that holds campaigns/; OVH_SMS_INCLUDE or include/ if not given.")
]
#: One name has one meaning in every command: ``--connection`` leads to OVH, ``--results`` to the results database.
Connection = Annotated[str, typer.Option("--connection", metavar="ID", help="Airflow connection to OVH.")]
MaybeConnection = Annotated[
    str | None,
    typer.Option("--connection", metavar="ID", help="Airflow connection to OVH; the campaign's own if not given."),
]
MoreConnections = Annotated[
    list[str] | None,
    typer.Option(
        "--connection",
        metavar="ID",
        help="Airflow connection to OVH of an account that no campaign file names; once for each.",
    ),
]
OwnAccount = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="ACCOUNT",
        help="SMS account; the connection's own if not given.",
        autocompletion=complete_sms_account,
    ),
]
Results = Annotated[
    str,
    typer.Option(
        "--results",
        metavar="ID",
        help="Airflow connection of the results database; without such a connection it is a file in the data folder.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True)
class FoundCampaign:
    """A campaign, and the folder that its paths are relative to."""

    campaign: Campaign
    include: Path


def find_campaign(name: str, include: Path | None) -> FoundCampaign:
    """Read the campaign file that a person named.

    :param name: a name in ``campaigns/``, or the path of a file.
    :raises CampaignFileError: there is no such file, or it is invalid.
    """
    try:
        return _found(Path(name), name, include)
    except OSError as error:  # such as a name that is too long
        raise CampaignFileError(
            f"The campaign {name} cannot be read: {error.strerror}.", action="Check its name or path."
        ) from None


def _found(path: Path, name: str, include: Path | None) -> FoundCampaign:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.campaign.yaml_files import load_file
    from ovh_sms.messaging.column_names import listed

    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            problem = "is not a file" if path.exists() else "does not exist"
            raise CampaignFileError(f"{path} {problem}.", action="Check the path of the campaign.")
        return FoundCampaign(load_file(path, Campaign), include or path.resolve().parent.parent)
    include = include_folder(include)
    folder = include / "campaigns"
    for suffix in (".yaml", ".yml"):
        if (folder / f"{name}{suffix}").is_file():
            return FoundCampaign(load_file(folder / f"{name}{suffix}", Campaign), include)
    found = sorted({each.stem for each in yaml_paths(folder)})
    raise CampaignFileError(
        f"There is no campaign {name} in {folder}; found: {listed(found) or 'none'}.",
        action="Give one of these names, the path of a campaign file, or --include.",
    )


def all_campaigns(include: Path | None) -> list[Campaign]:
    """Read every campaign file.

    :raises CampaignFileError: one is invalid.
    """
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.campaign.yaml_files import load_file

    folder = include_folder(include) / "campaigns"
    return [load_file(path, Campaign) for path in yaml_paths(folder)]


def include_folder(given: Path | None) -> Path:
    """Return the folder of campaigns and accounts: the one that is given, or else that of the environment."""
    return given or Path(os.environ.get("OVH_SMS_INCLUDE") or "include").expanduser()
