"""The last good version of each campaign file, kept in the data folder that all workers share."""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import ValidationError

from ovh_sms.campaign.campaign_file import NAME, Campaign
from ovh_sms.private_files import write_private
from ovh_sms.settings import data_path

_log = logging.getLogger(__name__)


def keep_good_version(campaign: Campaign) -> None:
    """Keep a campaign as its file says it now; it is written only if it has changed.

    A data folder that cannot be written is logged and ignored: the campaign runs without it.
    """
    path = _path_of(campaign.name)
    # Only the fields that were written: some may not be written beside others, whose defaults are no fault.
    text = campaign.model_dump_json(exclude_unset=True)
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return
        write_private(path, text)
    except OSError as error:
        _log.warning("the good version of campaign %s was not kept: %s", campaign.name, error)


def last_good_version(name: str) -> Campaign | None:
    """Return a campaign as its file last was when it was good; ``None`` if that is not known.

    :param name: of a file, which may be no name of a campaign.
    """
    if not NAME.fullmatch(name):
        return None
    try:
        return Campaign.model_validate_json(_path_of(name).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def _path_of(name: str) -> Path:
    # No campaign has a name with a dot, so no folder of a run is meant.
    return data_path() / ".campaigns" / f"{name}.json"
