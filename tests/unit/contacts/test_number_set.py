from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.classify.number_set import NumberSet


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.integers(33_600_000_000, 33_600_000_070),
                st.integers(1, 30),
                st.integers(33_799_999_990, 33_800_000_010),
            ),
            max_size=40,
        ),
        max_size=8,
    )
)
def test_a_number_is_new_exactly_once(batches: list[list[int]]) -> None:
    numbers, known = NumberSet(), set[int]()
    for batch in batches:
        keys = np.array(batch, dtype=np.int64)
        assert numbers.contains(keys).tolist() == [key in known for key in batch]
        first = []
        for key in batch:
            first.append(key not in known)
            known.add(key)
        assert numbers.add(keys).tolist() == first
