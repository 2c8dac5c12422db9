"""Between numpy and pyarrow without ``pyarrow.array``, which imports pandas and so costs 0.3 s and 60 MB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

#: Up to so many texts are encoded one by one.
_FEW = 100


def of_integers(values: Any) -> Any:
    """Convert integers to a pyarrow int64 array on the same memory."""
    values = np.ascontiguousarray(values, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def of_texts(texts: Sequence[str]) -> Any:
    """Convert texts to a pyarrow string array."""
    offsets = np.zeros(len(texts) + 1, dtype=np.int32)
    joined = "\0".join(texts).encode("utf-8") if len(texts) > _FEW else b""
    marks = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == 0) if joined else offsets[:0]
    if joined and len(marks) == len(texts) - 1:  # all at once
        offsets[1:-1] = marks - np.arange(len(marks))
        offsets[-1] = len(joined) - len(marks)
        data = joined.replace(b"\0", b"")
    else:
        encoded = [text.encode("utf-8") for text in texts]
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        data = b"".join(encoded)
    return pa.Array.from_buffers(pa.string(), len(texts), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def with_nulls(array: Any, values: Sequence[Any]) -> Any:
    """Mark those elements of a pyarrow array as null that are ``None`` among some values."""
    known = np.fromiter((value is not None for value in values), dtype=bool, count=len(values))
    mask = pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(array.type, len(array), [mask, *array.buffers()[1:]])


def integers_in(array: Any) -> Any:
    """Convert a pyarrow array of integers to a numpy array on the same memory."""
    kind = np.int32 if array.type == pa.int32() else np.int64
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(0, dtype=kind)
    return np.frombuffer(buffer, dtype=kind)[array.offset : array.offset + len(array)]
