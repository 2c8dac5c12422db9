"""Files and folders that hold phone numbers: only the account that runs the tasks can read them."""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


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
    # Never readable by others, not even between the making of it and the change of its rights.
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, _FILE_MODE))
    path.chmod(_FILE_MODE)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one that only the account of the tasks can read; its folder is made.

    :raises OSError: it was not written; a file that was there is as before.
    """
    private_folder(path.parent)
    new = private_file(path.with_name(f"{path.name}.{os.getpid()}"))  # several processes may write it at once
    new.write_text(text, encoding="utf-8")
    new.replace(path)
