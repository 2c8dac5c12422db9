from __future__ import annotations

import csv
import hashlib
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.mail_merge import render
from ovh_sms.messaging.phone_numbers import normalise
from ovh_sms.messaging.segments import is_gsm7, measure

BASE = (
    'number;prenom;"note"\r\n'
    '0639980000;Zoé;x\r\n+33 6 39 98 00 01;Hélène;"a;b"\r\n0639980002;François;"two\r\nlines"\r\n'
    '0639980000;Again;x\r\n06;"say ""hi""";x\r\n\r\n0639980003;€;\r\n'
)
MESSAGE = "Bonjour #prenom#, c'est l'heure"
OPTIONS = ContactOptions(allow_fiction=True)
DAMAGE = [b"\n", b"\r", b'"', b";", b",", b"\x00", b"\xe9", b"\xc3\xa9", b"\xff\xfe", b"#", b"0639980009", b"\t|", b""]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = BASE.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"])))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 12))
        damage = draw(st.one_of(st.sampled_from(DAMAGE), st.binary(max_size=4)))
        data = data[:at] + damage + data[at + gone :]
    return data


@settings(max_examples=300, deadline=None)
@given(data=mutated())
@example(data=BASE.encode())
@example(data=BASE.encode().replace(b'lines"', b"lines"))
def test_any_bytes_are_either_accounted_for_or_one_clear_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "list.csv"), Path(folder, "out")
        source.write_bytes(data)
        action, prepared = "", None
        try:
            prepared = prepare(source, out=out, message=MESSAGE, stop_clause=True, options=OPTIONS)
        except ContactsError as error:
            action = error.action
        if prepared is None:
            assert action
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
            paid -= size.segments
        assert paid == 0
        assert sum(prepared.segments.values()) == prepared.accepted
        lines = [int(line) for line, *_ in refused]
        assert lines == sorted(set(lines))
