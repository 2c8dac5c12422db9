"""The keys of receivers stand beside the prepared list: OVH never gets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import KEYS_NAME
from ovh_sms.errors import ContactsError
from ovh_sms.inbound.sent_lists import receiver_keys
from ovh_sms.sending.personal_files import erase_rows

LIST = 'numero;prenom;client\n0639980001;Pierre;C-1\n0639980002;Jean;"C;2"\n12;Nobody;C-3\n0639980004;Zoe;\n'
OPTIONS = ContactOptions(allow_fiction=True, key_column="client")


def prepared(tmp_path: Path, content: str = LIST, options: ContactOptions = OPTIONS, **given: object) -> Path:
    source = tmp_path / "list.csv"
    source.write_text(content, encoding="utf-8")
    out = tmp_path / "out"
    prepare(source, out=out, message="Bonjour #prenom#", stop_clause=False, options=options, **given)  # type: ignore[arg-type]
    return out


def test_the_keys_of_accepted_receivers_are_kept_apart_from_the_list(tmp_path: Path) -> None:
    out = prepared(tmp_path)
    kept = (out / KEYS_NAME).read_text(encoding="utf-8")
    assert kept == 'number;key\n+33639980001;C-1\n+33639980002;"C;2"\n+33639980004;\n'
    assert (out / "prepared.csv").read_text(encoding="utf-8").splitlines()[0] == "number;prenom"


def test_several_batches_have_one_file_of_keys(tmp_path: Path) -> None:
    out = prepared(tmp_path, batch_size=1)
    assert len((out / KEYS_NAME).read_text(encoding="utf-8").splitlines()) == 4


def test_without_a_column_of_keys_there_is_no_file_also_if_there_was_one(tmp_path: Path) -> None:
    prepared(tmp_path)
    out = prepared(tmp_path, options=ContactOptions(allow_fiction=True))
    assert not (out / KEYS_NAME).exists()
    assert [*out.glob(".*")] == []


@pytest.mark.parametrize("name", ["kunde", "numero"])
def test_a_column_that_cannot_be_the_key_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ContactsError, match=rf"no column '{name}', which 'replies\.key' names"):
        prepared(tmp_path, options=ContactOptions(allow_fiction=True, key_column=name))


def test_keys_are_found_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    out = prepared(tmp_path)
    people = {"+33639980001", "+33639980002", "+33639980004", "+33639980009"}
    found = receiver_keys([str(out), str(tmp_path / "gone"), "/outside"], people)
    assert found == {"+33639980001": "C-1", "+33639980002": "C;2"}


def test_a_number_with_two_keys_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    both = LIST + "0639980001;Paul;C-9\n"
    options = ContactOptions(allow_fiction=True, key_column="client", duplicates="number_and_text")
    found = receiver_keys([str(prepared(tmp_path, both, options))], {"+33639980001", "+33639980002"})
    assert found == {"+33639980002": "C;2"}


def test_events_are_erased_by_the_keys_of_another_folder_of_the_run(tmp_path: Path) -> None:
    digester = PersonDigester(b"s" * 32)
    out, other = prepared(tmp_path), tmp_path / "other"
    other.mkdir()
    (other / "replies-abc.csv").write_text("key;event;received_at\nC-1;confirmed;x\n", encoding="utf-8")
    assert erase_rows([other, out], digester.of_numbers(["+33639980001"]), digester) == 3
    assert "C-1" not in (other / "replies-abc.csv").read_text(encoding="utf-8")


def test_an_erasure_that_was_interrupted_still_finds_the_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.sending import personal_files

    digester, out = PersonDigester(b"s" * 32), prepared(tmp_path)
    events = out / "replies-abc.csv"
    events.write_text("key;event;received_at\nC-1;confirmed;x\n", encoding="utf-8")
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target == events:
            raise OSError("the disk is full")
        return replace(self, target)

    monkeypatch.setattr(personal_files.Path, "replace", full)
    with pytest.raises(OSError, match="full"):
        erase_rows([out], digester.of_numbers(["+33639980001"]), digester)
    monkeypatch.undo()
    erase_rows([out], digester.of_numbers(["+33639980001"]), digester)
    assert "C-1" not in events.read_text(encoding="utf-8")


def test_an_erased_person_leaves_the_files_of_keys_and_of_events(tmp_path: Path) -> None:
    digester = PersonDigester(b"s" * 32)
    out = prepared(tmp_path)
    events = out / "replies-abc.csv"
    events.write_text(
        'key;event;received_at\nC-1;confirmed;2026-03-12\nC;2;x\n"C;2";declined;2026-03-12\n', encoding="utf-8"
    )
    assert erase_rows([out], digester.of_numbers(["+33639980002"]), digester) == 3, "list, keys and events"
    assert (out / KEYS_NAME).read_text(encoding="utf-8") == "number;key\n+33639980001;C-1\n+33639980004;\n"
    assert events.read_text(encoding="utf-8") == "key;event;received_at\nC-1;confirmed;2026-03-12\nC;2;x\n"
