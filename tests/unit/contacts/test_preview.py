from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, Progress
from ovh_sms.contacts.preview.list_preview import Preview, Price, make_preview
from ovh_sms.contacts.preview.preview_text import lines
from ovh_sms.contacts.preview.unicode_notes import shown
from ovh_sms.contacts.reject_limit import RejectLimit
from support.fake_clock import FakeClock
from support.lists import no_fetch

LIST = """number;prenom;bureau
0639980010;Anna;06 39 98 77 10
0639980011;Béatrice;0639987711
0639980012;François;
0639980013;Loïc Ça;
0639980010;Again;
12;Short;
0639980014;Zoé;
0639980015;Yves;
0639980016;Xavier;
"""


def preview(folder: Path, message: str = "Bonjour #prenom#", text: str = LIST, **changes: Any) -> Preview:
    (folder / "list.csv").write_text(text, encoding="utf-8")
    asked = {name: changes.pop(name) for name in ("show_numbers", "rates", "line") if name in changes}
    given = {"stop_clause": False, "options": ContactOptions(allow_fiction=True), **changes}
    source = PreparationRequest(contacts=str(folder / "list.csv"), message=message, **given)
    return make_preview(source, folder=folder / "out", fetch=no_fetch, **asked)


def test_a_preview_in_words(tmp_path: Path) -> None:
    found = preview(tmp_path, "Bonjour #prenom#, ton numéro #number#, #bureau#").priced(
        Price(per_credit=0.1, currency="EUR")
    )
    text = list(lines(found, masked=False))
    assert f"Contact list: {tmp_path}/list.csv" in text
    assert "Columns found: number, prenom, bureau" in text
    assert "Columns the message uses: prenom, bureau" in text
    assert "Rows: 9, accepted 5, rejected 4" in text
    assert any(line.split()[:2] == ["2", "not_gsm7:"] for line in text)
    assert any(line.split()[:2] == ["1", "duplicate:"] for line in text)
    assert "Messages whose texts differ most:" in text
    assert "    > Bonjour Anna, ton numéro +*********10, ************10" in text
    assert "Empty bureau: 3 messages sent without it" in text
    assert "Credits: 5" in text
    assert "Price: 0.50 EUR without tax, at 0.1 a credit" in text
    assert "Unicode: none, every message fits the GSM alphabet" in text
    assert "  ç (U+00E7) 1" in text
    assert "  ï (U+00EF) 1" in text
    assert any("transliterate: true" in line for line in text)
    assert not any("0639980" in line or "+336" in line for line in text)


def test_columns_have_the_names_of_the_list(tmp_path: Path) -> None:
    rows = "number;fenêtre\n0639980010;\n0639980011;名\n0639980012;nord\n"
    text = list(lines(preview(tmp_path, "Vue #Fenêtre# !", rows), masked=False))
    assert "Columns found: number, fenêtre" in text
    assert "Columns the message uses: fenêtre" in text
    left = "sent without it, which leaves '  !' in the text: fill it with 'empty: text' and 'default_text'"
    assert f"Empty fenêtre: 1 message {left}" in text
    assert "            line 3, fenêtre: 名" in text
    assert any("fenêtre empty" in line for line in text)
    assert not any("fenetre" in line.casefold() for line in text)


def test_what_forces_unicode_and_what_it_would_cost_without(tmp_path: Path) -> None:
    found = preview(tmp_path, "C’est la fête \U0001f600 " + "x" * 80)
    assert found.result.prepared.unicode_text == {"’": "'", "ê": "e", "\U0001f600": "\U0001f600"}
    found = preview(tmp_path, "C’est la fête " + "x" * 80)
    assert (found.result.prepared.credits, found.result.prepared.gsm7_credits) == (14, 7)
    text = "\n".join(lines(found, masked=False))
    assert "Unicode: 7 messages, 70 characters in one segment instead of 160, as the message's own text holds" in text
    assert "ê (U+00EA); write e" in text
    assert text.endswith("  Without them the campaign costs 7 credits instead of 14")
    priced = list(lines(found.priced(Price(per_credit=0.1, currency="EUR")), masked=False))
    assert priced[-1] == "  Without them the campaign costs 7 credits instead of 14, 0.70 EUR less"
    priced = list(lines(found.priced(Price(per_credit=0.1)), masked=False))
    assert priced[-1] == "  Without them the campaign costs 7 credits instead of 14, 0.70 less"


@pytest.mark.parametrize(
    ("character", "advice"),
    [
        ("’", "’ (U+2019); write '"),
        ("\u00a0", "U+00A0 (no-break space); write a blank"),
        ("\u200b", "U+200B (zero width space); leave it out"),
        ("\u0301", "U+0301 (combining acute accent); write the letter and its accent as one character"),
        ("\U0001f600", "\U0001f600 (U+1F600); leave it out"),
    ],
)
def test_what_to_do_about_a_character(tmp_path: Path, character: str, advice: str) -> None:
    assert f"  {advice}" in list(lines(preview(tmp_path, f"Le caf{character} Ile"), masked=False))


def test_the_gsm_cost_counts_the_stop_clause_as_the_engine_does(tmp_path: Path) -> None:
    message = "ê" + "x" * 149
    found = preview(tmp_path, message, stop_clause=True)
    plain = preview(tmp_path, message.replace("ê", "e"), stop_clause=True)
    assert found.result.prepared.gsm7_credits == plain.result.prepared.credits == 14
    assert plain.result.prepared.gsm7_credits is None


def test_for_a_log_values_are_names_and_lengths(tmp_path: Path) -> None:
    found = preview(tmp_path, "Bonjour #prenom# #number#")
    text = "\n".join(lines(found, masked=True))
    assert "Bonjour [prenom: 4] [number: 12]" in text
    for value in ("Anna", "Béatrice", "Yves", "63998001", "**"):
        assert value not in text
    assert "Anna" not in json.dumps(found.counts(), ensure_ascii=False)
    assert str(tmp_path / "out") not in json.dumps(found.counts())  # it is removed
    assert "Anna" in json.dumps(found.to_dict(), ensure_ascii=False)


def test_numbers_are_shown_when_asked_for(tmp_path: Path) -> None:
    found = preview(tmp_path, show_numbers=True)
    assert [each.number for each in found.samples][:2] == ["+33639980010", "+33639980014"]
    assert found.fiction == 5


def test_changes_are_shown(tmp_path: Path) -> None:
    options = ContactOptions(allow_fiction=True, transliterate=True, empty_text="nous")
    text = list(lines(preview(tmp_path, "#prenom# #bureau#", options=options), masked=True))
    assert "Transliterated: ç (U+00E7) as 'c' in 1 readable row of the list, accepted or not" in text
    filled = "Empty bureau: the default text stands for it in 7 readable rows of the list, accepted or not"
    assert filled in text
    assert not any("transliterate: true" in line for line in text)


def test_the_stop_clause_that_the_text_does_not_show_is_counted(tmp_path: Path) -> None:
    found = preview(tmp_path, stop_clause=True)
    text = list(lines(found, masked=False))
    assert "    +*********10: 23 characters (12 + STOP clause of 11), 1 segment" in text
    assert (found.samples[0].characters, found.samples[0].stop_clause) == (23, 11)
    assert preview(tmp_path).samples[0].stop_clause == 0


@pytest.mark.parametrize(
    ("budget", "over", "says"),
    [
        (4.5, True, "Credits: 5, more than the budget of 4.50: the run would stop"),
        (5, False, "Credits: 5 of a budget of 5"),
    ],
)
def test_the_budget(tmp_path: Path, budget: float, over: bool, says: str) -> None:
    found = preview(tmp_path)
    assert found.to_dict()["over_budget"] is None
    found = found.limited(budget=budget, batch_size=100)
    assert says in list(lines(found, masked=True))
    assert (found.to_dict()["budget"], found.to_dict()["over_budget"]) == (budget, over)


@pytest.mark.parametrize(("percent", "over"), [(33, True), (34, False)])
def test_the_limit_of_rejects(tmp_path: Path, percent: float, over: bool) -> None:
    found = preview(tmp_path)  # 9 rows; one is a duplicate
    assert found.to_dict()["over_reject_limit"] is None
    found = found.limited(budget=10, batch_size=100, reject_limit=RejectLimit(percent=percent))
    says = f"3 of 9 rows were rejected for their faults: 33.3 %; the limit is {percent} %: the run would stop"
    assert (says in list(lines(found, masked=True))) is over
    assert found.to_dict()["over_reject_limit"] is over


@pytest.mark.parametrize(
    ("batch_size", "batch_count", "says"),
    [
        (1, 5, "Sent in 5 batches of at most 1 receiver"),
        (2, 3, "Sent in 3 batches of at most 2 receivers"),
        (5, 1, None),
        (100, 1, None),
    ],
)
def test_the_number_of_batches(tmp_path: Path, batch_size: int, batch_count: int, says: str | None) -> None:
    found = preview(tmp_path).limited(budget=10, batch_size=batch_size)
    assert [line for line in lines(found, masked=True) if "Sent in" in line] == ([says] if says else [])
    assert found.to_dict()["batch_count"] == batch_count


def test_nobody_left(tmp_path: Path) -> None:
    found = preview(tmp_path, "Bonjour", "number\n12\n").priced(Price(per_credit=1))
    text = list(lines(found, masked=False))
    assert "Credits: 0" in text
    assert "Price: 0.00 without tax, at 1 a credit" in text


def test_the_histogram_has_a_bar_for_each_count(tmp_path: Path) -> None:
    rows = "".join(f"063998{at:04d};{'x' * (200 if at % 4 == 0 else 5)}\n" for at in range(100))
    text = list(lines(preview(tmp_path, "#prenom#", "number;prenom\n" + rows), masked=True))
    bars = {line.split()[0]: (line.count("#"), line.split()[-1]) for line in text if "##" in line}
    assert bars == {"1": (40, "75"), "2": (13, "25")}
    assert "Longest message: 2 segments, first in line 2" in text


def test_names_of_columns_are_not_written_in_gsm(tmp_path: Path) -> None:
    text = "number;fête\n0639980010;" + "x" * 200 + "\n"
    found = preview(tmp_path, "C’est #fête#", text)
    assert (found.result.prepared.credits, found.result.prepared.gsm7_credits) == (4, 2)


FOREIGN = "number;prenom\n0639980010;Anna\n+49 1512 3456789;Eva\n+44 7400 123456;Zoé\n+32 470 12 34 56;Yves\n"


def test_foreign_rates_are_in_the_estimate_if_they_are_known(tmp_path: Path) -> None:
    questions: list[list[str]] = []

    def rates(codes: Sequence[str]) -> dict[str, float]:
        questions.append(list(codes))
        return {"49": 1.8, "44": 1.25}

    found = preview(tmp_path, "C’est la fête " + "x" * 60, FOREIGN, rates=rates)
    assert questions == [["32", "33", "44", "49"]]
    assert found.result.prepared.credits == pytest.approx(2 * (1 + 1 + 1.8 + 1.25))
    assert found.result.prepared.gsm7_credits == pytest.approx(1 + 1 + 1.8 + 1.25)
    text = "\n".join(lines(found, masked=False))
    assert "Credits: 10.10" in text
    assert "costs 5.05 credits instead of 10.10" in text
    assert "Outside of metropolitan France (+33): 3 receivers, at OVH's rates; credits a segment:" in text
    assert [line.split() for line in text.splitlines() if line[:4] in ("  +3", "  +4")] == [
        ["+44", "1.25", "1", "receiver"],
        ["+49", "1.80", "1", "receiver"],
        ["+32", "unknown", "1", "receiver,", "counted", "as", "in", "France"],
    ]
    assert "not in this estimate" not in text
    assert found.counts()["foreign_rates"] == {"44": 1.25, "49": 1.8}


def test_foreign_rates_that_were_not_read_are_named(tmp_path: Path) -> None:
    text = list(lines(preview(tmp_path, "Bonjour", FOREIGN), masked=False))
    where = "Outside of metropolitan France (+33): 3 receivers"
    assert f"{where}; OVH's foreign rates are not in this estimate" in text


def test_characters_that_cannot_be_seen_have_names() -> None:
    assert shown("ê") == "ê (U+00EA)"
    assert shown("\u00a0") == "U+00A0 (no-break space)"
    assert shown("\u200b") == "U+200B (zero width space)"


def test_progress_is_reported_not_too_often() -> None:
    clock = FakeClock()
    text: list[str] = []
    progress = Progress(text.append, every=10, clock=clock)
    for second in range(1, 31):
        clock.advance(1)
        progress.rows_read(second * 1000, second)
    assert text == [
        "10,000 rows read (1,000 rows/s), 10 rejected so far",
        "20,000 rows read (1,000 rows/s), 20 rejected so far",
        "30,000 rows read (1,000 rows/s), 30 rejected so far",
    ]
    progress.restart()
    clock.advance(10)
    progress.rows_read(5000, 0)
    assert text[-1] == "5,000 rows read (500 rows/s), 0 rejected so far"


@pytest.mark.parametrize(("separator", "code"), [("\u2028", "U+2028"), ("\u2029", "U+2029"), ("\x85", "U+0085")])
def test_a_character_that_is_no_line_break_is_shown_by_its_code(tmp_path: Path, separator: str, code: str) -> None:
    text = f"number;prenom\n0639980010;A{separator}B\n0639980011;Jo\n"
    found = list(lines(preview(tmp_path, f"Bonjour{separator}#prenom#", text), masked=False))
    assert f"{'':>12}line 2, prenom: A<{code}>B" in found
    assert f"    > Bonjour<{code}>Jo" in found
    transliterated = preview(tmp_path, text=text, options=ContactOptions(allow_fiction=True, transliterate=True))
    if separator != "\x85":  # nobody knows what that one stood for
        assert any(f"<{code}> as a blank" in line for line in lines(transliterated, masked=False))


def test_characters_without_a_name_are_called_what_they_are() -> None:
    assert shown("\x85") == "U+0085 (a control character)"
    assert shown("\ue000") == "U+E000 (no name)"
