"""A contact list: its local file or query, its rows in blocks, and the digest that identifies it in later runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ovh_sms.contacts.read.copied_query import CopiedRows
from ovh_sms.errors import ContactsError, SourceUnavailable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from ovh_sms.contacts.read.csv_records import Record


#: Some rows of a query, as the driver gives them or as CSV.
Rows = Sequence[Sequence[Any]] | CopiedRows
#: Opens a query: the names of its columns, and its rows, many at a time.
RowOpener = Callable[[], AbstractContextManager[tuple[Sequence[str], Iterator[Rows]]]]


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
        return type(error)(error.what.replace(str(self.path), self.name), action=error.action)

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


def no_complete_answer(name: str, error: Exception) -> SourceUnavailable:
    """Return the error of a contact list whose server or database is away, or went away while it was read."""
    return SourceUnavailable(
        f"{name} gave no complete answer ({type(error).__name__}).",
        action="Nothing was prepared. Check that the worker can reach it, then try again.",
    )


SourceKind = Literal["csv", "xlsx", "parquet", "query"]


class RowBlock(NamedTuple):
    """Some rows of a contact list, in its order.

    :param table: strings without nulls; at least the number's column and those the message uses, by name.
    :param broken: rows that cannot be read or are hidden, which are not in the table; their lines lie between those
        of the table.
    """

    lines: NDArray[np.int64]
    table: pa.RecordBatch
    broken: list[Record]


@dataclass(frozen=True, kw_only=True)
class ContactRows:
    """An open contact list of any kind, with its rows still to be read, once.

    :param kind: kind of the source; encoding and separator mean something for ``csv`` only.
    :param columns: the trimmed names in the list's order; ``number_index`` is the number's position in them.
    :param certainty: certainty of the encoding, from 0 to 1.
    :param header_line: line of the header.
    :param used: position of the column that each placeholder of the message means.
    :param hidden: names of a sheet's hidden columns by their positions.
    :param blocks: given the columns that are needed, with their positions, yields for each block, in order, a
        function that returns its rows; any thread may call it.
    :param digest: called behind the last block, returns the SHA-256 of the rows; None if they are those of a file.
    """

    path: Path
    kind: SourceKind
    columns: tuple[str, ...]
    number_index: int
    used: Mapping[str, int]
    blocks: Callable[[Mapping[str, int]], Iterator[Callable[[], RowBlock]]]
    encoding: str = "utf-8"
    certainty: float = 1.0
    separator: str = ";"
    header_line: int = 1
    digest: Callable[[], str] | None = None
    hidden: Mapping[int, str] = field(default_factory=dict)


@contextmanager
def digesting(path: Path, known: Callable[[], str] | None = None) -> Iterator[Callable[[], str]]:
    """Compute a contact list's digest in a thread of its own, while the list is prepared.

    :param known: returns the digest of a list that is no file.

    :returns: a context manager; calling its value waits for the SHA-256 of the file's bytes, hexadecimal. The call
        raises :class:`~ovh_sms.errors.ContactsError` if the file is gone meanwhile.
    """
    if known is not None:
        yield known
        return
    with ThreadPoolExecutor(1, thread_name_prefix="digest") as thread:
        yield thread.submit(_digest, path).result


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ContactsError(
            f"Contact list {path} could not be read a second time: {error.strerror}.",
            action="Leave the file alone until the list is prepared, then clear the task.",
        ) from error
