from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read import csv_blocks
from ovh_sms.errors import ContactsError
from unit.contacts.messy_lists import EXAMPLES, MESSAGES, NUMBERS, OTHERS, POLICIES, RATES, lines, prepared_files
from unit.contacts.row_engine import expected

MISREAD = re.compile(r".*, line (\d+), .*rows concerned: (\d+)\..*")


def check_same(data: bytes, size: int = 64, **how: Any) -> tuple[Any, ...]:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        found = prepared_files(folder, data, **how)
        patch.setattr(csv_blocks, "BLOCK_BYTES", size)
        assert prepared_files(folder, data, **how) == found
        batch_size, rules = how.pop("batch_size", None), {"suppressed": [], **how}
        error, wanted = "", None
        try:
            wanted = expected(folder / "list.csv", **rules)
        except ContactsError as raised:
            error = str(raised)
        if wanted is None and error.startswith("misread"):
            assert error == MISREAD.sub(r"misread: \2 rows, first in line \1", found[1])
            return found
        if wanted is None:
            assert found == ("error", error)
            return found
        manifest, lists, rejects, changes = found
        for fact, value in wanted.manifest(RATES).items():
            assert (fact, manifest[fact]) == (fact, pytest.approx(value) if fact == "credits" else value)
        assert lists == wanted.lists(batch_size)
        assert rejects == wanted.rejects_file()
        if changes:
            assert json.dumps(changes) == json.dumps(wanted.changes())  # in its order, too
        return found


@settings(max_examples=100 * EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    body=st.lists(lines(), min_size=1, max_size=25),
    header=st.sampled_from(
        [
            "numero;prenom;note",
            "numero ; prenom;note;",
            '"numero";"prenom";note',
            "prenom;numero;note",
            "note;prenom;numero",
        ]
    ),
    end=st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    final=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    message=st.sampled_from(MESSAGES),
    fiction=st.booleans(),
    types=st.sampled_from([(), ("fixed_line",), ("voip", "toll_free")]),
    size=st.sampled_from([1, 7, 40, 64, 200, 1000]),
    batch_size=st.sampled_from([None, None, 1, 2, 5]),
)
@example(["0639980000;a;b", "1;2;3; ;"], "numero;prenom;note", "\n", True, "utf-8", "Hello", True, (), 64, None)
def test_messy_lists_are_prepared_alike(
    body: list[str],
    header: str,
    end: str,
    final: bool,
    encoding: str,
    message: str,
    fiction: bool,
    types: tuple[str, ...],
    size: int,
    batch_size: int | None,
) -> None:
    text = end.join([header, *body]) + (end if final else "")
    check_same(
        text.encode(encoding, "replace"),
        size,
        batch_size=batch_size,
        message=message,
        stop_clause=True,
        options=ContactOptions(allow_fiction=fiction, also_accept=types, separator=";"),
        suppressed=["+33639980003", "06 39 98 00 04", OTHERS[0], "+1", "junk", "+" + "9" * 30],
    )


@settings(max_examples=150 * EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    body=st.lists(lines(), min_size=1, max_size=25),
    end=st.sampled_from(["\n", "\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-16"]),
    message=st.sampled_from(MESSAGES),
    policies=POLICIES,
    size=st.sampled_from([1, 7, 40, 64, 200, 1000]),
    header=st.sampled_from(
        ["numero;prenom;note", "numero;prenom;note", "prenom;numero;note", "Titre\nnumero;Prenom;NOTE"]
    ),
)
@example(
    ['1;"\u200b\n\u200b";ê', "0639980000;;ê“"],
    "\n",
    "utf-8",
    MESSAGES[2],
    {"transliterate": True},
    64,
    "numero;prenom;note",
)
@example(["1;;x", "0639980000;;y"], "\n", "utf-8", MESSAGES[2], {"empty_text": "[€]" * 40}, 64, "numero;prenom;note")
@example(["1;;x", "0639980000;;y"], "\n", "utf-8", MESSAGES[2], {"empty_text": "a;b"}, 64, "numero;prenom;note")
@example(["1;;x", "0639980000;;y"], "\n", "utf-8", MESSAGES[2], {"empty": "reject"}, 64, "numero;prenom;note")
@example(
    ["0639980000;x \u200b;\u200b y"], "\n", "utf-8", MESSAGES[2], {"transliterate": True}, 64, "numero;prenom;note"
)
def test_values_are_changed_alike(
    body: list[str], end: str, encoding: str, message: str, policies: dict[str, Any], size: int, header: str
) -> None:
    check_same(
        end.join([header, *body]).encode(encoding, "replace"),
        size,
        message=message,
        stop_clause=True,
        options=ContactOptions(allow_fiction=True, separator=";", **policies),
        suppressed=["+33639980003", "06 39 98 00 04"],
    )


@settings(max_examples=60 * EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(
        st.sampled_from(["Zoé", "FranÃ§ois", "Nikola Å¡", "voilÃ\u00a0", "l√©o", "Ã", "SÃO", "Ze\u0301", "Ã\u0083Â©"]),
        min_size=1,
        max_size=8,
    ),
    policies=POLICIES,
    size=st.sampled_from([1, 40, 1000]),
)
def test_misread_values_are_found_and_repaired_alike(values: list[str], policies: dict[str, Any], size: int) -> None:
    rows = [f"06399800{at:02d};{value}" for at, value in enumerate(values)]
    options = ContactOptions(allow_fiction=True, separator=";", encoding="utf-8", **policies)
    text = "\n".join(["numero;prenom", *rows])
    check_same(text.encode(), size, message="#prenom#", stop_clause=True, options=options)


def test_a_row_counts_once_for_a_character_in_several_of_its_values(tmp_path: Path) -> None:
    rows = ["0639980000;êç;ê", "12;ê;ï", "0639980001;Zoé;ê\u00a0", "0639980002;\u200b;", "a;ê"]
    made = check_same(
        "\n".join(["numero;prenom;note", *rows, ""]).encode(),
        message="#note# #prenom#",
        stop_clause=True,
        options=ContactOptions(allow_fiction=True, transliterate=True, empty_text="client"),
    )
    assert made[0]["rejected"] == {"invalid_number": 2}
    assert made[3] == {
        "transliterated": {
            "ê": {"to": "e", "rows": 4},
            "ç": {"to": "c", "rows": 1},
            "ï": {"to": "i", "rows": 1},
            "\u200b": {"to": "", "rows": 1},
        },
        "filled": {"note": 2, "prenom": 1},
        "repaired": {},
    }
    assert made[1][0].decode().splitlines()[1:] == [
        "+33639980000;e;ec",
        "+33639980001;e;Zoé",
        "+33639980002;client;client",
    ]


@settings(max_examples=40 * EXAMPLES, deadline=None, derandomize=True)
@given(body=st.lists(st.one_of(NUMBERS, st.sampled_from(["", " ", '""', '"06"'])), min_size=1, max_size=20))
def test_lists_of_one_column_are_prepared_alike(body: list[str]) -> None:
    check_same(
        "\n".join(["number", *body]).encode(), message="x", stop_clause=False, options=ContactOptions(separator=";")
    )


@settings(max_examples=100 * EXAMPLES, deadline=None, derandomize=True)
@given(data=st.data())
def test_mutated_bytes_are_prepared_alike(data: st.DataObject) -> None:
    rows = "numero;prenom;note\r\n0639980000;Zoé;x\r\n" + '06 39 98 00 01;"Hél;ène";"a\r\nb"\r\n0639980002;c;\r\n' * 3
    raw = rows.encode(data.draw(st.sampled_from(["utf-8", "cp1252", "utf-16"])))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(raw)))
        damage = data.draw(
            st.sampled_from([b"\n", b"\r", b'"', b";", b"\x00", b"\xe9", b"\xc3\xa9", b"", b"\xff", b" ", b'";"'])
        )
        raw = raw[:at] + damage + raw[at + data.draw(st.integers(0, 9)) :]
    options = ContactOptions(allow_fiction=True, **data.draw(POLICIES))
    how = {"message": "#prenom#", "stop_clause": True, "options": options}
    check_same(raw, data.draw(st.sampled_from([5, 30, 100])), **how)


@pytest.mark.parametrize("encoding", ["latin-1", "cp437", "utf-7", "gb18030", "utf-16-le", "mac-roman", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "-", "£"])
def test_named_encodings_and_separators_are_prepared_alike(encoding: str, separator: str) -> None:
    rows = [["numero", "prenom"], ["0639980000", "Zoé"], ["+33639980001", "x\x00y"], ["06", '"a"']]
    text = "\n".join(separator.join(row) for row in rows)
    options = ContactOptions(allow_fiction=True, encoding=encoding, separator=separator)
    made = check_same(text.encode(encoding), message="#prenom#", stop_clause=True, options=options)
    assert made[0]["accepted"] >= 1


def test_one_thread_and_two_give_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 20_000)
    rows = "".join(f"063998{at * 7 % 10_000:04d};n{at % 13};{at}\n" for at in range(20_000))
    found = []
    before = pa.cpu_count()
    try:
        for threads in (1, 2, 4):
            pa.set_cpu_count(threads)
            found.append(
                prepared_files(
                    tmp_path,
                    ("numero;prenom;note\n" + rows).encode(),
                    message="#prenom# #note#",
                    batch_size=3_000,
                    stop_clause=True,
                    options=ContactOptions(allow_fiction=True),
                )
            )
    finally:
        pa.set_cpu_count(before)
    assert found[0] == found[1] == found[2]
    assert found[0][0]["accepted"] == 10_000
    assert [batch["accepted"] for batch in found[0][0]["batches"]] == [3_000, 3_000, 3_000, 1_000]
    assert found[0][0]["rejected"] == {"duplicate": 10_000}


def test_credits_follow_the_rates_of_countries(tmp_path: Path) -> None:
    def mobile(region: str) -> str:
        found = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)

    text = "numero\n0639980000\n" + "\n".join(map(mobile, ["RE", "GB", "US", "DE"]))
    options = ContactOptions(allow_fiction=True)
    made, *_ = prepared_files(tmp_path, text.encode(), message="x" * 200, stop_clause=True, options=options)
    assert made["countries"] == {"1": 1, "33": 1, "44": 1, "49": 1, "262": 1}
    assert made["foreign_rows"] == 4
    assert made["credits"] == pytest.approx(2 * (1.0 + 1.3 + 0.9 + 0.7 + 1))


@pytest.mark.parametrize("size", [1, 20, 40])
def test_a_mark_at_the_start_of_a_line_is_part_of_its_value(size: int) -> None:
    # lists that were put one behind the other have a byte order mark in the middle
    text = "prenom;number\n" + "".join(f"\ufeffAnna;063998000{at}\nEva;063998010{at}\n" for at in range(5))
    options = ContactOptions(allow_fiction=True)
    given = {"message": "Bonjour #prenom#", "stop_clause": False, "options": options}
    made, lists, *_ = check_same(text.encode(), size, **given)
    assert made["rejected"] == {"not_gsm7": 5}
    assert b"Anna" not in lists[0]


@pytest.mark.parametrize("size", [1, 30, 1000])
def test_a_broken_row_of_a_list_with_nameless_columns_is_shown_as_written(size: int) -> None:
    text = 'number;prenom;;\n0639980001;"Anna";;\n0639980002;"Eva";"x";\n"0639980003";"A\nB";\n'
    options = ContactOptions(allow_fiction=True)
    made, _, rejected, _ = check_same(text.encode(), size, message="Bonjour", stop_clause=False, options=options)
    assert made["rejected"] == {"broken_row": 1}
    assert b'"0639980002 | ""Eva"" | ""x"" | "' in rejected
