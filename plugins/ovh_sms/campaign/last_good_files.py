"""The last good version of each campaign file, kept in the data folder that all workers share."""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import ValidationError

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.dag_ids import NAME
from ovh_sms.campaign.kept_files import keep_text, kept_text
from ovh_sms.campaign.yaml_files import InvalidFile, load_folder
from ovh_sms.errors import CampaignFileError

_log = logging.getLogger(__name__)


def keep_good_version(campaign: Campaign) -> None:
    """Keep a campaign as its file says it now; it is written only if it has changed.

    A data folder that cannot be written is logged and ignored: the campaign runs without it.
    """
    # Only the fields that were written: some may not be written beside others, whose defaults are no fault.
    text = campaign.model_dump_json(exclude_unset=True)
    try:
        keep_text(f"{campaign.name}.json", text)
    except OSError as error:
        _log.warning("the good version of campaign %s was not kept: %s", campaign.name, error)


def last_good_version(name: str) -> Campaign | None:
    """Return a campaign as its file last was when it was good; ``None`` if that is not known.

    :param name: of a file, which may be no name of a campaign.
    """
    if not NAME.fullmatch(name):
        return None
    try:
        return Campaign.model_validate_json(kept_text(f"{name}.json"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def good_version(name: str, folder: Path, *, action: str) -> Campaign:
    """Return a campaign as its file says it now; its last good version if that is broken or gone.

    :param folder: of the campaign files.
    :param action: of the error: what was not done, and what to do.
    :raises CampaignFileError: no good version is known.
    """
    found = next(iter(load_folder(folder, Campaign, only=name)), None)
    if isinstance(found, Campaign):
        return found
    known = last_good_version(name)
    if known is None:
        what = str(found.error) if isinstance(found, InvalidFile) else f"There is no campaign file {name}."
        raise CampaignFileError(what, action=action)
    return known
