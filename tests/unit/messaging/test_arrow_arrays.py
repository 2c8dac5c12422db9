from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ovh_sms.messaging.arrow_arrays import of_integers, of_texts, with_nulls


@given(st.lists(st.sampled_from(["", "a", "é", "\0", "東京", "a\0b"]), max_size=3), st.integers(0, 200))
def test_texts_are_the_same_in_an_array(texts: list[str], more: int) -> None:
    many = [*texts, *["", "Zoé"] * more]
    made = of_texts(many)
    made.validate(full=True)
    assert made.to_pylist() == many


@given(st.lists(st.none() | st.sampled_from(["", "é", "東京"]), max_size=200))
def test_gaps_among_texts_are_nulls_in_an_array(texts: list[str | None]) -> None:
    made = with_nulls(of_texts([text or "" for text in texts]), texts)
    made.validate(full=True)
    assert made.to_pylist() == texts


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=200))
def test_gaps_among_integers_are_nulls_in_an_array(numbers: list[int | None]) -> None:
    made = with_nulls(of_integers([number or 0 for number in numbers]), numbers)
    made.validate(full=True)
    assert made.to_pylist() == numbers
