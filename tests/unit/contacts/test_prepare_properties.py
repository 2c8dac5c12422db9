from __future__ import annotations

import csv
import hashlib
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.changes import asked_changes
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.merge import render
from ovh_sms.messaging.numbers import normalise
from ovh_sms.messaging.parts import is_gsm7, measure

BASE = (
    'number;prenom;"note"\r\n'
    '0639980000;Zoé;x\r\n+33 6 39 98 00 01;Hélène;"a;b"\r\n0639980002;François;"two\r\nlines"\r\n'
    '0639980000;Again;x\r\n06;"say ""hi""";x\r\n\r\n0639980003;€;\r\n'
)
MESSAGE = "Bonjour #prenom#, c'est l'heure"
OPTIONS = ContactOptions(allow_fiction=True)
PIECES = [
    b"\n",
    b"\r",
    b'"',
    b";",
    b",",
    b"\x00",
    b"\xe9",
    b"\xc3\xa9",
    b"\xff\xfe",
    b"#",
    b"0639980009",
    b"\t|",
    b"",
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """The base list in some encoding, with a few pieces put in place of others."""
    data = BASE.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"])))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 12))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)))
        data = data[:at] + piece + data[at + gone :]
    return data


def account(
    folder: Path, source: Path, options: ContactOptions, *, by_rows: bool
) -> tuple[object, ...] | str:
    """Prepare a list; gives the whole account of it, or what is wrong with it."""
    changes = asked_changes(options)
    how = {"message": MESSAGE, "stop_clause": True, "options": options, "changes": changes}
    try:
        made = prepare(source, out=folder, by_rows=by_rows, **how)  # type: ignore[arg-type]
    except ContactsError as error:
        return str(error)
    files = made.list_path.read_bytes(), made.rejects_path.read_bytes()
    return made.to_xcom(), *files, changes and changes.to_dict()


@settings(max_examples=300, deadline=None)
@given(
    data=mutated(),
    transliterate=st.booleans(),
    empty=st.sampled_from([{}, {"empty": "reject"}, {"empty_text": "client"}]),
    also_accept=st.sampled_from([(), ("fixed_line",)]),
)
@example(BASE.encode().replace("Zoé".encode(), b""), False, {"empty": "reject"}, ())
@example(BASE.encode().replace("Zoé".encode(), "Zoê “".encode()), True, {"empty_text": "client"}, ())
def test_any_bytes_give_the_same_by_rows_and_by_batches(
    data: bytes, transliterate: bool, empty: dict[str, str], also_accept: tuple[str, ...]
) -> None:
    options = ContactOptions(
        allow_fiction=True,
        transliterate=transliterate,
        also_accept=also_accept,
        **empty,  # type: ignore[arg-type]
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "list.csv")
        source.write_bytes(data)
        found = [account(Path(folder, "out"), source, options, by_rows=by_rows) for by_rows in (True, False)]
    assert found[0] == found[1]


@settings(max_examples=400, deadline=None)
@given(data=mutated())
@example(data=BASE.encode())
@example(data=BASE.encode().replace(b'lines"', b"lines"))
def test_any_bytes_are_are_either_accounted_for_or_one_clear_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "list.csv"), Path(folder, "out")
        source.write_bytes(data)
        told, prepared = "", None
        try:
            prepared = prepare(source, out=out, message=MESSAGE, stop_clause=True, options=OPTIONS)
        except ContactsError as error:
            told = error.action
        if prepared is None:
            assert told
            assert not out.exists() or not list(out.iterdir())
            return
        content = prepared.list_path.read_bytes()
        rows = list(csv.reader(content.decode("utf-8").splitlines(), delimiter=";"))
        with prepared.rejects_path.open(encoding="utf-8", newline="") as handle:
            refused = list(csv.reader(handle, delimiter=";"))[1:]
        assert prepared.rows == prepared.accepted + sum(prepared.rejected.values())
        assert prepared.accepted == len(rows) - 1
        assert sum(prepared.rejected.values()) == len(refused)
        assert prepared.digest == hashlib.sha256(content).hexdigest()
        assert rows[0] == ["number", "prenom"]
        numbers = [number for number, _ in rows[1:]]
        assert len(set(numbers)) == len(numbers)
        paid = prepared.credits
        for number, value in rows[1:]:
            assert normalise(number, allow_fiction=True).e164 == number
            assert is_gsm7(value)
            size = measure(render(MESSAGE, {"prenom": value}), stop_clause=number.startswith("+33"))
            paid -= size.parts
        assert paid == 0
        assert sum(prepared.parts.values()) == prepared.accepted
        lines = [int(line) for line, *_ in refused]
        assert lines == sorted(set(lines))
