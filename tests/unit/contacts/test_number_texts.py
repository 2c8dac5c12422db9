"""One number gets each of its texts once, in rounds that never share a batch, and not more than ten."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from ovh_sms.contacts.classify.classify_rows import BlockClassifier, ClassifiedBlock
from ovh_sms.contacts.classify.number_texts import MOST_TEXTS, ROUNDS, NumberTexts
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.arrow_arrays import of_texts
from unit.contacts.small_lists import rejects

BOTH = ContactOptions(allow_fiction=True, duplicates="number_and_text")
HEADER = "numero;prenom\n"


def run(
    folder: Path, text: str, *, size: int | None = None, message: str = "RDV #prenom#", **more: Any
) -> PreparedList:
    source = folder / "list.csv"
    source.write_text(HEADER + text, encoding="utf-8")
    given = {"stop_clause": False, "options": BOTH, "batch_size": size, **more}
    return prepare(source, out=folder / "out", message=message, **given)


def rows_of(made: PreparedList) -> list[list[tuple[str, ...]]]:
    found = []
    for batch in made.batches:
        with batch.list_path.open(encoding="utf-8", newline="") as file:
            found.append([tuple(row) for row in csv.reader(file, delimiter=";")][1:])
    return found


def row_by_row(rows: list[tuple[int, str]]) -> list[int | str]:
    """The rule in plain words: the round of each row, or the reason why it has none."""
    texts: dict[int, list[str]] = {}
    found: list[int | str] = []
    for number, text in rows:
        known = texts.setdefault(number, [])
        if text.strip() in known:
            found.append("same")
        elif len(known) == MOST_TEXTS:
            found.append("too many")
        else:
            known.append(text.strip())
            found.append(len(known) - 1)
    return found


def in_blocks(rows: list[tuple[int, str]], rng: Random) -> list[int | str]:
    texts, found = NumberTexts("#prenom#", ["prenom"]), list[int | str]()
    while rows:
        block, rows = rows[: (size := rng.randrange(1, 60))], rows[size:]
        keys = np.array([number for number, _ in block], dtype=np.int64)
        added = texts.add(keys, {"prenom": of_texts([text for _, text in block])})
        for each, same, too_many in zip(added.rounds.tolist(), added.same, added.too_many, strict=True):
            found.append("same" if same else "too many" if too_many else each)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_blocks_of_any_size_give_what_the_rows_give_one_by_one(seed: int) -> None:
    rng = Random(seed)
    numbers = [rng.choice((33_639_980_000, 41_791_234_567)) + rng.randrange(rng.choice((1, 4, 30))) for _ in range(200)]
    values = ["", "a", " a", "b ", "b", "c d", *(str(at) for at in range(rng.choice((1, 30))))]
    rows = [(number, rng.choice(values)) for number in numbers]
    assert in_blocks(rows, rng) == row_by_row(rows)


def test_two_texts_of_one_number_are_in_two_batches(tmp_path: Path) -> None:
    made = run(tmp_path, "0639980001;Lea\n0639980002;Ana\n0639980001;Tom\n0639980001;Lea\n")
    assert rows_of(made) == [[("+33639980001", "Lea"), ("+33639980002", "Ana")], [("+33639980001", "Tom")]]
    assert (made.rows, made.accepted, made.rejected) == (4, 3, {"duplicate": 1})
    assert rejects(made) == [("5", "numero", "0639980001", "duplicate")]
    assert [batch.credits for batch in made.batches] == [2, 1]


@pytest.mark.parametrize("size", [1, 2, 3, 7, None])
def test_no_batch_ever_holds_a_number_twice_and_every_text_is_in_one(tmp_path: Path, size: int | None) -> None:
    rng = Random(size or 0)
    wanted = {(f"+3363998{rng.randrange(12):04d}", f"P{rng.randrange(4)}") for _ in range(40)}
    lines = [f"0{number[3:]};{name}\n" for number, name in sorted(wanted, key=lambda _: rng.random())]
    found = rows_of(made := run(tmp_path, "".join(lines), size=size))
    assert Counter(row for batch in found for row in batch) == Counter(dict.fromkeys(wanted, 1))
    for batch in found:
        assert len({number for number, _ in batch}) == len(batch) <= (size or len(wanted))
    assert made.accepted == len(wanted)


def test_a_number_that_stands_for_a_missing_one_gets_ten_texts_and_makes_ten_batches(tmp_path: Path) -> None:
    lines = [f"0600000000;P{at}\n06399800{at % 50:02d};Q\n" for at in range(5_000)]
    made = run(tmp_path, "".join(lines), size=100)
    assert len(made.batches) == MOST_TEXTS == 10
    assert made.rejected == {"duplicate": 4_950, "too_many_texts": 4_990}
    assert made.accepted == 60


def test_a_text_beyond_the_tenth_is_too_many_each_time(tmp_path: Path) -> None:
    lines = [f"0639980001;P{at}\n" for at in (*range(11), 10, 3, 10)]
    made = run(tmp_path, "".join(lines))
    assert [reason for *_, reason in rejects(made)] == [*["too_many_texts"] * 2, "duplicate", "too_many_texts"]


def test_a_row_that_is_rejected_for_its_value_does_not_count(tmp_path: Path) -> None:
    made = run(tmp_path, "0639980001;Loïc Ça\n0639980001;Lea\n0639980001;Tom\n")
    assert made.rejected == {"not_gsm7": 1}
    assert rows_of(made) == [[("+33639980001", "Lea")], [("+33639980001", "Tom")]]


def test_columns_that_the_message_does_not_use_make_no_other_text(tmp_path: Path) -> None:
    made = run(tmp_path, "0639980001;Lea\n0639980001;Tom\n", message="Votre RDV est demain")
    assert (made.accepted, made.rejected, len(made.batches)) == (1, {"duplicate": 1}, 1)


def test_values_that_merge_to_one_text_are_one_text(tmp_path: Path) -> None:
    source = tmp_path / "list.csv"
    source.write_text("numero;a;b\n0639980001;x y;z\n0639980001;x;y z\n0639980001;;x y z\n", encoding="utf-8")
    made = prepare(source, out=tmp_path / "out", message="#a# #b#", stop_clause=False, options=BOTH)
    assert (made.accepted, made.rejected) == (1, {"duplicate": 2})


def test_values_changed_by_the_options_are_compared_as_they_are_sent(tmp_path: Path) -> None:
    options = ContactOptions(allow_fiction=True, duplicates="number_and_text", transliterate=True, empty_text="vous")
    made = run(tmp_path, "0639980001;Maêl\n0639980001;Mael\n0639980001;\n0639980001;vous\n", options=options)
    assert rows_of(made) == [[("+33639980001", "Mael")], [("+33639980001", "vous")]]


def test_by_default_a_number_gets_one_text(tmp_path: Path) -> None:
    made = run(tmp_path, "0639980001;Lea\n0639980001;Tom\n", options=ContactOptions(allow_fiction=True))
    assert (rows_of(made), made.rejected) == ([[("+33639980001", "Lea")]], {"duplicate": 1})


def test_rounds_are_added_to_the_cuts_that_a_list_has_already(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    classify = BlockClassifier.classify

    def with_cuts(self: BlockClassifier, block: Any) -> ClassifiedBlock:
        found = classify(self, block)
        return found._replace(cuts=(1 - found.keys % 2) * ROUNDS)

    monkeypatch.setattr(BlockClassifier, "classify", with_cuts)
    made = run(tmp_path, "0639980001;Lea\n0639980002;Ana\n0639980001;Tom\n0639980002;Bob\n")
    names = [[name for _, name in batch] for batch in rows_of(made)]
    assert names == [["Lea"], ["Tom"], ["Ana"], ["Bob"]]


def test_another_choice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="number or number_and_text"):
        ContactOptions(duplicates="text").check()  # type: ignore[arg-type]
