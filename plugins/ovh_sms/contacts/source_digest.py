"""The digest of a contact list, by which it is known again whatever was prepared from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from ovh_sms.errors import ContactsError


@contextmanager
def digesting(path: Path) -> Iterator[Callable[[], str]]:
    """Read a list beside those who prepare it: the digest costs them no time while a processor is free.

    :param path: the list.
    :returns: a context manager that gives what waits for the digest, SHA-256 of the file's bytes, hexadecimal; that
        raises :class:`~ovh_sms.errors.ContactsError` where the file is gone meanwhile.
    """
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
