"""A contact list as a local file, with the name people know it by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ovh_sms.errors import ContactsError

#: Opens the rows of a query: the names of its columns, then its rows.
RowOpener = Callable[[], AbstractContextManager[Iterator[Sequence[object]]]]


@dataclass(frozen=True)
class ContactFile:
    """A contact list or suppression file as a local file, or the rows of a query.

    :param path: the file itself, or a copy that is removed after use.
    :param name: the name shown to people: a path, an address or a connection.
    :param rows: opens the rows of a query; there is no file then.
    """

    path: Path
    name: str
    rows: RowOpener | None = None

    def renamed(self, error: ContactsError) -> ContactsError:
        """Return an error with the file's own name in place of its copy's."""
        return ContactsError(error.what.replace(str(self.path), self.name), action=error.action)

    def damaged(self, kind: str, error: Exception) -> ContactsError:
        """Return the error of a damaged file; ``kind`` is the kind of file it seems to be."""
        # The error's own text may quote a cell, which is personal data: only its class is shown.
        return ContactsError(
            f"Contact list {self.name} is {kind} that cannot be read ({type(error).__name__}).",
            action="It may be cut off or damaged: export it again.",
        )


def check_is_file(path: Path, name: str) -> None:
    """Check that a contact list exists and is a file.

    :raises ContactsError: it does not exist, or is a folder.
    """
    if not path.is_file():
        wrong = "is not a file" if path.exists() else "does not exist"
        raise ContactsError(f"Contact list {name} {wrong}.", action="Check the path of the contacts.")
