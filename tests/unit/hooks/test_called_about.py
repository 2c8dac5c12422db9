"""Those who wait for delivery receipts know that OVH has called about some."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.hooks.called_about import ReceiptCalls
from ovh_sms.store.callback_records import RECEIPT, REPLY, Callback
from support.stores import new_store

ACCOUNT, OTHER = "sms-sb00001-1", "sms-sb00001-2"


def receipt(at: int, account: str = ACCOUNT, kind: str = RECEIPT) -> Callback:
    return Callback(key=f"{account}{kind}{at}", account=account, kind=kind, ovh_id=str(at))


def test_new_receipts_are_counted_once_also_if_they_are_worked_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    store = new_store(tmp_path / "results.sqlite")
    store.callbacks.receive([receipt(1)])
    calls, second = ReceiptCalls(ACCOUNT), ReceiptCalls(ACCOUNT)
    assert (calls(), second()) == (0, 0), "before the wait"
    store.callbacks.receive([receipt(1), receipt(2), receipt(3), receipt(4, OTHER), receipt(5, kind=REPLY)])
    store.callbacks.handle_receipts(ACCOUNT)
    assert (calls(), second()) == (2, 2)
    assert (calls(), second()) == (0, 0)
    store.close()


def test_results_that_cannot_be_read_shorten_no_wait_and_end_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_RESULTS", '{"conn_type": "ftp"}')
    assert ReceiptCalls(ACCOUNT)() == 0
    assert "not known whether OVH has called" in caplog.text
