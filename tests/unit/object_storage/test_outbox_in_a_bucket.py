"""The outbox of a data folder in a bucket: its files are found, read, refused and removed. On a real server."""

from __future__ import annotations

from ovh_sms.hooks.outbox_folder import outbox_folder, waiting_files
from ovh_sms.settings import data_path
from support.object_store import Bucket

#: Long after any file was written.
LATER = 4e9


def put(bucket: Bucket, name: str, text: bytes) -> None:
    bucket.store.client.put_object(Bucket=bucket.name, Key=f"ovh_sms/outbox/{name}", Body=text)


def test_files_of_other_programs_are_read_and_removed(bucket: Bucket) -> None:
    address = str(data_path() / "outbox")
    assert waiting_files(address, LATER) == 0
    put(bucket, "a.csv", b"key;receiver;message\n")
    put(bucket, "b.csv", b"wrong")
    put(bucket, "note.txt", b"")
    folder = outbox_folder(address)
    assert folder.waiting(LATER) == ["a.csv", "b.csv"]
    assert folder.waiting(0.0) == []
    good, bad = folder.take("a.csv"), folder.take("b.csv")
    assert good.read() == b"key;receiver;message\n"
    good.remove()
    bad.read()
    bad.reject("line;reason\n")
    bad.refuse()
    assert bucket.names() == ["outbox/b.csv.refused", "outbox/note.txt", "outbox/rejected/b.csv"]


def test_a_file_that_was_replaced_while_it_was_read_stays(bucket: Bucket) -> None:
    put(bucket, "a.csv", b"one")
    file = outbox_folder(str(data_path() / "outbox")).take("a.csv")
    file.read()
    put(bucket, "a.csv", b"another")
    file.remove()
    assert bucket.read("outbox/a.csv") == b"another"
