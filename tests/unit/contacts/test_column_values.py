"""Columns of values are measured and written as one value by itself would be."""

from __future__ import annotations

import csv
import io
import unicodedata
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.classify.column_values import ValueReader
from ovh_sms.contacts.classify.value_rules import ValueChange
from ovh_sms.contacts.options import MISSING, ContactOptions
from ovh_sms.messaging.escaped_text import find_escaped
from ovh_sms.messaging.misread_text import find_misread
from ovh_sms.messaging.number_columns import REASONS
from ovh_sms.messaging.placeholder_dialects import is_dialect_placeholder
from ovh_sms.messaging.segments import GSM7_BASIC, GSM7_EXTENSION, is_gsm7
from ovh_sms.messaging.transliterate import to_gsm7

ALPHABET = sorted(GSM7_BASIC | GSM7_EXTENSION)
ERRORS = ("#REF!", "#VALEUR!", "#n/a", "###", "#DIV/0!")
TEXTS = st.one_of(
    st.sampled_from(
        [
            *ERRORS,
            "#",
            "#1",
            "N/A",
            "#N/A",
            "a #N/A",
            "NULL",
            " null",
            "-",
            "a&#39;b",
            "\\n",
            "a#b#c",
            "{{ a }}",
            "R&eacute",
            "a%27b",
        ]
    ),
    st.text(st.sampled_from(ALPHABET), max_size=8),
    st.text(st.sampled_from("aé à;\"'[€ê’œ\u00a0\u200b\u0301😀Ð£§"), max_size=6),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=4),
)


def wanted(value: str, options: ContactOptions) -> tuple[Any, ...]:
    """Read one value by the rules: text, line, characters, pairs, reason, replaced, filled, missing."""
    text, reason, replaced = unicodedata.normalize("NFC", value).strip(), None, {}
    broken = "\n" in text or "\r" in text
    text = "\n".join(line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    missing = text in MISSING
    text = "" if missing else text
    changed = text
    if options.transliterate:
        changed, replaced = to_gsm7(text)
        changed = changed.strip()
    filled = bool(options.empty_text) and not changed
    if broken:
        reason = "line_break"
    elif text in ERRORS:
        reason = "spreadsheet_damage"
    elif find_misread(text):
        reason = "misread_text"
    elif find_escaped(text):
        reason = "escaped_text"
    elif text.count("#") > 1 or is_dialect_placeholder(text, ()):
        reason = "looks_like_placeholder"
    else:
        text = changed or options.empty_text or ""
        if not text and options.empty == "reject":
            reason = "empty_value"
        elif not is_gsm7(text):
            reason = "not_gsm7"
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="").writerow([text, "x"])
    pairs = sum(c in GSM7_EXTENSION for c in text)
    shown = {pair for pair in replaced.items() if pair[0] != pair[1]}
    return text, line.getvalue()[:-2], len(text), pairs, reason, shown, filled, missing


def check(texts: list[str], options: ContactOptions) -> None:
    column = pa.array(["before", *texts, "behind"], pa.string()).slice(1, len(texts))
    found = ValueReader(options).read(column)
    each = [wanted(text, options) for text in texts]
    assert found.texts.to_pylist() == [row[0] for row in each]
    assert found.characters.tolist() == [row[2] for row in each]
    assert found.pairs.tolist() == [row[3] for row in each]
    assert [REASONS[reason] for reason in found.reasons.tolist()] == [row[4] for row in each]
    fine = [at for at, row in enumerate(each) if row[4] != "line_break"]  # only these can be written
    assert [found.written[at].as_py() for at in fine] == [each[at][1] for at in fine]
    sets = found.replaced
    replaced = [set(sets.sets[at]) for at in sets.rows.tolist()] if sets else [set() for _ in texts]
    assert replaced == [row[5] for row in each]
    for at, change in ((6, ValueChange.FILLED), (7, ValueChange.MISSING)):
        marked = found.changed(change)
        assert ([False] * len(texts) if marked is None else marked.tolist()) == [row[at] for row in each]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    texts=st.lists(TEXTS, max_size=12),
    transliterate=st.booleans(),
    empty=st.sampled_from([{}, {"empty": "reject"}, {"empty_text": "a;[€]"}]),
)
@example([], False, {})
@example(["é"], False, {})
@example(["", "a", "é "], False, {"empty_text": "a;[€]"})
@example(["a", "\u200b\n\u200b", "ê ç"], True, {"empty_text": "a;[€]"})
def test_values_are_read_by_the_rules(texts: list[str], transliterate: bool, empty: dict[str, str]) -> None:
    check(texts, ContactOptions(transliterate=transliterate, **empty))  # type: ignore[arg-type]


@pytest.mark.parametrize("transliterate", [False, True])
def test_every_character_of_the_alphabet_and_many_others(transliterate: bool) -> None:
    characters = [*ALPHABET, *map(chr, range(1, 0x2100)), "\ufb01", "\U0001f600"]
    options = ContactOptions(transliterate=transliterate)
    check(characters, options)
    check([f"x{each}x" for each in characters], options)
    check([f"é{each}" for each in characters], options)
