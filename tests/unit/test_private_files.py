"""Files of a campaign hold phone numbers: nobody else on the machine may read them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.private_files import private_file, private_folder


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_folder_is_private_under_any_umask(tmp_path: Path, umask: int) -> None:
    folder = private_folder(tmp_path / "campaign" / "tag")
    assert mode(folder) == 0o700
    assert private_folder(folder) == folder, "it may be there already"


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    assert mode(private_folder(folder)) == 0o700


def test_a_file_is_private_under_any_umask(tmp_path: Path, umask: int) -> None:
    assert mode(private_file(tmp_path / "prepared.csv")) == 0o600


def test_an_open_file_is_closed_and_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    path.write_text("line\n")
    path.chmod(0o644)
    assert mode(private_file(path)) == 0o600
    assert path.read_text() == "line\n"
