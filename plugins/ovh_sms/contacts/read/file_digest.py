"""The digest that identifies a contact list in all later runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from ovh_sms.errors import ContactsError


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
