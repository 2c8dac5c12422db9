from __future__ import annotations

from random import Random

import pytest

from ovh_sms.sending.packed_ids import pack_ids, unpack_ids


@pytest.mark.parametrize("ids", [[], [7], [0], [3, 1, 2, 2**53]])
def test_ids_are_read_as_they_were_written(ids: list[int]) -> None:
    assert unpack_ids(pack_ids(ids)) == set(ids)


def test_many_ids_are_a_short_text() -> None:
    ids = Random(1).sample(range(8_000_000_000, 8_001_000_000), 100_000)
    packed = pack_ids(ids)
    assert unpack_ids(packed) == set(ids)
    assert len(packed) < 120_000
