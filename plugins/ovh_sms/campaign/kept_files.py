"""Small files about campaigns, which DAG files read while Airflow parses them, in the data folder of all hosts.

In an object storage one request lists all of them, and one that is still the same is read from a copy on this
machine: with a thousand campaigns, a request for each would outlast Airflow's limit for a DAG file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from ovh_sms.clock import SystemClock
from ovh_sms.errors import OvhSmsError
from ovh_sms.object_storage.storage import StoredFile
from ovh_sms.object_storage.stored_path import StoredPath
from ovh_sms.private_files import write_private
from ovh_sms.settings import data_path

#: No campaign has a name with a dot, so no folder of a run is meant.
FOLDER = ".campaigns"
#: Seconds for which a list of the files is right, and for which a storage that is away is not asked again.
_LISTED_FOR, _AWAY_FOR = 5.0, 60.0


def kept_text(name: str) -> str:
    """Read a file.

    :raises OSError: there is none, or the data folder cannot be read.
    """
    with _plain_errors():
        path = data_path() / FOLDER / name
        if not isinstance(path, StoredPath):
            return path.read_text(encoding="utf-8")
        found = _list_of(path).get(path.key)
        if found is None:
            raise FileNotFoundError(str(path))
        return _copy_of(path, found)


def keep_text(name: str, text: str) -> None:
    """Write a file, unless it holds the same text.

    :raises OSError: the data folder cannot be written.
    """
    with suppress(FileNotFoundError, UnicodeDecodeError):
        if kept_text(name) == text:
            return
    with _plain_errors():
        write_private(data_path() / FOLDER / name, text)
        _lists.clear()


@dataclass(frozen=True)
class _Listed:
    """The files of a folder as they were listed; ``files`` is ``None`` if the storage was away."""

    at: float
    files: dict[str, StoredFile] | None


_lists: dict[tuple[int, str], _Listed] = {}


def _list_of(path: StoredPath) -> dict[str, StoredFile]:
    """The files beside one, by their names in the bucket."""
    now, place = SystemClock().monotonic(), (os.getpid(), str(path.parent))
    known = _lists.get(place)
    if known is None or now - known.at > (_AWAY_FOR if known.files is None else _LISTED_FOR):
        try:
            _, files = path.storage.children(path.parent.key)
        except OvhSmsError:
            _lists[place] = _Listed(now, None)
            raise
        known = _lists[place] = _Listed(now, {each.key: each for each in files})
    if known.files is None:
        raise OSError(f"{path.parent} did not answer a moment ago")
    return known.files


def _copy_of(path: StoredPath, found: StoredFile) -> str:
    """The text of a file, from this machine if it is there in the state that the storage lists.

    A newer state replaces the copy: a file holds numbers of test receivers, and no old one stays behind.
    """
    if not found.state:
        return path.read_text(encoding="utf-8")
    state = f"{found.state} {found.size}"
    folder = Path(gettempdir()) / f"ovh_sms_campaigns-{os.getuid()}"
    copy = folder / hashlib.sha256(str(path).encode()).hexdigest()
    with suppress(OSError, UnicodeDecodeError):
        if folder.stat().st_uid == os.getuid():  # nobody else wrote it
            known, _, text = copy.read_text(encoding="utf-8").partition("\n")
            if known == state:
                return text
    text = path.read_text(encoding="utf-8")
    with suppress(OSError):
        write_private(copy, f"{state}\n{text}")
    return text


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Airflow must parse a DAG file without the storage: its errors are those of a disk."""
    try:
        yield
    except OvhSmsError as error:
        raise OSError(str(error)) from error
