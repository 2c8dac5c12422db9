from __future__ import annotations

import numpy as np
import pytest

from ovh_sms.contacts.classify.column_values import ValueReader
from ovh_sms.contacts.classify.segment_counter import SegmentCounter
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.messaging.arrow_arrays import of_texts
from ovh_sms.messaging.mail_merge import render
from ovh_sms.messaging.segments import measure

BORDERS = (153, 160, 306, 459)


def counted(message: str, values: list[str], stop_clause: bool) -> list[int]:
    column = ValueReader(ContactOptions()).read(of_texts(values))
    keys = np.full(len(values), 33639980012, dtype=np.int64)
    clause = np.full(len(values), stop_clause)
    return SegmentCounter(message, ["a"]).segments(keys, [column], clause).tolist()


@pytest.mark.parametrize("stop_clause", [False, True])
@pytest.mark.parametrize("message", ["#a#", "€#a#", "x#a##a#", "#a#|", "é#number#[#a#", "ç#a#", "😀#a#"])
def test_pairs_around_a_border_are_counted_as_in_the_merged_message(message: str, stop_clause: bool) -> None:
    values = [
        "x" * before + pairs + "x" * behind
        for border in (67, 134, *BORDERS)
        for before in range(border - 15, border + 3)
        for pairs in ("", "€", "€€", "€x€")
        for behind in (0, border - 12, border - 1, border)
    ]
    merged = [render(message, {"a": value, "number": "+33639980012"}) for value in values]
    expected = [measure(text, stop_clause=stop_clause).segments for text in merged]
    assert counted(message, values, stop_clause) == expected


def test_a_pair_at_every_border_costs_one_more_segment() -> None:
    whole = ("x" * 152 + "€") * 2 + "x" * 151  # 152 | € 152 would be cut | …
    assert counted("#a#", ["x" * 459, whole, "x" * 151 + "€" + "x" * 306], False) == [3, 4, 3]
