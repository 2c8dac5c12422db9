from __future__ import annotations

import csv
import io
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest
from ovh_sms.contacts.preview.list_preview import make_preview
from ovh_sms.contacts.preview.samples import Sample
from ovh_sms.contacts.read import csv_blocks
from ovh_sms.messaging.country_rules import is_fiction, takes_stop_clause
from ovh_sms.messaging.mail_merge import render
from ovh_sms.messaging.phone_numbers import calling_code
from ovh_sms.messaging.segments import is_gsm7, measure, not_gsm7
from ovh_sms.messaging.transliterate import to_gsm7
from support.lists import no_fetch

NUMBERS = [
    "0639980010", "06 39 98 00 11", "+33639980012", "0612345678", "+491512345678", "+447400123456", "12", "",
]  # fmt: skip
RATES = {"49": 1.5, "44": 0.25}
MESSAGES = ["C’est #prenom# [#note#]", "ê #note##note# #number#" + "€" * 60, "\U0001f600 #prenom#" + "x" * 60]
VALUES = st.one_of(
    st.sampled_from(["", "Zoé", " Anna ", "François", "a;b", 'say "hi"', "€" * 40, "x" * 150, "two\nlines"]),
    st.text(alphabet='aé€[œê;"\n \u2028\u00a0', max_size=12),
)
ROWS = st.lists(st.tuples(st.sampled_from(NUMBERS), VALUES, VALUES), min_size=1, max_size=12).filter(
    lambda rows: any("".join(row).strip() for row in rows)  # others are no rows
)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))


@settings(max_examples=100, deadline=None)
@given(
    rows=ROWS,
    message=st.sampled_from(MESSAGES),
    stop=st.booleans(),
    with_default_text=st.booleans(),
    chunk=st.integers(20, 200),
)
@example(rows=[("12", "two\nlines", "x")], message=MESSAGES[0], stop=True, with_default_text=False, chunk=20)
def test_counting_by_blocks_is_counting_by_rows(
    rows: list[tuple[str, str, str]], message: str, stop: bool, with_default_text: bool, chunk: int
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([("number", "prenom", "note"), *rows])
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_blocks, "BLOCK_BYTES", chunk)
        path = Path(folder, "list.csv")
        path.write_text(text.getvalue(), encoding="utf-8")
        source = PreparationRequest(
            contacts=str(path),
            message=message,
            stop_clause=stop,
            options=ContactOptions(allow_fiction=True, empty_text="nous" if with_default_text else None),
        )
        found = make_preview(source, folder=Path(folder, "out"), fetch=no_fetch, rates=RATES)
        accepted = rows_of(found.result.prepared.list_path)
        refused = rows_of(found.result.prepared.rejects_path)
    plain = "".join(filter(is_gsm7, to_gsm7(message)[0]))
    sizes = [
        measure(render(plain, row), stop_clause=stop and takes_stop_clause(row["number"])).segments
        * RATES.get(str(calling_code(row["number"])), 1)
        for row in accepted
    ]
    characters = Counter(c for row in refused if row["reason"] == "not_gsm7" for c in not_gsm7(row["value"]))
    assert found.result.prepared.gsm7_credits == sum(sizes)
    assert found.fiction == sum(is_fiction(row["number"]) for row in accepted)
    assert list(found.unicode_values.items()) == sorted(characters.items(), key=lambda item: (-item[1], item[0]))
    check_samples(found.samples, accepted, message, stop=stop)


def check_samples(samples: Sequence[Sample], accepted: list[dict[str, str]], message: str, *, stop: bool) -> None:
    """The first, shortest and longest text are those of the prepared list; each row is shown once, with its cost."""

    def size(row: dict[str, str]) -> tuple[int, int]:
        merged = measure(render(message, row), stop_clause=stop and takes_stop_clause(row["number"]))
        return merged.characters, merged.segments

    def length(row: dict[str, str]) -> int:
        values = [row["number"] if name == "number" else row[name] for name in re.findall("#([a-z]+)#", message)]
        return sum(measure(value).characters for value in values if value)

    assert len({each.line for each in samples}) == len(samples)
    kinds = {kind: each for each in samples for kind in each.kinds}
    assert ("first" in kinds) == bool(accepted)
    if not accepted:
        return
    first, lengths = accepted[0], list(map(length, accepted))
    assert (kinds["first"].characters, kinds["first"].segments) == size(first)
    assert ("shortest" in kinds) == (min(lengths) < max(lengths))
    for kind, at in (("shortest", lengths.index(min(lengths))), ("longest", lengths.index(max(lengths)))):
        if kind in kinds:
            assert (kinds[kind].characters, kinds[kind].segments) == size(accepted[at])
    for name in ("prenom", "note"):
        assert (f"{name} empty" in kinds) == any(not row.get(name, "x") for row in accepted)
