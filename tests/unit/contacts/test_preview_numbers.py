"""The preview names the numbers that a person should check; they are masked as all others."""

from __future__ import annotations

from pathlib import Path

from ovh_sms.contacts.preview.preview_text import lines
from unit.contacts.test_preview import preview

LIST = "number;prenom\n0639980010;Ana\n41791234567;Urs\n0612345678;Bob\n0639980011;Cid\n0606060606;Dan\n"


def test_numbers_without_plus_and_made_up_ones_are_counted_and_shown_masked(tmp_path: Path) -> None:
    found = preview(tmp_path, text=LIST)
    for masked in (False, True):
        shown = list(lines(found, masked=masked))
        assert "1 number of other countries without + was read as international: +41: 1" in shown
        assert (
            "2 numbers may be made up, as the last digits repeat or are in a row, and were accepted all the same: "
            "first in lines 4, 6" in shown
        )
        assert not [line for line in shown if "9123456" in line or "1234567" in line or "060606" in line]
    kinds = {sample.line: (sample.kinds, sample.number) for sample in found.samples}
    assert kinds[3] == (("number without +",), "+*********67")
    assert kinds[4] == (("number may be made up",), "+*********78")
    counts = found.counts()
    assert (counts["without_plus"], counts["made_up_rows"], counts["made_up_lines"]) == ({"41": 1}, 2, [4, 6])
