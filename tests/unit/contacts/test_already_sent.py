"""Rows that another run has sent to are rejected as ``already_sent``, and accounted for like all others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ovh_sms.contacts.classify.already_sent import AlreadySentCheck, EarlierAttempt, EarlierAttempts
from ovh_sms.contacts.classify.receiver_digests import ReceiverDigester, list_digests
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.errors import DuplicateSubmission, SubmissionInFlight
from unit.contacts.small_lists import FICTION, rejects

MESSAGE = "Bonjour #prenom#"
LIST = "numero;prenom\n" + "".join(f"06399800{at:02d};P{at}\n" for at in range(5))


def digester(*, marketing: bool = True) -> ReceiverDigester:
    return ReceiverDigester(bytes(32), message=MESSAGE, marketing=marketing)


def earlier(
    *numbers: int, marketing: bool = True, pending: bool = False, run_id: str = "one", hour: int = 8
) -> EarlierAttempt:
    rows: Sequence[Sequence[str]] = [("number", "prenom"), *((f"+336399800{at:02d}", f"P{at}") for at in numbers)]
    return EarlierAttempt(
        tag=f"t {run_id}",
        dag_id="sms_campaign_spring",
        run_id=run_id,
        claimed_at=datetime(2026, 3, 10, hour, tzinfo=UTC),
        is_pending=pending,
        digests=np.sort(digester(marketing=marketing).of_rows(rows)),
    )


def check(*attempts: EarlierAttempt, marketing: bool = True, force: bool = False) -> AlreadySentCheck:
    return AlreadySentCheck(digester(marketing=marketing), EarlierAttempts(attempts), force=force)


def run(folder: Path, already_sent: AlreadySentCheck | None, text: str = LIST, **changes: Any) -> PreparedList:
    source = folder / "list.csv"
    source.write_text(text, encoding="utf-8")
    given: dict[str, Any] = {"message": MESSAGE, "stop_clause": True, "options": FICTION, **changes}
    return prepare(source, out=folder / "out", already_sent=already_sent, **given)


def test_the_rows_are_in_the_rejects_and_in_every_count(tmp_path: Path) -> None:
    made = run(tmp_path, check(earlier(1, 3), earlier(3, 9, run_id="two")), LIST + "0639980001;again\n06;x\n")
    assert (made.rows, made.accepted) == (7, 3)
    assert made.rejected == {"already_sent": 2, "duplicate": 1, "invalid_number": 1}
    assert rejects(made) == [
        ("3", "numero", "0639980001", "already_sent"),
        ("5", "numero", "0639980003", "already_sent"),
        ("7", "numero", "0639980001", "duplicate"),
        ("8", "numero", "06", "invalid_number"),
    ]
    shown = json.loads((tmp_path / "out" / "prepared.json").read_text())
    assert shown["rejected"]["already_sent"] == 2
    assert made.credits == 3
    assert made.list_path.read_text().splitlines() == [
        "number;prenom",
        "+33639980000;P0",
        "+33639980002;P2",
        "+33639980004;P4",
    ]


def test_nobody_left_of_one_batch_is_in_another(tmp_path: Path) -> None:
    made = run(tmp_path, check(earlier(1, 3)), batch_size=2)
    assert [batch.accepted for batch in made.batches] == [2, 1]
    left = [list_digests(batch.list_path, digester()) for batch in made.batches]
    assert not np.isin(np.concatenate(left), earlier(1, 3).digests).any()


def test_a_list_in_another_order_is_rejected_whole(tmp_path: Path) -> None:
    header, *lines = LIST.splitlines()
    made = run(tmp_path, check(earlier(*range(5))), "\n".join([header, *reversed(lines)]) + "\n")
    assert (made.accepted, made.rejected) == (0, {"already_sent": 5})


def test_a_transactional_row_counts_with_its_text(tmp_path: Path) -> None:
    sent = check(earlier(1, 2, marketing=False), marketing=False)
    made = run(tmp_path, sent, "numero;prenom\n0639980001;P1\n0639980002;other\n0639980002;P2\n", stop_clause=False)
    assert made.rejected == {"already_sent": 1, "duplicate": 1}
    assert made.list_path.read_text().splitlines() == ["number;prenom", "+33639980002;other"]


def test_a_person_whose_first_row_is_already_sent_gets_no_later_one(tmp_path: Path) -> None:
    sent = check(earlier(1, marketing=False), marketing=False)
    made = run(tmp_path, sent, "numero;prenom\n0639980001;P1\n0639980001;other\n", stop_clause=False)
    assert (made.accepted, made.rejected) == (0, {"already_sent": 1, "duplicate": 1})


def test_a_pending_attempt_is_waited_for_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(SubmissionInFlight, match="at least 1 of the same people") as caught:
        run(tmp_path, check(earlier(0), earlier(4, 9, pending=True, run_id="two")))
    assert caught.value.is_retryable
    assert "Run two of sms_campaign_spring" in str(caught.value)
    assert "+33" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []
    assert run(tmp_path, check(earlier(8, 9, pending=True))).accepted == 5


def test_force_leaves_nobody_out_and_counts_the_repeated(tmp_path: Path) -> None:
    forced = check(earlier(1, 3), earlier(4, pending=True), force=True)
    made = run(tmp_path, forced)
    assert (made.accepted, made.rejected, forced.repeated) == (5, {}, 2)


def test_without_earlier_attempts_the_files_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    unchecked, checked = run(tmp_path / "a", None), run(tmp_path / "b", check())
    assert unchecked.digest == checked.digest
    assert unchecked.rejects_path.read_bytes() == checked.rejects_path.read_bytes()


@pytest.mark.parametrize(("accepted", "already_sent"), [(1, 4), (0, 0)])
def test_a_list_with_somebody_left_or_without_a_repetition_is_not_refused(accepted: int, already_sent: int) -> None:
    check(earlier(1)).refuse_if_nobody_is_left(rows=5, accepted=accepted, already_sent=already_sent)


def test_nobody_left_is_an_error_that_names_the_last_run(tmp_path: Path) -> None:
    sent = check(earlier(0, 1, 2), earlier(3, 4, run_id="two", hour=9), earlier(9, run_id="other", hour=10))
    made = run(tmp_path, sent, LIST + "06;x\n")
    with pytest.raises(DuplicateSubmission, match="5 of 6 rows") as caught:
        sent.refuse_if_nobody_is_left(rows=made.rows, accepted=made.accepted, already_sent=5)
    assert "run two of sms_campaign_spring on 2026-03-10 09:00 UTC (tag t two)" in str(caught.value)
    assert "force" in str(caught.value)
