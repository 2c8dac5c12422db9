"""``ovh-sms erase`` removes a person, leaves a line without the number, and never prints the number."""

from __future__ import annotations

import getpass
import io
import json
from pathlib import Path

import pytest

from ovh_sms.hooks.store import default_url
from ovh_sms.store.store import Store
from support.cli import Command
from support.stores import new_store
from unit.store.test_store import a_message, a_submission

NUMBER = "+33639980001"


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    store = new_store(default_url())
    store.submissions.start(a_submission(recorded_at=None))
    store.messages.save("t1", [a_message(1, receiver=NUMBER), a_message(2, receiver="+33639980002")])
    return store


@pytest.mark.parametrize("written", [NUMBER, "0639980001", "0033 6 39 98 00 01"])
def test_a_person_is_erased_and_the_audit_names_who_did_it(results: Store, ovh_sms: Command, written: str) -> None:
    ended = ovh_sms("erase", written, "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {
        "messages": 1,
        "opt_outs": 0,
        "replies": 0,
        "suppressed": 0,
        "outbox": 0,
        "rows": 0,
        "pending": True,
    }
    assert [each.receiver for each in results.messages.iter("t1")] == ["erased", "+33639980002"]
    (line,) = results.audit.list()
    assert (line.action, line.by) == ("erase", getpass.getuser())
    assert line.digest == results.audit.digest_of(NUMBER)
    assert "39980001" not in f"{line} {ended.out} {ended.err}"
    results.close()


def test_the_number_is_read_from_stdin(results: Store, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{NUMBER}\n"))
    ended = ovh_sms("erase", "-")
    assert ended.code == 0, ended.err
    assert "1 messages" in ended.out
    assert "sms_retention erases it there" in ended.out
    assert "39980001" not in ended.out + ended.err
    results.close()


@pytest.mark.parametrize("written", ["06399800", "hello", "", "+33639980001234567"])
def test_what_is_no_number_is_refused_and_not_repeated(results: Store, ovh_sms: Command, written: str) -> None:
    ended = ovh_sms("erase", written)
    assert ended.code != 0
    assert "Nothing was erased" in ended.err
    assert not written or written not in ended.err
    assert results.audit.list() == []
    results.close()
