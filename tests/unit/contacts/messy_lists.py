"""Contact lists as people make them, drawn by hypothesis."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from ovh_sms.contacts.classify.value_changes import changes_to_count
from ovh_sms.contacts.prepare import prepare
from ovh_sms.errors import ContactsError

EXAMPLES = int(os.environ.get("OVH_SMS_EXAMPLES", "1"))
RATES = {"33": 1.0, "262": 1.3, "1": 0.7, "44": 0.9}
MESSAGES = (
    "Hello", "Bonjour #prenom#", "#prenom#, #note# #prenom#", "Ça #note#", "x" * 130 + "#note##prenom#",
    "[" * 75 + "#note##note#", "é" * 280 + "#prenom#€#note#", "😀" * 30 + "#note##prenom#",
    "Numéro #numero#, #note#",
)  # fmt: skip
#: Landlines, internet telephony and free numbers, in France, overseas and in other countries.
OTHERS = [
    phonenumbers.format_number(found, form)
    for region in ("FR", "GP", "GB")
    for kind in ("FIXED_LINE", "VOIP", "TOLL_FREE")
    for form in (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.E164)
    if (found := phonenumbers.example_number_for_type(region, getattr(PhoneNumberType, kind)))
]
NUMBERS = st.one_of(
    st.sampled_from(OTHERS),
    st.builds("06 39 98 00 {:02d}".format, st.integers(0, 20)),
    st.builds("+336399800{:02d}".format, st.integers(0, 20)),
    st.builds("{}0690{:06d}".format, st.sampled_from(["", "+33 ", "0590"]), st.integers(0, 40)),
    st.builds(
        "{}{}{:07d}".format,
        st.sampled_from(["", "+", "00"]),
        st.sampled_from(["3361", "4474", "1212"]),
        st.integers(0, 9),
    ),
    st.builds(
        "{}6{:08d}{}".format,
        st.sampled_from(["", "0", "'0", " 0", "+33(0)"]),
        st.integers(0, 10**8 - 1),
        st.sampled_from(["", ".0", " ", "\u00a0", ".00", "x"]),
    ),
    st.sampled_from(
        [
            "",
            " ",
            "6,1E+08",
            "#N/A",
            "+",
            "abc",
            "\uff10\uff16",
            "01 23 45 67 89",
            "0" * 45,
            "0033 6",
            "12",
            "@06 a",
            "a@b.fr",
            "à 06, le soir",
            "'é'",
            "=1+1",
            "+1,2:3",
            "-2|x&y",
            "-",
            "n° 06399800",
            "*06#_!?",
            "Ã\u00a0é",
        ]
    ),
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "Anna",
            "Zoé",
            "",
            " ",
            " x ",
            "€uro",
            "[a]",
            "ç",
            "a b",
            "\u00a0y",
            "x" * 20,
            "{~}" * 8,
            "Loïc",
            "ï “q” ; œ",
            "e\u0301 ê",
            "x \u200b",
            "\u200b",
            " \u200b \u00a0 ",
            "a\u2028b",
            "ﬁ…",
            "Київ ç",
            '\u200b"',
            "😀",
            "\x1c",
            "#prenom#",
        ]
    ),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=6),
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    fields = [draw(NUMBERS), draw(VALUES), draw(VALUES)]
    way = draw(st.integers(0, 30))
    if way < 6:
        fields = ['"' + field.replace('"', '""') + '"' for field in fields]
    elif way == 6:
        fields[draw(st.integers(0, 2))] = draw(
            st.sampled_from(['"a;b"', '"a', 'a"', '"a\nb"', '""', '"', ' "x" ', '"a"b', '"\u200b\n\u200b"', '"ç\nê"'])
        )
    elif way == 7:
        return draw(
            st.sampled_from(["", " ", ";;", '"', '""', ";", "a;b", "1;2;3;4", "1;2;3; ;", '"";"";""', "\u00a0;"])
        )
    elif way in (9, 10):  # lines that may be the rest of another row
        return draw(
            st.sampled_from(["75001 Paris", "x;y", ";y", 'a";b;c', "2 rue;a;b", "x", "0639980007;x", "0639980008"])
        )
    elif way == 11:  # a value of several lines, which may look like rows
        inside = draw(
            st.lists(st.sampled_from(["x", "a;b;c", "0639980009;b;c", "c;0639980009", ""]), min_size=1, max_size=3)
        )
        fields[draw(st.integers(0, 2))] = '"' + "\n".join(inside) + '"'
    elif way == 12:
        fields = fields[: draw(st.integers(1, 2))]
    elif way == 8:
        fields.append(draw(st.sampled_from(["", " ", "x"])))
    return ";".join(fields)


#: What may be asked for values that are empty or not in the GSM alphabet.
POLICIES = st.fixed_dictionaries(
    {"transliterate": st.booleans()},
    optional={
        "line_breaks": st.sampled_from(["keep", "blank"]),
        "repair_encoding": st.just(True),
        "empty_text": st.sampled_from(["client", "a;b", '"', "[€]" * 40, " "]),
        "empty": st.just("reject"),
    },
).filter(lambda given: not {"empty", "empty_text"} <= given.keys())


def prepared_files(folder: Path, data: bytes, **how: Any) -> tuple[Any, ...]:
    source, out = folder / "list.csv", folder / "out"
    source.write_bytes(data)
    changes = changes_to_count(how["options"])
    try:
        made = prepare(source, out=out, rates=RATES, changes=changes, **how)
    except ContactsError as error:
        return ("error", str(error))
    assert made.rows == made.accepted + sum(made.rejected.values())
    assert made.rows == sum(batch.rows for batch in made.batches)
    assert made.credits == pytest.approx(sum(batch.credits for batch in made.batches))
    lists = [batch.list_path.read_bytes() for batch in made.batches]
    return made.to_xcom(), lists, made.rejects_path.read_bytes(), changes and changes.to_dict()
