"""OVH's ids as a short text: they lie close together, so a hundred thousand take some kilobytes."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from ovh_sms.columns import distinct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def pack_ids(ids: Sequence[int] | NDArray[np.int64]) -> str:
    """Write ids in ASCII."""
    import numpy as np

    steps = np.diff(distinct(np.asarray(ids, dtype=np.int64)), prepend=0).tolist()
    return base64.b64encode(zlib.compress(json.dumps(steps).encode("ascii"))).decode("ascii")


def unpack_ids(packed: str) -> set[int]:
    """Read what :func:`pack_ids` made."""
    return set(accumulate(json.loads(zlib.decompress(base64.b64decode(packed)))))
