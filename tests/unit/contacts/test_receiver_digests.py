"""Digests of receivers: equal for equal messages to equal people, and worth nothing without the secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ovh_sms.contacts.classify.receiver_digests import ReceiverDigester, list_digests
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.messaging.arrow_arrays import of_texts
from ovh_sms.sending.receiver_files import merged_texts, read_list

SECRET = bytes(range(32))
FIRST, SECOND = "+33639980001", "+33639980002"
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=8)


def digester(message: str = "Bonjour #prenom#", *, marketing: bool = False, secret: bytes = SECRET) -> ReceiverDigester:
    return ReceiverDigester(secret, message=message, marketing=marketing)


def of_rows(*rows: tuple[str, ...], message: str = "Bonjour #prenom#", **changes: Any) -> list[int]:
    return digester(message, **changes).of_rows([("number", "prenom"), *rows]).tolist()


@settings(deadline=None)
@example(message="a#;#", row=("", "", ""))
@given(message=st.text(st.sampled_from("ab #\n;é"), max_size=12) | VALUES, row=st.tuples(VALUES, VALUES, VALUES))
def test_the_text_of_a_transactional_digest_is_the_merged_message(message: str, row: tuple[str, str, str]) -> None:
    rows = [("number", "a", "b", "a b"), (FIRST, *row)]
    ((_, text),) = merged_texts(message, rows)
    as_received = digester("#text#").of_rows([("number", "text"), (FIRST, text)])
    assert digester(message).of_rows(rows).tolist() == as_received.tolist()


def test_equal_texts_merged_from_different_messages_have_equal_digests() -> None:
    merged = of_rows((FIRST, "Anna"), message="Bonjour #prenom#")
    assert merged == of_rows((FIRST, ""), message="Bonjour Anna")
    assert merged != of_rows((FIRST, "Bruno"), message="Bonjour #prenom#")
    assert merged != of_rows((SECOND, "Anna"), message="Bonjour #prenom#")


def test_marketing_is_known_by_number_and_campaign_message() -> None:
    first = of_rows((FIRST, "Anna"), marketing=True)
    assert first == of_rows((FIRST, "Bruno"), marketing=True)
    assert first != of_rows((SECOND, "Anna"), marketing=True)
    assert first != of_rows((FIRST, "Anna"), message="Bonsoir #prenom#", marketing=True)
    assert digester(marketing=True).message_key != digester("Bonsoir", marketing=True).message_key


def test_a_number_is_the_same_however_it_is_written() -> None:
    shown = [(FIRST, ""), ("0033639980001"[2:], ""), ("+33 6 39 98 00 01", "")]
    assert len(set(of_rows(*shown, marketing=True))) == 1


def test_another_secret_gives_other_digests() -> None:
    for marketing in (True, False):
        assert of_rows((FIRST, "A"), marketing=marketing) != of_rows(
            (FIRST, "A"), marketing=marketing, secret=bytes(32)
        )


def test_the_digest_is_siphash_under_the_whole_key() -> None:
    from pandas.util import hash_array

    value = np.empty(1, dtype=object)
    value[0] = bytes(range(15))
    key = bytes(range(16)).decode("latin-1")
    # The reference vector of SipHash-2-4, and the one-to-one mixing that pandas puts behind it.
    mixed = np.array([0xA129CA6149BE45E5], dtype=np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    assert hash_array(value, encoding="latin-1", hash_key=key, categorize=False) == mixed
    assert digester(marketing=True)._key != digester(marketing=False)._key


def test_blocks_change_nothing() -> None:
    keys = np.arange(33_639_980_000, 33_639_980_000 + 70_000, dtype=np.int64)
    names = of_texts([f"n{at % 7}" for at in range(70_000)])
    whole = digester().of_columns(keys, {"prenom": names})
    for at in (0, 65_535, 65_536, 69_999):
        alone = digester().of_columns(keys[at : at + 1], {"prenom": names.slice(at, 1)})
        assert alone[0] == whole[at]
    assert len(set(whole.tolist())) == 70_000


@pytest.mark.parametrize("marketing", [True, False])
def test_a_prepared_list_has_the_digests_of_its_rows(tmp_path: Path, marketing: bool) -> None:
    message = "#prenom# : #a b# #number# ## #rien"
    source = tmp_path / "list.csv"
    names = ["Anna", 'D;"x"', "", "NA", "null", " Élise ", "007"]
    lines = [f'06399800{at:02d};"{name.replace(chr(34), chr(34) * 2)}";{at}' for at, name in enumerate(names)]
    source.write_text("number;prenom;a b\n" + "\n".join(lines) + "\n", encoding="utf-8")
    made = prepare(
        source, out=tmp_path / "out", message=message, stop_clause=marketing, options=ContactOptions(allow_fiction=True)
    )
    assert made.accepted == len(names)
    rows = read_list(made.list_path)
    found = digester(message, marketing=marketing)
    assert list_digests(made.list_path, found).tolist() == sorted(found.of_rows(rows).tolist())
    only = list_digests(made.list_path, found, only=[33639980003, 33639980001, 1])
    assert only.tolist() == sorted(found.of_rows([rows[0], rows[2], rows[4]]).tolist())


def test_an_empty_list_has_no_digests(tmp_path: Path) -> None:
    path = tmp_path / "prepared.csv"
    path.write_text("number;prenom\n", encoding="utf-8")
    assert list_digests(path, digester()).tolist() == []
    assert of_rows() == []
