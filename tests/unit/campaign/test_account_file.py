"""The account file: good ones, and errors that name the field and its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.account import RECREDIT_QUANTITIES as SOLD
from ovh_sms.campaign.account_file import RECREDIT_QUANTITIES, AccountFile, Recredit
from ovh_sms.campaign.account_files import AccountFolder, load_accounts, read_accounts
from ovh_sms.campaign.dag_ids import TASK_NAMES
from ovh_sms.campaign.yaml_files import InvalidFile, load_file
from ovh_sms.errors import CampaignFileError

LEAST = "threshold: 100\nquantity: 1000\nmax_price: 5\n"
WHOLE = """\
connection: ovh_sms_default
account: sms-ab12345-1
cover_days: 14
packs: [5000, 1000, 10000, 1000]
max_price: 500
max_per_month: 1500
approval: {above: 200, by: [alice], within_hours: 12}
pay: default_method
notify:
  - notifier: airflow.providers.smtp.notifications.smtp.SmtpNotifier
    arguments: {to: me@shop.fr}
notify_link: ovh
transfer: {from: central, keep: 500}
recredit: off
"""


def read(folder: Path, text: str, name: str = "main") -> AccountFile:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_file(folder / f"{name}.yaml", AccountFile)


def error_of(folder: Path, text: str) -> str:
    with pytest.raises(CampaignFileError) as caught:
        read(folder, text)
    return str(caught.value)


def test_every_field_is_read(tmp_path: Path) -> None:
    file = read(tmp_path, WHOLE)
    assert file.has_needs
    assert file.orders
    assert file.sizes == (1000, 5000, 10000)
    assert file.approval
    assert (file.approval.above, file.approval.by, file.approval.within_hours) == (200, ("alice",), 12)
    assert file.transfer
    assert (file.transfer.source, file.transfer.keep) == ("central", 500)
    assert file.recredit == "off"
    assert file.notify
    assert file.notify[0].arguments == {"to": "me@shop.fr"}


def test_a_short_file_orders_one_quantity_and_leaves_the_payment_to_a_person(tmp_path: Path) -> None:
    file = read(tmp_path, LEAST)
    assert (file.sizes, file.pay, file.notify_link, file.approval) == ((1000,), "never", "page", None)


def test_ovh_recredits_in_place_of_orders(tmp_path: Path) -> None:
    file = read(tmp_path, "recredit: {threshold: 100, quantity: 500}")
    assert file.recredit == Recredit(threshold=100, quantity=500)
    assert not file.has_needs
    assert not file.orders


def test_an_account_may_only_get_credits_from_another(tmp_path: Path) -> None:
    file = read(tmp_path, "threshold: 100\ntransfer: {from: central}")
    assert (file.has_needs, file.orders, file.sizes) == (True, False, ())


def test_quantities_of_the_recredit_are_those_of_ovh() -> None:
    assert RECREDIT_QUANTITIES == SOLD


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("threshold: 100\nquantity: 1000", "main.yaml: field `max_price` is required."),
        ("threshold: 100\nmax_price: 5", "main.yaml: give `quantity` or `packs`."),
        ("threshold: 100", "main.yaml: give `quantity` or `packs`."),
        (
            "quantity: 1000\nmax_price: 5",
            "main.yaml: give `threshold`, `cover_days`, `recredit`, `replies`, `users`, `dead_after`,",
        ),
        (
            "account: sms-ab1-1",
            "main.yaml: give `threshold`, `cover_days`, `recredit`, `replies`, `users`, `dead_after`,",
        ),
        (LEAST + "cover_days: 14", "line 4: field `cover_days` is wrong: give either `threshold` or `cover_days`"),
        (LEAST + "packs: [1000]", "line 4: field `packs` is wrong: give either `quantity` or `packs`"),
        (LEAST.replace("quantity: 1000", "packs: []"), "line 2: field `packs` is wrong"),
        (LEAST + "treshold: 5", "line 4: unknown field `treshold`; did you mean `threshold`?"),
        (LEAST + "transfer: {form: central}", "unknown field `transfer.form`; did you mean `transfer.from`?"),
        (LEAST + "transfer: {keep: 5}", "field `transfer.from` is required."),
        (LEAST + "transfer: {from: central, keep: -1}", "line 4: field `transfer.keep` is wrong"),
        (LEAST + "transfer: {from: main}", "line 4: field `transfer` is wrong: `from` names this very file"),
        (LEAST + "transfer: {from: Central}", "line 4: field `transfer.from` is wrong"),
        (LEAST + "max_per_month: 4", "line 4: field `max_per_month` is wrong: it is less than `max_price`, 5"),
        (LEAST + "approval: {above: 5}", "line 4: field `approval` is wrong: no order is above 5"),
        (LEAST + "approval: {above: -1}", "line 4: field `approval.above` is wrong"),
        (LEAST + "approval: {above: 1, by: alice}", "field `approval.by` is wrong: give a list such as [alice]"),
        (LEAST + "approval: {above: 1, within_hours: 0}", "field `approval.within_hours` is wrong"),
        (LEAST + "approval: {above: 1, within_hours: 169}", "field `approval.within_hours` is wrong"),
        (LEAST + "pay: default_method", "line 4: field `pay` is wrong: give `max_per_month` too"),
        (LEAST + "pay: visa", "line 4: field `pay` is wrong"),
        (LEAST + "notify_link: mine", "line 4: field `notify_link` is wrong"),
        (LEAST + "recredit: {threshold: 5, quantity: 500}", "line 4: field `recredit` is wrong: credits would"),
        ("threshold: 1\nrecredit: {threshold: 5, quantity: 500}", "from OVH itself, and by `threshold`. Remove one"),
        ("recredit: {threshold: 5, quantity: 300}", "field `recredit.quantity` is wrong: OVH recredits by 100,"),
        ("recredit: {threshold: 5}", "field `recredit.quantity` is required."),
        ("recredit: on", "line 1: field `recredit` is wrong: give `threshold` and `quantity` below it, or"),
        ("recredit: off\nquantity: 100", "main.yaml: give `threshold` or `cover_days` with `quantity`."),
        ("name: other\nrecredit: off", "line 1: field `name` is not allowed"),
    ],
)
def test_a_bad_value_is_named_with_its_line(tmp_path: Path, text: str, error: str) -> None:
    assert error in error_of(tmp_path, text)


@pytest.mark.parametrize("wrong", ["threshold: .inf", "max_price: .inf", "threshold: 1e9", "max_price: 1e9"])
def test_values_have_bounds(tmp_path: Path, wrong: str) -> None:
    field = wrong.split(":")[0]
    good = {"threshold": "threshold: 100", "quantity": "quantity: 1000", "max_price": "max_price: 5"}
    assert f"field `{field}`" in error_of(tmp_path, "\n".join({**good, field: wrong}.values()))


@pytest.mark.parametrize("name", TASK_NAMES)
def test_a_file_has_no_name_of_a_task(tmp_path: Path, name: str) -> None:
    with pytest.raises(CampaignFileError, match="rename the file"):
        read(tmp_path, LEAST, name)


def folder_of(folder: Path, files: dict[str, str]) -> dict[str, AccountFile | InvalidFile]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    found = load_accounts(folder)
    assert [each.name for each in found] == sorted(files)
    return {each.name: each for each in found}


def errors(found: dict[str, Any]) -> dict[str, str]:
    return {name: str(each.error) for name, each in found.items() if isinstance(each, InvalidFile)}


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
def test_two_files_never_order_for_one_account(tmp_path: Path, files: dict[str, str], refused: set[str]) -> None:
    invalid = errors(folder_of(tmp_path, {name: LEAST + more for name, more in files.items()}))
    assert set(invalid) == refused
    for name, error in invalid.items():
        assert f"'{name}'" in error
        assert any(f"in '{other}'" in error for other in refused - {name})
        assert "Name a different `account` in each" in error


REPLIES = "replies: {keywords: [{words: [INFO], event: wants_information}]}"


def test_a_file_about_replies_alone_never_clashes_over_credits(tmp_path: Path) -> None:
    found = folder_of(tmp_path, {"default": LEAST, "shop": f"account: sms-aa1-1\n{REPLIES}"})
    assert errors(found) == {}


def test_a_file_about_replies_gives_no_credits_of_an_account_that_another_file_is_about(tmp_path: Path) -> None:
    taking = f"connection: other\n{short('2', 'shop')}"
    files = {"default": LEAST, "shop": f"account: sms-aa1-1\n{REPLIES}", "taking": taking}
    assert set(errors(folder_of(tmp_path, files))) == {"default", "shop", "taking"}


def test_a_clash_over_credits_keeps_no_reply_from_being_read(tmp_path: Path) -> None:
    found = folder_of(tmp_path, {"a": LEAST, "b": f"{LEAST}{REPLIES}"})
    assert set(errors(found)) == {"a", "b"}
    assert [each for each in read_accounts(tmp_path) if isinstance(each, InvalidFile)] == []


def test_a_field_of_the_second_file_of_an_account_counts_too(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a": LEAST, "b": f"{REPLIES}\ndead_after: 3\novh_batches_merge: true"})
    assert AccountFolder(tmp_path).dead_after("ovh_sms_default", None) == 3
    assert AccountFolder(tmp_path).merges_ovh_batches("ovh_sms_default", None) is True


def short(account: str, source: str | None = None) -> str:
    return f"account: sms-aa1-{account}\n{LEAST}" + (f"transfer: {{from: {source}}}\n" if source else "")


def test_credits_come_from_another_account_file(tmp_path: Path) -> None:
    found = folder_of(tmp_path, {"central": short("1"), "shop": short("2", "central"), "web": short("3", "shop")})
    assert errors(found) == {}


def test_a_source_that_is_no_account_file_is_named_with_its_line(tmp_path: Path) -> None:
    invalid = errors(folder_of(tmp_path, {"central": short("1"), "shop": short("2", "centrale")}))
    assert set(invalid) == {"shop"}
    assert invalid["shop"].startswith(
        "shop.yaml, line 5: field `transfer.from` is wrong: 'centrale' is no other account file; there are central."
    )


def test_a_broken_source_breaks_the_files_that_need_it(tmp_path: Path) -> None:
    invalid = errors(folder_of(tmp_path, {"central": "threshold: 5", "shop": short("2", "central")}))
    assert set(invalid) == {"central", "shop"}
    assert "line 5: field `transfer.from` is wrong: 'central' is a broken account file" in invalid["shop"]


def test_an_account_that_ovh_recredits_is_no_source(tmp_path: Path) -> None:
    files = {"central": "account: sms-aa1-1\nrecredit: {threshold: 100, quantity: 500}", "shop": short("2", "central")}
    invalid = errors(folder_of(tmp_path, files))
    assert set(invalid) == {"shop"}
    assert "line 5: field `transfer.from` is wrong: 'central' gets its credits from OVH by" in invalid["shop"]
    (tmp_path / "central.yaml").write_text("account: sms-aa1-1\nrecredit: off", encoding="utf-8")
    assert [each for each in load_accounts(tmp_path) if isinstance(each, InvalidFile)] == []


def test_credits_never_go_round_in_a_circle(tmp_path: Path) -> None:
    files = {"a": short("1", "b"), "b": short("2", "c"), "c": short("3", "a"), "d": short("4", "a")}
    invalid = errors(folder_of(tmp_path, files))
    assert set(invalid) == {"a", "b", "c", "d"}
    assert "'b' gets its credits from 'a' in turn (a from b from c from a)" in invalid["a"]
    assert "'a' is a broken account file" in invalid["d"]
