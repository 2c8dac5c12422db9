"""Each contact list in this folder is prepared as in a campaign, and gives what the YAML file of its name says.

A case is two files in any folder below: ``NAME.csv`` (or ``.xlsx``, ``.parquet`` …), and ``NAME.yaml``::

    message: Bonjour #prenom#               # the campaign's text
    contacts: {transliterate: true}         # fields of `contacts` in a campaign file, without `file`
    list: other.csv                         # the list, if it is not NAME.*; paths in `contacts` begin here, too
    texts: {"+33639980012": Bonjour Bob}    # the text of every accepted number; a list if it gets several
    rejects: [{line: 3, reason: no_number}] # every rejected row, in the file's order; also `column` and `value`
    log: header line 3                      # a part of the log, or several
    error: is no UTF-8                      # instead of texts: a part of the error's sentence, or several
    never: [Dupont]                         # what may stand neither in the error nor in the log
"""

from __future__ import annotations

import csv
import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from ovh_sms.campaign.contacts_source import Contacts
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, PreparationResult, prepare_contacts
from ovh_sms.contacts.preview.preparation_log import log_preparation
from ovh_sms.contacts.read import csv_blocks
from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.message_check import as_sent
from support.lists import no_fetch

HERE = Path(__file__).parent
CASES = sorted(HERE.rglob("*.yaml"))
#: An error is read in a log or a dialog.
LONGEST_ERROR = 600


class Case(BaseModel):
    """The outcome that a list must have."""

    model_config = ConfigDict(extra="forbid")

    message: str = "Bonjour #prenom#"
    contacts: dict[str, Any] = {}
    list: str | None = None
    texts: dict[str, str | tuple[str, ...]] | None = None
    rejects: tuple[dict[str, Any], ...] = ()
    log: str | tuple[str, ...] = ()
    error: str | tuple[str, ...] | None = None
    never: tuple[str, ...] = ()


def name_of(path: Path) -> str:
    return path.relative_to(HERE).with_suffix("").as_posix()


def list_of(path: Path, case: Case) -> Path:
    if case.list is not None:
        return path.parent / case.list
    (found,) = [each for each in path.parent.glob(f"{path.stem}.*") if each != path]
    return found


def prepared(file: Path, case: Case, out: Path) -> PreparationResult:
    contacts = Contacts.model_validate({"file": file.name, **case.contacts})
    request = PreparationRequest(
        contacts=str(contacts.location(file.parent)),
        message=case.message,
        stop_clause=False,
        options=ContactOptions(**{"allow_fiction": True, **contacts.options()}),
        sheet=contacts.sheet,
        suppress=contacts.suppression_files(file.parent),
        today=date(2026, 12, 1),
    )
    result = prepare_contacts(request, out=out, fetch=no_fetch)
    log_preparation(result, transliterate=contacts.transliterate)
    return result


def texts(result: PreparationResult, message: str) -> dict[str, tuple[str, ...]]:
    """The texts of each receiver, merged as OVH merges them: by the names of the list's own columns."""
    found, sent = dict[str, tuple[str, ...]](), as_sent(message)
    for batch in result.prepared.batches:
        receivers = set()
        for row in rows(batch.list_path):
            assert row["number"] not in receivers
            receivers.add(row["number"])
            text = sent
            for name, value in row.items():
                text = text.replace(f"#{name}#", value)
            found[row["number"]] = (*found.get(row["number"], ()), text)
    return found


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))


def sentences(wanted: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (wanted,) if isinstance(wanted, str) else wanted or ()


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_list(path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    check(path, tmp_path, caplog)


@pytest.mark.parametrize("path", [path for path in CASES if path.with_suffix(".csv").exists()], ids=name_of)
def test_list_read_a_few_bytes_at_a_time(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 20)
    check(path, tmp_path, caplog)


def check(path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ovh_sms")
    case = Case.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    error, found, rejected = "", None, None
    try:
        result = prepared(list_of(path, case), case, tmp_path / "out")
        found, rejected = texts(result, case.message), rows(result.prepared.rejects_path)
        assert result.prepared.rows == sum(map(len, found.values())) + len(rejected)
    except ConfigurationError as raised:
        error = str(raised)
    assert (found is None) == (case.error is not None), error or found
    wanted = {number: sentences(text) for number, text in (case.texts or {}).items()}
    assert (found or {}) == wanted
    assert len(error) <= LONGEST_ERROR
    for part in sentences(case.error):
        assert part in error
    if rejected is not None:
        assert [(row["line"], row["reason"]) for row in rejected] == [
            (str(each["line"]), each["reason"]) for each in case.rejects
        ]
        for row, wanted in zip(rejected, case.rejects, strict=True):
            assert row == row | {name: str(value) for name, value in wanted.items()}
    for part in sentences(case.log):
        assert part in caplog.text
    for part in case.never:
        assert part not in error + caplog.text


def test_no_file_is_forgotten() -> None:
    used = {path.with_suffix("") for path in CASES}
    named = {path.parent / name for path in CASES for name in names_in(path)}
    lists = {each for each in HERE.rglob("[!.]*.*") if each.suffix not in (".py", ".pyc", ".yaml", ".md")}
    assert not {each for each in lists if each.with_suffix("") not in used and each not in named}


def names_in(path: Path) -> list[str]:
    case = Case.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    suppress = case.contacts.get("suppress", [])
    return [*([case.list] if case.list else []), *([suppress] if isinstance(suppress, str) else suppress)]
