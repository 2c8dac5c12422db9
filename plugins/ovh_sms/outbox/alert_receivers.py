"""The people who get alerts: numbers in a file of the data folder, so that neither a DAG nor Airflow has them."""

from __future__ import annotations

import re

from ovh_sms.errors import ConfigurationError
from ovh_sms.settings import data_path

#: Folder of the files within the data folder.
FOLDER = "alerts"
#: People of one file at most.
MOST_RECEIVERS = 20
_NAME = re.compile(r"[A-Za-z][A-Za-z_-]{0,63}")


def checked_name(name: str) -> str:
    """Return the name of a file of receivers, if it is one. It holds no digits, and the error does not show it.

    :raises ConfigurationError: it is none; it may be a number.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            "The receivers of alerts are given by the name of a file, of letters, '_' and '-'. Nothing was queued.",
            action=f"Write their numbers into {FOLDER}/on_call.txt of the data folder and give the name 'on_call': a "
            "number in a DAG would be kept in Airflow's database.",
        )
    return name


def alert_receivers(name: str) -> list[str]:
    """Read the numbers of a file, one in a line; lines that begin with ``#`` are remarks.

    :param name: of the file, without its folder and ``.txt``.
    :raises ConfigurationError: there is no such file, or it holds no number, or more than 20.
    """
    file = data_path() / FOLDER / f"{checked_name(name)}.txt"
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The receivers of alerts in {file} cannot be read ({type(error).__name__}).",
            action="Nobody was alerted. Write their numbers there, one in a line, where every process of Airflow "
            "reads them.",
        ) from None
    found = [each.strip() for each in lines if each.strip() and not each.strip().startswith("#")]
    if not 1 <= len(found) <= MOST_RECEIVERS:
        raise ConfigurationError(
            f"{file} holds {len(found)} numbers and must hold 1 to {MOST_RECEIVERS}.",
            action="Nobody was alerted. Write one number in each line.",
        )
    return found
