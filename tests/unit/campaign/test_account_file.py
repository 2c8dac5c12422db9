"""The account top-up file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.campaign.topup_file import Topup, load_topups
from ovh_sms.campaign.yaml_files import InvalidFile, load_file
from ovh_sms.errors import CampaignFileError


def test_topup_needs_a_maximum_price(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text("threshold: 100\nquantity: 1000\n")
    with pytest.raises(CampaignFileError, match=r"^main\.yaml: field `max_price` is required"):
        load_file(tmp_path / "main.yaml", Topup)


@pytest.mark.parametrize("wrong", ["threshold: .inf", "max_price: .inf", "threshold: 1e9", "max_price: 1e9"])
def test_topup_has_bounds(tmp_path: Path, wrong: str) -> None:
    field = wrong.split(":")[0]
    good = {"threshold": "threshold: 100", "quantity": "quantity: 1000", "max_price": "max_price: 5"}
    (tmp_path / "main.yaml").write_text("\n".join({**good, field: wrong}.values()))
    with pytest.raises(CampaignFileError, match=f"field `{field}`"):
        load_file(tmp_path / "main.yaml", Topup)


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ({"a": "", "b": ""}, {"a", "b"}),
        ({"a": "account: sms-aa1-1", "b": "account: sms-aa1-1"}, {"a", "b"}),
        ({"a": "account: sms-aa1-1", "b": ""}, {"a", "b"}),
        ({"a": "account: ''", "b": "account: sms-aa1-1"}, {"a", "b"}),
        ({"a": "account: sms-aa1-1", "b": "account: sms-aa1-2"}, set()),
        ({"a": "account: sms-aa1-1", "b": "account: sms-aa1-2", "c": ""}, {"a", "b", "c"}),
        ({"a": "", "b": "connection: other"}, set()),
        ({"a": "", "b": "", "c": "connection: other"}, {"a", "b"}),
    ],
)
def test_two_topups_never_order_for_one_account(tmp_path: Path, files: dict[str, str], refused: set[str]) -> None:
    for name, more in files.items():
        (tmp_path / f"{name}.yaml").write_text(f"threshold: 100\nquantity: 1000\nmax_price: 5\n{more}\n")
    found = load_topups(tmp_path)
    assert [each.name for each in found] == sorted(files)
    invalid = {each.name: str(each.error) for each in found if isinstance(each, InvalidFile)}
    assert set(invalid) == refused
    for name, error in invalid.items():
        assert f"'{name}'" in error
        assert any(f"in '{other}'" in error for other in refused - {name})
        assert "Name a different `account` in each" in error
