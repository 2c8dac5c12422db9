"""New files that a command writes where a person asks for them: never over another file, and for that person alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.contacts.prepared_list import PreparedList


class WrittenFiles:
    """The files that a preview was asked to write.

    :param rejects: for the rejected rows; None if not asked for. So is ``prepared``.
    """

    def __init__(self, rejects: Path | None, prepared: Path | None) -> None:
        self._rejects, self._prepared = rejects, prepared
        self._more: list[Path] = []

    def write(self, it: PreparedList) -> None:
        """Write what a run would write; further batches of the list to ``NAME_2``, ``NAME_3`` …

        :raises ConfigurationError: a file exists or cannot be written.
        """
        if self._rejects:
            copy_to_new(it.rejects_path, self._rejects)
        if self._prepared:
            path = self._prepared
            self._more = [path.with_stem(f"{path.stem}_{batch.batch}") for batch in it.batches[1:]]
            for batch, target in zip(it.batches, (path, *self._more), strict=True):
                copy_to_new(batch.list_path, target)

    def lines(self) -> list[str]:
        """Name the files for a person."""
        named = [("Rejected rows", self._rejects), ("List for OVH", self._prepared)]
        named += [("Its next batch", path) for path in self._more]
        return [f"{name}: written to {path}" for name, path in named if path]

    def to_dict(self) -> dict[str, str]:
        """Name the files as plain JSON values."""
        named = {"rejects_file": self._rejects, "prepared_file": self._prepared}
        return {name: str(path) for name, path in named.items() if path}


def check_new(*paths: Path | None) -> None:
    """Check, before any work, that files can be made.

    :param paths: None for a file that was not asked for.
    :raises ConfigurationError: one exists, has no folder, or is named twice.
    """
    asked = [path for path in paths if path is not None]
    for at, path in enumerate(asked):
        if os.path.lexists(path) or path in asked[:at]:
            raise _exists(path)
        if not os.path.isdir(path.parent):  # noqa: PTH112 - also of a name that is too long
            raise ConfigurationError(
                f"The folder of {path} does not exist.", action="Nothing was written. Make the folder, or name another."
            )


def copy_to_new(source: Path, path: Path) -> None:
    """Copy a file to a new one that only its owner can read.

    :raises ConfigurationError: it exists, or cannot be written.
    """
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(handle, "wb") as target, source.open("rb") as content:
            shutil.copyfileobj(content, target)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def _exists(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path} exists, and no file is overwritten.", action="Nothing was written. Name another file, or remove it."
    )


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{path} cannot be written: {error.strerror}.", action="Check its path, the rights and the room on the disk."
    )
