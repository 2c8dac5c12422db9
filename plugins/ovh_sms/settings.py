"""Settings of the package: paths of the campaigns' files, and limits that several rooms share."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from ovh_sms.errors import ConfigurationError
from ovh_sms.object_storage.stored_path import as_path

#: A key that OVH ends within this time needs a person.
KEY_ENDS_SOON = timedelta(days=14)
#: Characters of a secret under which numbers are hashed, at least.
SHORTEST_HASH_KEY = 16
#: A hundred years.
MOST_RETENTION_DAYS = 36_500


def data_path() -> Path:
    """Folder that holds the lists and reports of all campaigns.

    ``OVH_SMS_DATA`` names it; otherwise it is ``ovh_sms_data`` in Airflow's home.

    :returns: an absolute path, on the disk or, for ``s3://connection@bucket/folder``, in an object storage. It may not
        exist yet.
    :raises ConfigurationError: the address names no bucket.
    """
    named = os.environ.get("OVH_SMS_DATA")
    if named:
        return as_path(named).expanduser().resolve()
    home = os.environ.get("AIRFLOW_HOME") or "~/airflow"
    return Path(home).expanduser().resolve() / "ovh_sms_data"


def campaign_folder(campaign: str, tag: str) -> Path:
    """Folder of one run of one campaign.

    :param campaign: the campaign's name, as its file is called.
    :param tag: the run's tag, at most 20 ASCII characters.
    :returns: an absolute path; it may not exist yet.
    :raises ConfigurationError: one of the two is no name of a single folder.
    """
    return data_path() / _folder_name("campaign", campaign) / _folder_name("tag", tag)


def inside_data(path: str | Path) -> Path:
    """Return a path that another task has handed on, if it lies in the data folder.

    :param path: of a file or a folder; it need not exist.
    :raises ConfigurationError: it does not. An XCom or an asset event that is made by hand could name any place.
    """
    given, data = as_path(path), data_path()
    if ".." in given.parts or data not in given.parents:
        raise ConfigurationError(
            f"The path {str(path)!r} is outside of the data folder {data}. Nothing was read or written there.",
            action="Give the output of the task before, and give all workers the same OVH_SMS_DATA folder.",
        )
    return given


def retention() -> timedelta | None:
    """How long numbers are kept in results and files of runs that are over; ``None``: for ever.

    ``OVH_SMS_RETENTION_DAYS`` says it, in whole days.

    :raises ConfigurationError: it is no number of days.
    """
    written = os.environ.get("OVH_SMS_RETENTION_DAYS", "").strip()
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= MOST_RETENTION_DAYS:
        raise ConfigurationError(
            f"OVH_SMS_RETENTION_DAYS is {written!r} and must be a number of days from 1 to {MOST_RETENTION_DAYS}.",
            action="Nothing was removed. Correct it on the scheduler and on every worker.",
        )
    return timedelta(days=int(written))


def number_hash_key() -> bytes | None:
    """Key of the hashes that stand for suppressed numbers; ``None``: the numbers themselves are kept.

    ``OVH_SMS_NUMBER_HASH_KEY`` holds it, the same on every worker.

    :raises ConfigurationError: it is too short to be a secret.
    """
    written = os.environ.get("OVH_SMS_NUMBER_HASH_KEY", "").strip()
    if not written:
        return None
    if len(written) < SHORTEST_HASH_KEY:
        raise ConfigurationError(
            f"OVH_SMS_NUMBER_HASH_KEY has {len(written)} characters and needs {SHORTEST_HASH_KEY} or more.",
            action="Nothing was stored. Set it to a secret such as that of 'openssl rand -hex 32', on every worker.",
        )
    return written.encode()


def sandbox_hosts() -> frozenset[str]:
    """Hosts other than this machine at which a sandbox may listen; none unless they are named.

    ``OVH_SMS_SANDBOX_HOST`` names them, separated by commas, such as a service of a compose file.
    """
    written = os.environ.get("OVH_SMS_SANDBOX_HOST", "").split(",")
    return frozenset(each.strip().lower() for each in written if each.strip())


def _folder_name(what: str, name: str) -> str:
    if name.strip() in ("", ".", "..") or not name.isprintable() or "/" in name or "\\" in name:
        raise ConfigurationError(
            f"The {what} {name!r} cannot name a folder. Nothing was sent or written.",
            action=f"Give a {what} without '/' and '\\', and not '.' or '..'.",
        )
    return name


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
