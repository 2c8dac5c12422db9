from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.write.prepared_files import PreparedFiles
from ovh_sms.errors import ConfigurationError, ContactsError

HEADER = "numero;prenom\n"


def rows(count: int) -> str:
    return HEADER + "".join(f"063998{at:04d};P{at}\n" for at in range(count))


def run(tmp_path: Path, text: str, size: int | None, **changes: Any) -> PreparedList:
    source = tmp_path / "list.csv"
    source.write_text(text)
    how = {"message": "Bonjour #prenom#", "stop_clause": True, **changes}
    options = ContactOptions(allow_fiction=True)
    return prepare(source, out=tmp_path / "out", options=options, batch_size=size, **how)


def receivers(lists: Sequence[Path]) -> list[str]:
    return [line for each in lists for line in each.read_text().splitlines()[1:]]


@pytest.mark.parametrize(
    ("count", "size", "sizes"),
    [(10, None, [10]), (10, 10, [10]), (10, 11, [10]), (10, 9, [9, 1]), (10, 5, [5, 5]), (3, 1, [1, 1, 1])],
)
def test_batches_together_are_the_list(tmp_path: Path, count: int, size: int | None, sizes: list[int]) -> None:
    whole = receivers([run(tmp_path, rows(count), None).list_path])
    made = run(tmp_path, rows(count), size)
    assert [batch.accepted for batch in made.batches] == sizes
    assert receivers([batch.list_path for batch in made.batches]) == whole
    for batch in made.batches:
        assert batch.list_path.read_text().splitlines()[0] == "number;prenom"
        assert hashlib.sha256(batch.list_path.read_bytes()).hexdigest() == batch.digest


def test_the_first_batch_accounts_for_the_rejected_rows(tmp_path: Path) -> None:
    made = run(tmp_path, rows(5) + "0639980000;again\n12;short\n", 2)
    assert [(batch.rows, batch.rejected) for batch in made.batches] == [
        (4, {"duplicate": 1, "invalid_number": 1}),
        (2, {}),
        (1, {}),
    ]
    assert sum(batch.rows for batch in made.batches) == made.rows == 7


def test_each_batch_has_its_cost(tmp_path: Path) -> None:
    text = HEADER + "0639980000;a\n" + f"0639980001;{'x' * 150}\n" + "+447400123456;b\n"
    made = run(tmp_path, text, 1, rates={"44": 1.5})
    assert [batch.credits for batch in made.batches] == [1, 2, 1.5]
    assert made.credits == 4.5


def test_a_list_of_several_batches_has_no_path_of_its_own(tmp_path: Path) -> None:
    made = run(tmp_path, rows(3), 2)
    with pytest.raises(ContactsError, match="2 batches"):
        _ = made.list_path
    shown = made.to_xcom()
    assert shown["list_path"] is None
    assert [each["list_path"][-len("batch_0001/prepared.csv") :] for each in shown["batches"]] == [
        "batch_0001/prepared.csv",
        "batch_0002/prepared.csv",
    ]
    assert {each["run_digest"] for each in shown["batches"]} == {made.digest}
    assert made.digest not in {batch.digest for batch in made.batches}
    assert PreparedList.from_xcom(json.loads(json.dumps(shown))) == made == PreparedList.load(made.folder)


def test_preparing_again_leaves_no_batch_of_an_earlier_list(tmp_path: Path) -> None:
    run(tmp_path, rows(7), 2)
    made = run(tmp_path, rows(3), 2)
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == ["batch_0001", "batch_0002", "prepared.json", "rejects.csv"]
    assert {path.stat().st_mode & 0o077 for path in out.glob("batch_*")} == {0}  # they hold numbers
    assert receivers([batch.list_path for batch in made.batches]) == [f"+33639980{at:03d};P{at}" for at in range(3)]
    run(tmp_path, rows(3), None)
    assert not list(out.glob("batch_*"))
    run(tmp_path, rows(3), 1)
    assert not (out / "prepared.csv").exists()


def test_a_failure_leaves_nothing_half(tmp_path: Path) -> None:
    first = run(tmp_path, rows(5), 2)

    def away(codes: Sequence[str]) -> dict[str, float]:
        raise ContactsError("no rates")

    with pytest.raises(ContactsError, match="no rates"):
        run(tmp_path, rows(6), 1, rates=away)
    assert PreparedList.load(first.folder) == first
    assert receivers([batch.list_path for batch in first.batches]) == [f"+33639980{at:03d};P{at}" for at in range(5)]
    assert not list(first.folder.glob(".*"))


def test_two_workers_with_one_process_number_write_to_different_files(tmp_path: Path) -> None:
    # containers number their processes alike
    with PreparedFiles(tmp_path, ("number",)) as slow:
        with PreparedFiles(tmp_path, ("number",)) as quick:
            quick.batches.add_block(*one("+33639980001"))
            batch = quick.finish()[0]
            quick.batches.publish()
        slow.batches.add_block(*one("+33639980002"))
        slow.finish()
    assert hashlib.sha256(batch.list_path.read_bytes()).hexdigest() == batch.digest
    assert receivers([batch.list_path]) == ["+33639980001"]


def test_files_of_a_killed_attempt_are_removed(tmp_path: Path) -> None:
    killed = PreparedFiles(tmp_path / "out", ("number",))  # neither published nor left
    killed.batches.add_block(*one("+33639980001"))
    killed.finish()
    made = run(tmp_path, rows(1), None)
    assert not [path for path in made.folder.iterdir() if path.name.startswith(".")]


def one(number: str) -> tuple[memoryview, int]:
    return memoryview(f"\n{number}".encode()), 1


def test_a_changed_campaign_changes_the_fingerprint(tmp_path: Path) -> None:
    first = run(tmp_path, rows(3), 2)
    assert run(tmp_path, rows(9), 2).fingerprint == first.fingerprint
    assert run(tmp_path, rows(3), 3).fingerprint != first.fingerprint
    assert run(tmp_path, rows(3), 2, message="Bonsoir #prenom#").fingerprint != first.fingerprint
    assert run(tmp_path, rows(3), 2, stop_clause=False).fingerprint != first.fingerprint


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_nothing_fits_in(tmp_path: Path, size: int) -> None:
    with pytest.raises(ConfigurationError, match=r"batch_size.*1 or more"):
        run(tmp_path, rows(1), size)
    assert not (tmp_path / "out").exists()


def test_countries_that_share_a_calling_code_cost_what_each_costs(tmp_path: Path) -> None:
    text = "numero\n+12015550123\n+15062345678\n+15062345679\n0639980001\n"
    asked: list[str] = []

    def rates(destinations: Sequence[str]) -> dict[str, float]:
        asked.extend(destinations)
        return {"1": 0.5, "1 CA": 2.25, "33": 1}

    made = run(tmp_path, text, 2, message="Bonjour", rates=rates)
    assert made.countries == {"1": 1, "1 CA": 2, "33": 1}
    assert asked == ["1", "1 CA", "33"]
    assert made.credits == 0.5 + 2 * 2.25 + 1
    assert [batch.credits for batch in made.batches] == [2.75, 3.25]
    assert run(tmp_path, text, None, message="Bonjour", rates={"1": 3}).credits == 10


def test_receivers_of_different_cuts_never_share_a_batch(tmp_path: Path) -> None:
    with PreparedFiles(tmp_path, ["number"], 2) as files:
        writer = files.batches
        written = [
            writer.add_block(*one(f"+3363998000{at}"), cut)
            for at, cut in enumerate([7, 0, 7, 7, 0, 0])
            if writer.room(1)
        ]
        found = files.finish()
        writer.publish()
    assert written == [0, 1, 0, 2, 1, 3]
    assert [(batch.cut, batch.accepted) for batch in found] == [(7, 2), (0, 2), (7, 1), (0, 1)]
    assert [receivers([batch.list_path]) for batch in found] == [
        ["+33639980000", "+33639980002"],
        ["+33639980001", "+33639980004"],
        ["+33639980003"],
        ["+33639980005"],
    ]
