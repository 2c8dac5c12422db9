from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.messaging.segments import GSM7_BASIC, GSM7_EXTENSION, MessageSize, is_gsm7, measure, not_gsm7

# GSM 03.38 by position, written out once more from the standard; 0x1B is the escape
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def test_whole_basic_table_counts_one() -> None:
    assert len(TABLE) == 128
    assert frozenset(TABLE) - {"\x1b"} == GSM7_BASIC
    for character in GSM7_BASIC:
        assert measure(character) == (1, False, 160, 1)


def test_whole_extension_table_counts_two() -> None:
    assert sorted(GSM7_EXTENSION) == sorted("\f^{}\\[~]|€")
    for character in GSM7_EXTENSION:
        assert measure(character) == (2, False, 160, 1)


@pytest.mark.parametrize("character", [*"êâîôûëïçœ’“”…ÀÊ`", "\xa0", "\t", "\x1b", "\u0301", "🎉", "漢"])
def test_any_other_character_makes_the_message_unicode(character: str) -> None:
    size = measure("abc" + character)
    assert size.unicode
    assert size.per_segment == 70
    assert not is_gsm7(character)
    assert not_gsm7(f"a{character}b{character}") == [character]


@pytest.mark.parametrize(
    ("length", "stop", "segments", "per_segment"),
    [
        (0, False, 1, 160), (1, False, 1, 160), (149, False, 1, 160), (150, False, 1, 160), (160, False, 1, 160),
        (161, False, 2, 153), (306, False, 2, 153), (307, False, 3, 153), (459, False, 3, 153), (460, False, 4, 153),
        (918, False, 6, 153), (919, False, 7, 153),
        (148, True, 1, 160), (149, True, 1, 160), (150, True, 2, 153), (153, True, 2, 153), (295, True, 2, 153),
        (296, True, 3, 153), (306, True, 3, 153), (307, True, 3, 153), (448, True, 3, 153), (449, True, 4, 153),
    ],
)  # fmt: skip
def test_borders_of_seven_bit(length: int, stop: bool, segments: int, per_segment: int) -> None:
    size = measure("x" * length, stop_clause=stop)
    assert size == MessageSize(length + (11 if stop else 0), False, per_segment, segments)


@pytest.mark.parametrize(
    ("length", "stop", "segments", "per_segment"),
    [
        (1, False, 1, 70), (59, False, 1, 70), (60, False, 1, 70), (70, False, 1, 70), (71, False, 2, 67),
        (134, False, 2, 67), (135, False, 3, 67), (201, False, 3, 67), (202, False, 4, 67),
        (58, True, 1, 70), (59, True, 1, 70), (60, True, 2, 67), (67, True, 2, 67), (70, True, 2, 67),
        (123, True, 2, 67), (124, True, 3, 67), (134, True, 3, 67), (135, True, 3, 67),
    ],
)  # fmt: skip
def test_borders_of_unicode(length: int, stop: bool, segments: int, per_segment: int) -> None:
    size = measure("ç" * length, stop_clause=stop)
    assert size == MessageSize(length + (11 if stop else 0), True, per_segment, segments)


def test_extension_character_is_not_split_across_segments() -> None:
    assert measure("x" * 158 + "€").segments == 1
    assert measure("x" * 152 + "€" + "x" * 152) == (306, False, 153, 3)  # the euro moves to the second segment whole
    assert measure("x" * 151 + "€" + "x" * 153) == (306, False, 153, 2)
    assert measure("€" * 80).segments == 1
    assert measure("€" * 152) == (304, False, 153, 2)  # 76 in each
    assert measure("€" * 153).segments == 3


def test_stop_clause_counts_behind_a_moved_character() -> None:
    text = "x" * 152 + "€" + "x" * 140
    assert measure(text).segments == 2
    assert measure(text, stop_clause=True) == (305, False, 153, 2)  # 152 | 2 + 140 + 11 = 153
    assert measure(text + "x", stop_clause=True) == (306, False, 153, 3)


def test_surrogate_pair_is_not_split_across_segments() -> None:
    assert measure("🎉") == (2, True, 70, 1)
    assert measure("🎉" * 35).segments == 1
    assert measure("🎉" * 36) == (72, True, 67, 2)
    assert measure("x" * 66 + "🎉" + "x" * 66) == (134, True, 67, 3)
    assert measure("🎉" * 66) == (132, True, 67, 2)  # 33 pairs a segment leave one unit unused
    assert measure("🎉" * 67) == (134, True, 67, 3)


def test_combining_accents_and_line_ends_count_as_they_are_written() -> None:
    assert measure("e\u0301") == (2, True, 70, 1)
    assert measure("\u00e9") == (1, False, 160, 1)
    assert measure("a\r\nb") == (4, False, 160, 1)
    assert measure("👩\u200d👧") == (5, True, 70, 1)


def cut(units: str, per_segment: int) -> int:
    """Cut a text of units, a pair written as P and p, never between the two."""
    segments = 0
    while units:
        at = per_segment - 1 if units[per_segment - 1 : per_segment + 1] == "Pp" else per_segment
        segments, units = segments + 1, units[at:]
    return segments


@pytest.mark.parametrize(("single", "pair", "one", "several"), [("x", "€", 160, 153), ("ç", "🎉", 70, 67)])
@pytest.mark.parametrize("stop", [False, True])
def test_pairs_around_every_border_are_never_split(single: str, pair: str, one: int, several: int, stop: bool) -> None:
    for border in range(1, 5):
        for before in range(border * several - 14, border * several + 2):
            for pattern in ("P", "PP", "PxP", "PP" + "x" * (several - 4) + "P"):
                for behind in (0, several - 12, several - 1, several):
                    shape = "x" * before + pattern + "x" * behind
                    units = shape.replace("P", "Pp") + "x" * (11 if stop else 0)
                    size = measure(shape.replace("x", single).replace("P", pair), stop_clause=stop)
                    assert size.characters == len(units)
                    assert size.segments == (1 if len(units) <= one else cut(units, several)), shape


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(st.one_of(st.sampled_from(TABLE + "^{}€ç🎉"), st.characters(codec="utf-8")), max_size=500),
    stop=st.booleans(),
)
def test_segments_hold_the_characters_that_are_counted(text: str, stop: bool) -> None:
    size = measure(text, stop_clause=stop)
    assert size.segments * size.per_segment >= size.characters
    # at most one unit of each segment is left unused, for a pair that did not fit
    assert (size.segments - 1) * (size.per_segment - 1) < max(size.characters, 1)
    assert size.unicode == bool(not_gsm7(text))
    if size.unicode:
        assert size.characters == len(text.encode("utf-16-le")) // 2 + (11 if stop else 0)
    assert measure(text + "x", stop_clause=stop).segments >= size.segments
    assert measure(text, stop_clause=True).segments >= measure(text).segments


@pytest.mark.parametrize(("alphabet", "one", "several"), [("x", 160, 153), ("ç", 70, 67)])
@pytest.mark.parametrize("stop", [False, True])
def test_without_its_surplus_a_message_takes_one_segment_less(
    alphabet: str, one: int, several: int, stop: bool
) -> None:
    for length in (1, one - 11, one - 10, one, one + 1, 2 * several - 11, 2 * several, 2 * several + 1, 5 * several):
        size = measure(alphabet * length, stop_clause=stop)
        assert (size.surplus == 0) == (size.segments == 1)
        if size.surplus:
            assert measure(alphabet * (length - size.surplus), stop_clause=stop).segments == size.segments - 1
            assert measure(alphabet * (length - size.surplus + 1), stop_clause=stop).segments == size.segments
