from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.read.csv_records import MAX_LINES, Record, RecordReader, RowForm
from ovh_sms.contacts.read.csv_separator import find_separator


def read(text: str, separator: str = ";", width: int | None = None, *, number: int = 0, used: int = -1) -> list[Record]:
    reader = RecordReader(io.StringIO(text, newline=""), separator)
    if width is not None:
        reader.form = RowForm(separator, width, width, number, frozenset({used} - {-1}))
    return list(reader)


def faults(text: str, width: int, **form: int) -> list[tuple[int, str]]:
    return [(record.line, record.fault or "") for record in read(text, width=width, **form)]


def test_line_of_a_record_is_where_it_starts() -> None:
    text = 'a;b\n\n1;"x\r\ny\nz"\r\n\n   \n2;y\r3;z'
    assert read(text) == [
        Record(1, ["a", "b"]),
        Record(3, ["1", "x\r\ny\nz"]),
        Record(8, ["2", "y"]),
        Record(9, ["3", "z"]),
    ]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('"a";"b"', ["a", "b"]), ('"a;b";c', ["a;b", "c"]), ('"say ""hi""";c', ['say "hi"', "c"]),
        (' "a" ; "b"', ["a", "b"]), ('5" pipe;O"B', ['5" pipe', 'O"B']), ('a;""', ["a", ""]),
        ('"a";;', ["a", "", ""]), ('"a";  ', ["a", "  "]),
    ],
)  # fmt: skip
def test_quotes(line: str, fields: list[str]) -> None:
    for end in ("", "\n", "\r\n"):
        assert read(line + end) == [Record(1, fields)]


def test_missing_fields_are_empty_and_surplus_ones_break_a_row() -> None:
    text = "1\n1;2\n1;2; ;\n1;2;3\n"
    assert [record.fields for record in read(text, width=2)][:2] == [["1", ""], ["1", "2"]]
    assert faults(text, 2) == [(1, ""), (2, ""), (3, "broken_row"), (4, "broken_row")]
    assert faults("1\n", 2, number=1) == [(1, "broken_row")]


def test_surplus_fields_are_accepted_if_blank_and_usual() -> None:
    reader = RecordReader(["1;2;\n", "1;2;x\n", "1;2;;\n"], ";", RowForm(";", 2, 3, 0))
    assert [record.broken for record in reader] == [False, True, True]


def test_quote_that_never_closes_costs_one_row_only() -> None:
    text = '1;"Dup\n2;b\n3;c\n'
    assert faults(text, 2) == [(1, "broken_row"), (2, ""), (3, "")]


def test_lines_inside_quotes_are_never_rows() -> None:
    text = '0639980000;"Dup;x\n0639980001;b;x\n0639980002;c";y\n0639980003;d;x\n'
    assert faults(text, 3) == [(1, "broken_row"), (2, "broken_row"), (3, "broken_row"), (4, "")]
    own = '0639980003;"two\nlines, 06 39 98 00 04"\n'
    assert faults(own, 2) == [(1, "")]


def test_quotes_that_swallow_the_next_number_break_both_rows() -> None:
    text = '"Dup;0639980000\nAna";0639980001\nEva;0639980002\n'
    assert faults(text, 2, number=1) == [(1, "broken_row"), (2, "broken_row"), (3, "")]


def test_text_behind_a_closing_quote_is_broken() -> None:
    assert faults('"a"b;c\n2;d\n', 2) == [(1, "broken_row"), (2, "")]


def test_a_quote_that_ends_a_field_but_does_not_begin_it_is_broken() -> None:
    assert faults('a";1\n5" b c;1\n"a""";1\n', 2) == [(1, "broken_row"), (2, ""), (3, "")]


@pytest.mark.parametrize(
    ("text", "used", "expected"),
    [
        ("0639980001;a;b\nc\n", 2, ["split_row", ""]),
        ("0639980001;a;b\nc\n", 1, ["", ""]),
        ("0639980001;a\nb;c\n", 1, ["split_row", ""]),
        ("0639980001;a\n\nb;c\n", 1, ["split_row", ""]),
        ("0639980001;a\nb;c\n", 0, ["", ""]),
        ("0639980001;a\n0639980002;c\n", 1, ["", ""]),
        ('0639980001;a;"b"\nc\n', 2, ["", ""]),
    ],
)
def test_a_line_break_without_quotes_breaks_the_row_if_its_values_are_used(
    text: str, used: int, expected: list[str]
) -> None:
    assert [fault for _, fault in faults(text, 3, used=used)] == expected


def test_a_field_alone_breaks_the_row_behind_it_if_its_first_value_is_used() -> None:
    text = "a\nb;0639980001\n"
    assert faults(text, 2, number=1, used=0) == [(1, "broken_row"), (2, "split_row")]
    assert faults(text, 2, number=1) == [(1, "broken_row"), (2, "")]


def test_record_spans_no_more_lines_than_allowed() -> None:
    most = '1;"' + "\n" * (MAX_LINES - 1) + '"\n2;b\n'
    assert [r.broken for r in read(most, width=2)] == [False, False]
    more = '1;"' + "\n" * MAX_LINES + '"\n2;b\n'
    assert [r.broken for r in read(more, width=2)][0::2] == [True, False]


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.lists(st.text(st.sampled_from('ab ;,"\n\r é'), max_size=6), min_size=2, max_size=4), max_size=8),
    separator=st.sampled_from([";", ",", "\t", "|"]),
)
def test_reads_back_what_a_csv_writer_wrote(rows: list[list[str]], separator: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(rows)
    filled = [row for row in rows if any(map(str.strip, row))]  # others are no rows
    assert [record.fields for record in read(text.getvalue(), separator)] == filled


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from('a;"\n\r '), max_size=60), width=st.integers(1, 4))
def test_no_line_is_lost_or_read_twice(text: str, width: int) -> None:
    records = read(text, width=width)
    starts = [record.line for record in records]
    lines = io.StringIO(text, newline="").readlines()
    assert starts == sorted(set(starts))
    covered: set[int] = set()
    for record in records:
        span = sum(field.count("\n") + field.count("\r") - field.count("\r\n") for field in record.fields)
        covered.update(range(record.line, record.line + span + 1))
    for number, line in enumerate(lines, 1):
        assert number in covered or not line.replace('"', "").replace(";", "").strip()


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("number;prenom\n1;a\n", ";"), ("number,prenom\n1,a\n", ","), ("number\tprenom\n1\ta\n", "\t"),
        ("number|prenom\n1|a\n", "|"), ("number\n1\n2\n", ";"),
        ("number;adresse\n1;1, rue A, Paris\n2;2, rue B, Paris\n", ";"),
        ("number,adresse\n1,a;b;c\n2,a;b;c\n", ","), ('"number","nom;prenom"\n"1","a;b"\n', ","),
        ('number;"a,b,c,d"\n1;"x,y,z,t"\n', ";"), ("nom, prenom;number\na, b;1\n", ";"),
        ("a,b;c\n1,2\n3,4\n5;6\n", ","), ("a,b;c\n1;2,3\n4;5\n6;7\n", ";"),
        ("Numero ;nom ;prenom ;adresse\n1 ;a ;b ;12, rue\n", ";"),
    ],
)  # fmt: skip
def test_separator_is_found(text: str, separator: str) -> None:
    assert find_separator(text.splitlines(keepends=True)) == separator


def test_named_number_column_helps_to_find_the_separator() -> None:
    sample = ["a;b,contact\n", "1;2,3\n"]
    assert find_separator(sample, number_column="contact") == ","
    assert find_separator(sample, number_column="a") == ";"
