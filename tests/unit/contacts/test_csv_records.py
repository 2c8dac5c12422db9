from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.contact_table import find_separator
from ovh_sms.contacts.csv_records import MAX_LINES, Record, RecordReader


def read(text: str, separator: str = ";", width: int | None = None) -> list[Record]:
    reader = RecordReader(io.StringIO(text, newline=""), separator)
    reader.width = width
    return list(reader)


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
        (' "a" ; "b"', ["a", "b"]), ('5" pipe;O"B', ['5" pipe', 'O"B']), ('"";', ["", ""]), ('a;""', ["a", ""]),
        ('"a";;', ["a", "", ""]), ('"a";  ', ["a", "  "]),
    ],
)  # fmt: skip
def test_quotes(line: str, fields: list[str]) -> None:
    for end in ("", "\n", "\r\n"):
        assert read(line + end) == [Record(1, fields)]


def test_rows_of_another_width_are_broken_unless_the_rest_is_blank() -> None:
    records = read("1\n1;2\n1;2; ;\n1;2;3\n", width=2)
    assert [(record.line, record.broken) for record in records] == [(1, True), (2, False), (3, False), (4, True)]


def test_quote_that_never_closes_costs_one_row_only() -> None:
    text = '1;"Dup\n2;b\n3;c\n'
    assert read(text, width=2) == [Record(1, ["1", '"Dup'], broken=True), Record(2, ["2", "b"]), Record(3, ["3", "c"])]


def test_quote_that_closes_rows_later_with_another_width_costs_its_own_row_only() -> None:
    text = '1;"Dup;x\n2;b;x\n3;c";y;x\n4;d;x\n'
    assert [(r.line, r.broken) for r in read(text, width=3)] == [(1, True), (2, False), (3, True), (4, False)]


def test_quote_that_would_swallow_other_people_s_rows_is_broken_even_if_the_width_fits() -> None:
    text = '0639980000;"Dup\n0639980001;b\n0639980002;c"\n0639980003;"two\nlines, 06 39 98 00 04"\n'
    reader = RecordReader(io.StringIO(text, newline=""), ";")
    reader.width, reader.number_index = 2, 0
    assert list(reader) == [
        Record(1, ["0639980000", '"Dup'], broken=True),
        Record(2, ["0639980001", "b"]),
        Record(3, ["0639980002", 'c"']),
        Record(4, ["0639980003", "two\nlines, 06 39 98 00 04"]),
    ]


def test_text_behind_a_closing_quote_is_broken() -> None:
    assert read('"a"b;c\n2;d\n', width=2) == [Record(1, ['"a"b', "c"], broken=True), Record(2, ["2", "d"])]


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
    assert [record.fields for record in read(text.getvalue(), separator)] == rows


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
        assert number in covered or not line.replace('"', "").strip()


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
