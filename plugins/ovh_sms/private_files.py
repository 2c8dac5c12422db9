"""Files and folders that hold phone numbers: only the account that runs the tasks can read them.

In an object storage the bucket's policy says who may read: there these functions change no rights.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ovh_sms.object_storage.stored_path import StoredPath

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
#: How the names of folders begin that a task has on its own disk, and how long no task has one.
_SCRATCH, _LEFT_BEHIND = "ovh_sms-", timedelta(days=1)


def private_folder(path: Path) -> Path:
    """Make a folder that only the account of the tasks can read, with any umask.

    One that is there already is closed to others too. Folders above it are made with the usual rights.
    """
    path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    path.chmod(_FOLDER_MODE)
    return path


def private_file(path: Path) -> Path:
    """Make a file that only the account of the tasks can read, before anything is written into it.

    One that is there already keeps what it holds and is closed to others.
    """
    if isinstance(path, StoredPath):
        return path  # it appears whole, once it is written
    # Never readable by others, not even between the making of it and the change of its rights.
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, _FILE_MODE))
    path.chmod(_FILE_MODE)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one that only the account of the tasks can read; its folder is made.

    :raises OSError: it was not written; a file that was there is as before.
    :raises ovh_sms.errors.FilesUnavailable: the same, of a file in an object storage.
    """
    if isinstance(path, StoredPath):
        path.write_text(text, encoding="utf-8")
        return
    private_folder(path.parent)
    new = private_file(path.with_name(f"{path.name}.{os.getpid()}"))  # several processes may write it at once
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def remove_folder(path: Path, *, ignore_errors: bool = False) -> None:
    """Remove a folder with everything in it.

    :raises OSError: something could not be removed, unless errors are ignored.
    """
    if isinstance(path, StoredPath):
        path.remove_all()
    else:
        shutil.rmtree(path, ignore_errors=ignore_errors)


@contextmanager
def scratch_folder(folder: Path, *, prefix: str) -> Iterator[Path]:
    """Make a folder of this machine for the files of one task, and remove it with them.

    :param folder: it lies in there; if that is in an object storage, among the temporary files of this machine.
    :param prefix: how its name begins.
    """
    if not isinstance(folder, StoredPath):
        with TemporaryDirectory(prefix=prefix, dir=folder) as name:
            yield Path(name)
        return
    with machine_folder() as scratch:
        yield scratch


@contextmanager
def machine_folder() -> Iterator[Path]:
    """Make a folder among the temporary files of this machine, and remove it; also those whose process was killed."""
    with TemporaryDirectory(prefix=_SCRATCH) as name:
        _remove_left_behind(Path(name))
        yield Path(name)


@contextmanager
def working_folder(folder: Path) -> Iterator[Path]:
    """A folder of this machine for files that a task removes itself: the given one, if it is on the disk."""
    if isinstance(folder, StoredPath):
        with scratch_folder(folder, prefix=_SCRATCH) as scratch:
            yield scratch
    else:
        yield folder


def _remove_left_behind(new: Path) -> None:
    """Remove the folders of tasks of this account that were killed long before a new one was made."""
    old = new.stat().st_mtime - _LEFT_BEHIND.total_seconds()
    for each in new.parent.glob(f"{_SCRATCH}*"):
        with suppress(OSError):
            found = each.lstat()
            if each.is_dir() and not each.is_symlink() and found.st_uid == os.getuid() and found.st_mtime < old:
                shutil.rmtree(each, ignore_errors=True)
