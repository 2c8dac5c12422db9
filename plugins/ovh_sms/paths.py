"""Where campaigns keep their files: prepared lists, rejects, exports, reports and the results file."""

from __future__ import annotations

import os
from pathlib import Path

# What campaigns keep holds phone numbers: the account that runs the tasks reads it, nobody else.
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


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


def private_folder(path: Path) -> Path:
    """Make a folder that only the account of the tasks can look into, whatever its umask.

    One that is there already is closed to others too. Folders above it are made with the usual rights.

    :param path: the folder.
    :returns: the same path.
    """
    path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    path.chmod(_FOLDER_MODE)
    return path


def private_file(path: Path) -> Path:
    """Make a file that only the account of the tasks can read, before anything is written into it.

    One that is there already keeps what it holds and is closed to others.

    :param path: the file; its folder must exist.
    :returns: the same path.
    """
    # Never readable by others, not even between the making of it and the change of its rights.
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, _FILE_MODE))
    path.chmod(_FILE_MODE)
    return path


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
