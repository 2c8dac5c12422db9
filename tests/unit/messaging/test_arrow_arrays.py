from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ovh_sms.messaging.arrow_arrays import of_texts


@given(st.lists(st.sampled_from(["", "a", "é", "\0", "東京", "a\0b"]), max_size=3), st.integers(0, 200))
def test_texts_are_the_same_in_an_array(texts: list[str], more: int) -> None:
    many = [*texts, *["", "Zoé"] * more]
    made = of_texts(many)
    made.validate(full=True)
    assert made.to_pylist() == many
