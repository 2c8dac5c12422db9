"""Paths are made from checked names only, and none leaves the data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.errors import ConfigurationError
from ovh_sms.settings import campaign_folder, inside_data


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_campaign_has_a_folder_for_each_tag(data: Path) -> None:
    assert campaign_folder("spring", "c123") == data / "spring" / "c123"
    assert campaign_folder("my_dag.v2-Été", "spring sale") == data / "my_dag.v2-Été" / "spring sale"


@pytest.mark.parametrize("name", ["../..", "..", ".", "", " ", "a/b", "/etc", "a\\b", "a\0b", "a\nb", "..\\x"])
def test_a_name_that_is_no_single_folder_is_refused(name: str) -> None:
    for given in ((name, "tag"), ("spring", name)):
        with pytest.raises(ConfigurationError, match="Nothing was"):
            campaign_folder(*given)


def test_a_path_in_the_data_folder_is_taken_as_it_is(data: Path) -> None:
    assert inside_data(str(data / "spring" / "c1")) == data / "spring" / "c1"


@pytest.mark.parametrize("path", ["/etc", "{data}", "{data}/..", "{data}/a/../../b", "{data}x/a", "a/b", "", "~"])
def test_a_path_out_of_the_data_folder_is_refused(data: Path, path: str) -> None:
    with pytest.raises(ConfigurationError, match="outside of the data folder"):
        inside_data(path.format(data=data))
