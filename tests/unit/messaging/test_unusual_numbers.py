"""Texts that are no plain numbers are refused as phonenumbers refuses them, most of them without it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from ovh_sms.messaging import number_columns
from ovh_sms.messaging.number_columns import REASONS, NumberReader
from ovh_sms.messaging.phone_numbers import normalise
from ovh_sms.messaging.unusual_numbers import made_up
from unit.messaging.test_number_columns import REGIONS, disagreements, examples, variants

#: Characters and marks that people, spreadsheets and chat programs put around and between digits.
MARKS = [
    *" -./()+,;:#*'\"|&@=?!~_%$^{}<>[]\t\nexE", "é", "É", "×", "²", "º", "\u2019", "\u2013", "\u30fc", "\u00a0",
    "\u202f", "\u200b", "\u202a", "\u2060", "\ufeff", "\u00ad", "\uff10", "\uff0b", "\u0660", "ß", "E+08", ",0", ".0",
    ".00", ",00", "ext", "tel:", ";ext=", ";phone-context=+33", "poste ", "00", "+33", "0033", " / ", " ou ", "#N/A",
    "Tél. ", "O6",
]  # fmt: skip


def marked(region: str, chance: random.Random) -> Iterator[str]:
    """Numbers of a region with marks and second numbers, and digits of any count."""
    numbers = [text for number in examples(region) for text in variants(number)]
    for _ in range(300):
        text = chance.choice([*numbers, "0612345678", "+33612345678"])
        if chance.random() < 0.2:
            text += chance.choice(MARKS) + chance.choice(numbers)
        for _ in range(chance.randrange(4)):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(MARKS) + text[at + (chance.random() < 0.3) :]
        yield text
    for _ in range(50):
        yield chance.choice(["", "0", "00", "+"]) + "".join(chance.choices("0123456789", k=chance.randrange(14, 40)))


@pytest.mark.parametrize("segment", range(2))
def test_no_disagreement_on_texts_with_marks(segment: int) -> None:
    chance = random.Random(segment)
    for region in [*REGIONS[segment::2], *["FR"] * 20]:
        assert disagreements(region, list(marked(region, chance)), fiction=chance.random() < 0.5) == []


def test_usual_junk_is_refused_without_phonenumbers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(text: str, **how: object) -> object:
        asked.append(text)
        return normalise(text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(number_columns, "normalise", counting)
    junk = [
        "anna.martin12@example.fr", "à rappeler", "0639980012 bureau", "06 39 98 00 12 / 06 39 98 00 13", "le soir",
        "0639980012, 0639980013", "0639980012 ou 13", "75011 Paris", "06 39 XX 00 12", "0639980012|0639980013", "12e",
        "06\u00a039\u00a098\u00a000", "+33639980012 +33639980013", "non communiqué", "06 39 98 00 12 (Zoé)",
    ]  # fmt: skip
    numbers = [
        "O639980012",
        "Mobile : 06 39 98 00 12",
        "Tél 0639980012",
        "06\u202f39\u202f98\u00a000\u00a012",
        "\u202a0639980012\u202c",
    ]
    found = NumberReader("FR", allow_fiction=True).read(pa.array([*junk, *numbers], pa.string()))
    assert [REASONS[reason] for reason in found.reasons.tolist()] == ["invalid_number"] * len(junk) + [None] * 5
    assert asked == ["12e"]


def test_numbers_that_may_be_made_up() -> None:
    yes = [33606060606, 33612345678, 33600000000, 33687654321, 33677777777, 33601234567, 33698765432, 33690123456]
    no = [33639980012, 33612345679, 33611223344, 33606060607, 41791234566]
    assert made_up(np.array([*yes, *no], dtype=np.int64)).tolist() == [True] * len(yes) + [False] * len(no)
