"""OVH's ids as a short text: they lie close together, so a hundred thousand take some kilobytes."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from itertools import accumulate, pairwise


def pack_ids(ids: Iterable[int]) -> str:
    """Write ids in ASCII."""
    steps = [after - before for before, after in pairwise([0, *sorted(set(ids))])]
    return base64.b64encode(zlib.compress(json.dumps(steps).encode("ascii"))).decode("ascii")


def unpack_ids(packed: str) -> set[int]:
    """Read what :func:`pack_ids` made."""
    return set(accumulate(json.loads(zlib.decompress(base64.b64decode(packed)))))
