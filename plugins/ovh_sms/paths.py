"""Where campaigns keep their files: prepared lists, rejects, exports, reports and the results file."""

from __future__ import annotations

import os
from pathlib import Path


def data_path() -> Path:
    """Folder that holds the lists and reports of all campaigns.

    ``OVH_SMS_DATA`` names it; otherwise it is ``ovh_sms_data`` in Airflow's home.

    :returns: an absolute path; it may not exist yet.
    """
    named = os.environ.get("OVH_SMS_DATA")
    if named:
        return Path(named).expanduser().resolve()
    home = os.environ.get("AIRFLOW_HOME") or "~/airflow"
    return Path(home).expanduser().resolve() / "ovh_sms_data"


def campaign_folder(campaign: str, tag: str) -> Path:
    """Folder of one sending of one campaign.

    :param campaign: the campaign's name, as its file is called.
    :param tag: the sending's tag, at most 20 ASCII characters.
    :returns: an absolute path; it may not exist yet.
    """
    return data_path() / campaign / tag
