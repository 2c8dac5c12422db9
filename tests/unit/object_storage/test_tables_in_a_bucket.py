"""The table of opt-outs and the files of a month's usage, in a bucket. On a real server."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ovh_sms.accounts.usage_files import write_files
from ovh_sms.errors import FilesUnavailable
from ovh_sms.outbox.alert_receivers import alert_receivers
from ovh_sms.sending.opt_out_file import last_writer, publish_opt_outs, refresh_opt_outs
from support.object_store import Bucket
from support.stores import new_store
from support.usage_sample import usage_month


def test_the_table_of_opt_outs_is_new_only_if_its_rows_are(bucket: Bucket, tmp_path: Path) -> None:
    store = new_store(tmp_path / "results.sqlite")
    assert not refresh_opt_outs(store)
    bucket.store.fails = lambda method, path: method == "PUT"
    with pytest.raises(FilesUnavailable):
        publish_opt_outs(store, writer={"run": "1"})
    bucket.store.fails = lambda method, path: False
    assert bucket.names() == []
    assert publish_opt_outs(store, writer={"run": "1"}).is_new
    assert not publish_opt_outs(store, writer={"run": "2"}).is_new
    assert (last_writer(), refresh_opt_outs(store)) == ({"run": "1"}, True)
    assert bucket.names() == ["published/opt_outs.parquet"]
    assert pq.read_table(io.BytesIO(bucket.read("published/opt_outs.parquet"))).num_rows == 0
    store.close()


def test_the_usage_of_a_month_gives_the_same_bytes_again(bucket: Bucket) -> None:
    files = write_files(usage_month())
    before = {name: bucket.read(name) for name in bucket.names()}
    assert len(before) == 2 + len(files.pages)
    write_files(usage_month())
    assert {name: bucket.read(name) for name in bucket.names()} == before


def test_people_who_get_alerts_are_read_from_the_bucket(bucket: Bucket) -> None:
    people = b"# on call\n+33639980001\n"
    bucket.store.client.put_object(Bucket=bucket.name, Key="ovh_sms/alerts/on_call.txt", Body=people)
    assert alert_receivers("on_call") == ["+33639980001"]
