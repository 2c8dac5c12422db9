"""Paths whose files lie in a bucket: used as paths of a disk, whole or absent, with clear errors. On a real server."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ovh_sms.errors import ConfigurationError, FilesUnavailable
from ovh_sms.hooks import object_storage
from ovh_sms.object_storage.stored_path import StoredPath, as_path
from ovh_sms.private_files import private_file, private_folder, remove_folder, scratch_folder, write_private
from ovh_sms.settings import data_path, inside_data
from support.object_store import Bucket, ObjectStore

#: More than one request of an upload.
LARGE = b"0639980001;Zo\xc3\xab\n" * 1_000_000


def test_the_text_of_a_path_is_its_address_also_after_it_was_written_down() -> None:
    path = as_path("s3://lists@bucket/ovh_sms/") / "spring" / "prepared.csv"
    assert str(path) == f"{path}" == "s3://lists@bucket/ovh_sms/spring/prepared.csv"
    assert as_path(str(path)) == path == copy.deepcopy(path) == pickle.loads(pickle.dumps(path))
    assert hash(as_path(str(path))) == hash(path)
    assert (path.name, path.stem, str(path.with_name("a.csv"))) == (
        "prepared.csv",
        "prepared",
        "s3://lists@bucket/ovh_sms/spring/a.csv",
    )
    assert path.relative_to(as_path("s3://lists@bucket/ovh_sms")).as_posix() == "spring/prepared.csv"


@pytest.mark.parametrize("address", ["s3://", "s3://lists@", "s3:///a", "s3://bucket/../other"])
def test_an_address_without_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="names no bucket"):
        as_path(address)


def test_a_path_of_the_disk_stays_one(tmp_path: Path) -> None:
    assert type(as_path(str(tmp_path))) is type(tmp_path)
    assert as_path(tmp_path) is tmp_path


def test_it_is_never_taken_for_a_file_of_this_machine() -> None:
    with pytest.raises(TypeError, match="not a file of this machine"):
        open(as_path("s3://lists@bucket/a.csv"))  # noqa: PTH123, SIM115


def test_the_setting_names_the_bucket_and_what_lies_outside_is_refused(bucket: Bucket) -> None:
    assert str(data_path()) == bucket.data
    assert inside_data(f"{bucket.data}/spring") == data_path() / "spring"
    for outside in ("s3://lists@other/ovh_sms/spring", "/tmp/spring", bucket.data):
        with pytest.raises(ConfigurationError, match="outside of the data folder"):
            inside_data(outside)


def test_files_are_written_read_listed_replaced_and_removed(bucket: Bucket) -> None:
    folder = private_folder(data_path() / "spring" / "run")
    write_private(folder / "a.csv", "number\n+33639980001\n")
    with private_file(folder / "batch_0001" / "b.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("Zoë\r\n")
    assert bucket.names() == ["spring/run/a.csv", "spring/run/batch_0001/b.csv"]
    assert (folder / "batch_0001" / "b.csv").read_bytes() == "Zoë\r\n".encode()
    assert [*folder.iterdir()] == [folder / "a.csv", folder / "batch_0001"]
    assert [(each.is_file(), each.is_dir()) for each in folder.iterdir()] == [(True, False), (False, True)]
    assert [*data_path().glob("*/*/a.csv")] == [folder / "a.csv"]
    assert [*folder.glob("batch_*")] == [folder / "batch_0001"]
    assert (folder / "a.csv").stat().st_size == 20
    assert folder.stat().st_mtime >= (folder / "a.csv").stat().st_mtime
    assert (folder / "a.csv").replace(folder / "c.csv") == folder / "c.csv"
    assert not (folder / "a.csv").exists()
    (folder / "a.csv").unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError):
        (folder / "a.csv").unlink()
    with pytest.raises(FileNotFoundError):
        (folder / "a.csv").read_text()
    remove_folder(folder)
    assert (bucket.names(), folder.exists()) == ([], False)


def test_a_folder_is_not_one_whose_name_begins_in_the_same_way(bucket: Bucket) -> None:
    write_private(data_path() / "spring2" / "a.csv", "")
    assert not (data_path() / "spring").exists()
    assert [*(data_path() / "spring").iterdir()] == []
    remove_folder(data_path() / "spring")
    assert bucket.names() == ["spring2/a.csv"]


@pytest.mark.parametrize("name", ["noel*", "noe?", "n[o]el", "*"])
def test_a_name_that_reads_like_a_pattern_removes_no_other_file(bucket: Bucket, name: str) -> None:
    """A tag of one's own names the folder of a batch, and may hold any sign."""
    others = [data_path() / each / "prepared.csv" for each in ("noel", "noel1", "spring")]
    for each in others:
        each.write_text("of another run")
    own = data_path() / name / "prepared.csv"
    own.write_text("own")
    own.replace(own.with_name(".prepared.csv.part")).replace(own)
    assert [each.name for each in own.parent.iterdir()] == ["prepared.csv"]
    own.unlink()
    assert not own.exists()
    own.write_text("own")
    remove_folder(own.parent)
    assert bucket.names() == [f"{each}/prepared.csv" for each in ("noel", "noel1", "spring")]


def test_a_large_file_goes_up_in_several_requests_and_comes_back_whole(bucket: Bucket) -> None:
    path = data_path() / "large.csv"
    path.write_bytes(LARGE)
    assert path.read_bytes() == LARGE
    assert sum(method == "PUT" for method, _ in bucket.store.requests) > 1


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_a_file_whose_writing_failed_does_not_appear(bucket: Bucket, text: bool, size: int) -> None:
    def write_and_fail() -> None:
        with (data_path() / "a.csv").open("w" if text else "wb") as file:
            file.write("Zoë;0639980001\n" * size if text else b"Zoe;0639980001\n" * size)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    abandoned = (data_path() / "b.csv").open("wb")
    abandoned.write(b"half")
    del abandoned
    assert bucket.names() == []


def test_a_large_file_that_failed_half_way_does_not_appear(bucket: Bucket) -> None:
    (data_path() / "a.csv").write_bytes(b"before")
    writes: list[str] = []

    def fails(method: str, path: str) -> bool:
        writes.extend([path] if method == "PUT" else [])
        return method == "PUT" and len(writes) > 1

    bucket.store.fails = fails
    with pytest.raises(FilesUnavailable, match=r"gave no complete answer .*It is tried again"):
        (data_path() / "a.csv").write_bytes(LARGE)
    bucket.store.fails = lambda method, path: False
    assert bucket.read("a.csv") == b"before"
    assert bucket.uploads() == []


def test_parquet_is_written_and_read(bucket: Bucket) -> None:
    table = pa.table({"number": ["+33639980001"]})
    with (data_path() / "a.parquet").open("wb") as file:
        pq.write_table(table, file)
    with (data_path() / "a.parquet").open("rb") as file:
        assert pq.read_table(file) == table


def test_the_files_of_one_task_lie_on_its_own_disk_and_go_with_it(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder(data_path(), prefix=".source-") as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "source").write_text("0639980001")
    assert [*tmp_path.iterdir()] == []
    assert bucket.names() == []


def test_what_a_killed_task_left_on_this_disk_goes_after_a_day(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, at in (("ovh_sms-old", 1_000_000_000), ("ovh_sms-new", None), ("other", 1_000_000_000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "source").write_text("0639980001")
        if at:
            os.utime(tmp_path / name, (at, at))
    with scratch_folder(data_path(), prefix=".source-"):
        pass
    assert sorted(each.name for each in tmp_path.iterdir()) == ["other", "ovh_sms-new"]


def test_a_refused_key_is_no_outage(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket.store, "_moto", _refusing)
    with pytest.raises(ConfigurationError, match=r"refuses the key of its connection\. Nothing was read or written"):
        write_private(data_path() / "a.csv", "")


def _refusing(environ: object, start_response: object) -> list[bytes]:
    start_response("403 Forbidden", [("Content-Type", "application/xml")])  # type: ignore[operator]
    return [b"<Error><Code>InvalidAccessKeyId</Code><Message>unknown</Message></Error>"]


def test_a_bucket_that_is_not_there_is_named(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", "s3://lists@nowhere/ovh_sms")
    with pytest.raises(ConfigurationError, match=r"s3://lists@nowhere of OVH_SMS_DATA has no such bucket"):
        write_private(data_path() / "a.csv", "")


def test_a_server_that_is_away_is_an_outage_that_a_task_outlasts(
    store: ObjectStore, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = store.connection(endpoint_url="http://127.0.0.1:9")
    monkeypatch.setenv("AIRFLOW_CONN_LISTS", gone)
    with pytest.raises(FilesUnavailable, match=r"s3://lists@lists-\d+ of OVH_SMS_DATA gave no complete answer"):
        (data_path() / "a.csv").read_text()


def test_a_missing_provider_or_connection_is_named(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", "nocloud://lists@bucket/ovh_sms")
    with pytest.raises(ConfigurationError, match=r"pip install 'airflow-provider-ovh-sms\[s3\]'"):
        (data_path() / "a.csv").read_text()
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    monkeypatch.setenv("OVH_SMS_DATA", bucket.data)
    object_storage._opened.cache_clear()
    with pytest.raises(ConfigurationError, match=r"pip install 'airflow-provider-ovh-sms\[s3\]'"):
        (data_path() / "a.csv").read_text()


def test_two_processes_see_what_each_of_them_wrote(bucket: Bucket) -> None:
    path = data_path() / "a.csv"
    assert not path.exists()
    bucket.store.client.put_object(Bucket=bucket.name, Key="ovh_sms/a.csv", Body=b"one")
    assert path.read_bytes() == b"one"
    bucket.store.client.put_object(Bucket=bucket.name, Key="ovh_sms/a.csv", Body=b"another")
    assert (path.read_bytes(), path.stat().st_size) == (b"another", 7)
    assert isinstance(path, StoredPath)
