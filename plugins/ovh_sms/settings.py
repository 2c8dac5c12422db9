"""Paths of the campaigns' files: prepared lists, rejects, exports, reports and the results file."""

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
    """Folder of one run of one campaign.

    :param campaign: the campaign's name, as its file is called.
    :param tag: the run's tag, at most 20 ASCII characters.
    :returns: an absolute path; it may not exist yet.
    """
    return data_path() / campaign / tag


def include_path(dag_file: str) -> Path:
    """Folder that holds ``campaigns/``, ``contacts/`` and ``accounts/``.

    ``OVH_SMS_INCLUDE`` names it; otherwise it is ``include`` beside the folder of DAGs.

    :param dag_file: ``__file__`` of the DAG file that asks.
    :returns: an absolute path.
    """
    named = os.environ.get("OVH_SMS_INCLUDE")
    if named:
        return Path(named).expanduser().resolve()
    return Path(dag_file).resolve().parent.parent / "include"
