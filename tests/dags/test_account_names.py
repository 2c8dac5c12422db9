"""No name of an account file, good or broken, takes a DAG away from the other accounts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.campaign.dag_ids import TASK_NAMES
from ovh_sms.dag_factories.accounts import accounts_to_read
from ovh_sms.dag_factories.callbacks import callbacks_dag
from ovh_sms.dag_factories.credits_balance import credits_balance_dag
from ovh_sms.dag_factories.credits_topup import credits_topup_dag
from ovh_sms.dag_factories.opt_outs import opt_outs_dag
from ovh_sms.dag_factories.outbox import outbox_dag
from ovh_sms.dag_factories.replies import replies_dag
from ovh_sms.dag_factories.usage import usage_dag
from ovh_sms.dag_factories.users import users_dag
from support.campaign_text import GOOD

FACTORIES: list[Callable[..., Any]] = [
    *(callbacks_dag, credits_balance_dag, credits_topup_dag, opt_outs_dag),
    *(replies_dag, usage_dag, users_dag),
]
#: Two accounts: one gives credits to the other.
OTHERS = {
    "shop": "account: sms-xx12345-2\nthreshold: 100\ntransfer: {from: main}\n",
    "main": "account: sms-xx12345-3\nreplies: {}\n",
}
#: A campaign whose replies are collected.
ANSWERED = GOOD.replace("sender: MYSHOP", "sender_for_response: true")


@pytest.mark.parametrize("others", [{}, OTHERS], ids=["alone", "beside others"])
@pytest.mark.parametrize("text", ["account: sms-xx12345-1\nreplies: {}\n", "acount: [\n"], ids=["good", "broken"])
@pytest.mark.parametrize("name", [*TASK_NAMES, "default", "publish", "account_shop", "accounts", "invalid_file"])
def test_an_account_file_of_any_name_leaves_every_dag_its_tasks(
    tmp_path: Path, name: str, text: str, others: dict[str, str]
) -> None:
    write(tmp_path / "accounts", {**others, name: text})
    make_all(tmp_path)


@pytest.mark.parametrize("written", ["my shop", "a/b", "a" * 240, "'{{ 1 }}'"])
@pytest.mark.parametrize("field", ["connection", "account"])
def test_a_campaign_with_a_misspelt_account_leaves_every_dag_its_tasks(
    tmp_path: Path, field: str, written: str
) -> None:
    write(tmp_path / "campaigns", {"spring": f"{ANSWERED}{field}: {written}\n"})
    make_all(tmp_path)


def test_two_accounts_of_campaigns_have_two_tasks_though_their_names_are_one(tmp_path: Path) -> None:
    named = {"a": "connection: ovh\naccount: shop\n", "b": "connection: ovh-shop\n", "c": "connection: ovh shop\n"}
    write(tmp_path / "campaigns", {name: ANSWERED + of for name, of in named.items()})
    found = accounts_to_read(tmp_path / "campaigns", [])
    assert [each[1:] for each in found] == [("ovh", "shop"), ("ovh-shop", None), ("ovh shop", None)]
    assert found[0][0] == "campaigns-ovh-shop"
    assert len({task_id for task_id, *_ in found}) == 3


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def make_all(tmp_path: Path) -> None:
    for make in FACTORIES:
        make(tmp_path, schedule=None, timezone="Europe/Paris")
    outbox_dag(tmp_path, timezone="Europe/Paris")
