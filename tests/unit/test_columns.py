from __future__ import annotations

import numpy as np
import pytest

from ovh_sms.columns import converted, distinct


def test_each_different_value_of_a_column_is_converted_once() -> None:
    asked: list[str | None] = []

    def convert(value: str | None) -> str:
        asked.append(value)
        return f"<{value}>"

    assert converted(["a", None, "a", "b", None], convert) == ("<a>", "<None>", "<a>", "<b>", "<None>")
    assert sorted(map(str, asked)) == ["None", "a", "b"]
    assert converted([], convert) == ()


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
@pytest.mark.parametrize("values", [[], [7], [2**62, 3, 3, 1, 2**62, 2], [5, 5, 5], list(range(40, 0, -1))])
def test_each_value_of_a_column_comes_once_and_in_order(kind: type, values: list[int]) -> None:
    given = np.array(values, dtype=kind)
    found = distinct(given)
    assert found.tolist() == sorted({*values})
    assert found.dtype == kind
    assert given.tolist() == values, "the column itself stays as it is"
