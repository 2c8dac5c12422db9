"""Keyed digests of receivers: they show whether a person gets a message again, and hold no number and no text.

A marketing message is known by its number and the campaign's message; a transactional one by its number and the text
as received. The digest is SipHash-2-4 under a key made from the store's secret: without it no number can be found by
trying all of them.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ovh_sms.messaging.arrow_arrays import of_integers, of_texts
from ovh_sms.messaging.mail_merge import split_message
from ovh_sms.object_storage.stored_path import StoredPath

Digests = NDArray[np.uint64]

#: The message key of every transactional message: its text is in the digest itself.
TRANSACTIONAL = "transactional"
_NUMBER = "number"
_BLOCK_ROWS = 1 << 14
_BLOCK_BYTES = 1 << 20


class ReceiverDigester:
    """Computes the digests of one message's receivers.

    :param secret: of the store, 32 bytes.
    :param message: the campaign's message with its ``#column#`` placeholders.
    :param marketing: whether it is marketing; else the text as received counts.
    """

    def __init__(self, secret: bytes, *, message: str, marketing: bool) -> None:
        self._use_key(secret, message_key(message, marketing=marketing))
        self._texts_and_columns = () if marketing else split_message(message)

    @classmethod
    def of_message_key(cls, secret: bytes, key: str) -> Self:
        """Return a digester for a message that is known by its key alone.

        :param key: of the message, see :func:`message_key`.
        :returns: one whose columns are ``text``, the text as received; marketing does not need it.
        """
        digester = cls(secret, message="#text#", marketing=key != TRANSACTIONAL)
        digester._use_key(secret, key)
        return digester

    def _use_key(self, secret: bytes, key: str) -> None:
        self.message_key = key
        self._key = hashlib.blake2b(key.encode(), key=secret, digest_size=16, person=b"receivers").digest()

    def of_columns(self, keys: NDArray[np.int64], columns: Mapping[str, Any]) -> Digests:
        """Compute the digests of many receivers.

        :param keys: E.164 digits as integers.
        :param columns: arrays of strings by the column's name, at least those that the message uses.
        :returns: one digest for each receiver, in their order.
        """
        blocks = [
            self._of_block(keys[start : start + _BLOCK_ROWS], columns, start)
            for start in range(0, len(keys), _BLOCK_ROWS)
        ]
        return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.uint64)

    def of_rows(self, rows: Sequence[Sequence[str]]) -> Digests:
        """Compute the digests of a list in memory.

        :param rows: header and rows, the number first, in E.164 or as OVH writes it.
        """
        digits = ["".join(filter(str.isdigit, row[0])) or "0" for row in rows[1:]]
        columns = {name: of_texts([row[at] for row in rows[1:]]) for at, name in enumerate(rows[0])}
        return self.of_columns(np.array([int(each) for each in digits], dtype=np.int64), columns)

    def _of_block(self, keys: NDArray[np.int64], columns: Mapping[str, Any], start: int) -> Digests:
        texts = pc.cast(of_integers(keys), pa.string())
        if self._texts_and_columns:
            own = {name: column.slice(start, len(keys)) for name, column in columns.items()}
            merged = merged_columns(self._texts_and_columns, texts, own)
            texts = pc.binary_join_element_wise(texts, _text("\x1f"), *merged, _text(""))
        return siphash(texts, self._key)


def siphash(texts: Any, key: bytes) -> Digests:
    """Compute the SipHash-2-4 of each text of an array.

    :param key: 16 bytes.
    """
    from pandas.util import hash_array

    values = texts.cast(pa.binary()).to_numpy(zero_copy_only=False)
    # Bytes are hashed as they are; the encoding turns the key's text back into its 16 bytes.
    found: Digests = hash_array(values, encoding="latin-1", hash_key=key.decode("latin-1"), categorize=False)
    return found


def merged_columns(divided: Sequence[str], digits: Any, columns: Mapping[str, Any]) -> list[Any]:
    """Return what, joined, is each receiver's message as :func:`~ovh_sms.messaging.mail_merge.render` merges it.

    :param divided: the message, see :func:`~ovh_sms.messaging.mail_merge.split_message`.
    :param digits: of the receivers' numbers in E.164, array of strings.
    :param columns: their values by the column's name, arrays of the same length.
    """
    merged = []
    for at, each in enumerate(divided):
        if at % 2 == 0:
            merged.append(_text(each))
        elif each == _NUMBER:
            merged += [_text("+"), digits]
        elif each in columns:
            merged.append(columns[each])
        else:  # stays in the text as it is
            merged.append(_text(f"#{each}#"))
    return merged


def message_key(message: str, *, marketing: bool) -> str:
    """Return the key under which receivers of equal messages are compared: a SHA-256, or a constant."""
    return hashlib.sha256(message.encode()).hexdigest() if marketing else TRANSACTIONAL


def list_digests(path: Path, digester: ReceiverDigester, *, only: Collection[int] | None = None) -> Digests:
    """Compute the digests of a prepared list, a block of rows at a time.

    :param path: ``prepared.csv`` of a list or of one batch.
    :param only: E.164 digits of the receivers wanted; by default all of them.
    :returns: sorted digests.
    """
    wanted = None if only is None else np.array(sorted(only), dtype=np.int64)
    found = []
    for block in _blocks(path):
        keys = _numbers_of(block)
        columns = {name: block.column(name) for name in block.schema.names}
        digests = digester.of_columns(keys, columns)
        found.append(digests if wanted is None else digests[np.isin(keys, wanted)])
    return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.uint64)


def list_numbers(path: Path) -> NDArray[np.int64]:
    """Read the numbers of a prepared list, a block of rows at a time.

    :param path: ``prepared.csv`` of a list or of one batch.
    :returns: E.164 digits in the order of the rows.
    """
    found = [_numbers_of(block) for block in _blocks(path)]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _numbers_of(block: Any) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = pc.utf8_ltrim(block.column(0), "+").cast(pa.int64()).to_numpy()
    return numbers


def _blocks(path: Path) -> Iterator[Any]:
    """Read a prepared list as blocks of columns of strings."""
    from pyarrow import csv as arrow_csv

    with path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file, delimiter=";"), [])  # an empty file is refused by Arrow
    # Of a disk, Arrow reads without Python.
    with path.open("rb") if isinstance(path, StoredPath) else nullcontext(path) as source:
        yield from arrow_csv.open_csv(
            source,
            read_options=arrow_csv.ReadOptions(block_size=_BLOCK_BYTES, column_names=names, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(delimiter=";", newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )


def _text(text: str) -> Any:
    return of_texts([text])[0]  # pyarrow.scalar imports pandas
