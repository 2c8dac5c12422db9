"""The preview says how many rows each rule of consent rejects."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ovh_sms.contacts.options import ConsentRule, ContactOptions
from ovh_sms.contacts.preview.preview_text import lines
from unit.contacts.test_preview import preview

LIST = """number;prenom;Opt-in SMS;Recueilli le;Ne pas contacter
0639980010;Ana;Oui;01/06/2026;
0639980011;Bob;Non;01/06/2026;
0639980012;Cid;Oui;01/06/2020;
0639980013;Dan;Oui;;x
0639980014;Eva;Oui;01/06/2026;x
0639980015;Flo;Non;01/06/2020;x
"""


def test_each_rule_is_shown_with_the_rows_it_rejects(tmp_path: Path) -> None:
    rules = (
        ConsentRule(column="Opt-in SMS", accept=("Oui",), max_age_months=36, date_column="Recueilli le"),
        ConsentRule(column="Ne pas contacter", accept=("", "Non")),
    )
    options = ContactOptions(allow_fiction=True, consent=rules)
    found = preview(tmp_path, text=LIST, options=options, today=date(2026, 12, 1))
    assert [line for line in lines(found, masked=True) if line.startswith("Consent:")] == [
        "Consent: Opt-in SMS allows Oui; rejects 2 rows",
        "Consent: Recueilli le allows days of the last 36 months; rejects 2 rows",
        "Consent: Ne pas contacter allows an empty value, Non; rejects 1 row",
    ]
    assert found.result.prepared.rejected == {"no_consent": 5}
    assert found.counts()["consent"]["Opt-in SMS"] == {"rule": "allows Oui", "rejected": 2}


def test_a_list_without_rules_has_no_such_line(tmp_path: Path) -> None:
    assert not [line for line in lines(preview(tmp_path), masked=True) if line.startswith("Consent:")]
