"""Files on their way to and from a storage: in a nameless file of this machine, which no kill can leave behind."""

from __future__ import annotations

import io
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, cast

#: Bytes that are written to the disk at once.
_BUFFER = 1 << 20
Transfer = Callable[[BinaryIO], None]


def opened_for_reading(download: Transfer, *, text: bool, **how: Any) -> IO[Any]:
    """Copy a file here, and open the copy.

    :param download: writes what the file holds.
    :param how: ``encoding``, ``errors`` and ``newline`` of a text.
    """
    copy = TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        download(cast(BinaryIO, copy))
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return io.TextIOWrapper(cast(BinaryIO, copy), **how) if text else cast(IO[Any], copy)


def opened_for_writing(upload: Transfer, *, text: bool, **how: Any) -> IO[Any]:
    """Open a new file that is uploaded once it is closed, and not at all after an error.

    :param upload: reads what the file shall hold.
    """
    file = _Upload(upload)
    return cast(IO[Any], _TextUpload(file, **how) if text else file)


class _Upload(io.BufferedRandom):
    """Bytes that are uploaded when they are closed."""

    def __init__(self, upload: Transfer) -> None:
        self._upload: Transfer | None = upload
        super().__init__(cast(io.RawIOBase, TemporaryFile(buffering=0)), _BUFFER)  # noqa: SIM115

    def discard(self) -> None:
        """Upload nothing when it is closed."""
        self._upload = None

    def close(self) -> None:
        """Upload it, once."""
        if self.closed:
            return
        upload, self._upload = self._upload, None
        try:
            if upload is not None:
                self.flush()
                self.seek(0)
                upload(cast(BinaryIO, self))
        finally:
            super().close()

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is not None:
            self.discard()
        self.close()

    def __del__(self) -> None:
        """A file that nobody closed is not whole."""
        self.discard()
        self.close()


class _TextUpload(io.TextIOWrapper):
    """Text that is uploaded when it is closed."""

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is not None:
            self._discard()
        self.close()

    def __del__(self) -> None:
        self._discard()
        self.close()

    def _discard(self) -> None:
        cast(_Upload, self.buffer).discard()
