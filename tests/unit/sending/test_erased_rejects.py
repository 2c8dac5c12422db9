"""A person is erased from the rejects of a list, in whichever country's way the list writes numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.sending.personal_files import erase_rows
from unit.contacts.small_lists import rejects, run

DIGESTER = PersonDigester(b"s" * 32)


@pytest.mark.parametrize(
    ("number", "rows", "options"),
    [
        ("+32470123456", "gsm\n0470 12 34 56\n0470/12.34.56\n", {"region": "BE"}),
        ("+32470123456", "gsm;pays\n0470123456;Belgique\n470123456;BE\n0470 12 34 56;BE\n", {}),
        ("+36201234567", "mobil;land\n06 20 123 4567;Ungarn\n201234567;HU\n", {}),
        ("+41791234567", "gsm\n41791234567\n41 79 123 45 67\n", {}),
        ("+33639980001", "gsm;pays\n06.39.98.00.01;FR\n0639980001;France\n", {}),
        ("+33639980001", "gsm;pays\n+33639980001;\n+33 (0)6 39 98 00 01;BE\n", {"region": "BE"}),
    ],
)
def test_no_reject_of_an_erased_person_stays(tmp_path: Path, number: str, rows: str, options: dict[str, Any]) -> None:
    prepared = run(tmp_path, rows, options=ContactOptions(allow_fiction=True, **options))
    known = len(rejects(prepared))
    assert known == prepared.rows - prepared.accepted > 0
    (other,) = DIGESTER.of_numbers(["+33639980099"])
    assert erase_rows([prepared.folder], [other], DIGESTER) == 0
    assert erase_rows([prepared.folder], DIGESTER.of_numbers([number]), DIGESTER) == prepared.rows
    assert rejects(prepared) == []
    assert prepared.list_path.read_text().splitlines() == ["number"]
