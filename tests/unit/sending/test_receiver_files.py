"""The numbers of a prepared list are read after its POST, however damaged the list is by then."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.sending.receiver_files import listed_numbers

HEADER, FIRST, SECOND = b"number;prenom\n", b"+33639980000;A\n", b"+33639980001;B\n"


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (b"", set()),
        (HEADER + FIRST + SECOND, {33639980000, 33639980001}),
        (HEADER + FIRST + SECOND.replace(b"B", b"\xe9"), {33639980000, 33639980001}),
        (HEADER + FIRST + b'+33639980001;"B', {33639980000, 33639980001}),
        (HEADER + FIRST + b"+3363998", {33639980000, 3363998}),
        (HEADER + FIRST + b"\0\0\0\0", {33639980000, 0}),
        (HEADER + FIRST + b"9" * 5_000, {33639980000, int("9" * 40)}),
    ],
    ids=["empty", "whole", "not UTF-8", "open quote", "cut", "NUL", "endless number"],
)
def test_a_damaged_list_gives_the_numbers_that_are_left(tmp_path: Path, damage: bytes, found: set[int]) -> None:
    path = tmp_path / "prepared.csv"
    path.write_bytes(damage)
    assert listed_numbers(path) == found
