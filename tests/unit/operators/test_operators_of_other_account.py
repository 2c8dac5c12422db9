"""No operator and no sensor touches another SMS account than its connection's, though the key may."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import BaseOperator

from ovh_sms.errors import OtherAccount
from ovh_sms.hooks.sms import OvhSmsHook
from support.airflow_task import context
from support.number_checks import people, prepared
from support.other_account import TwoAccounts, two_accounts
from support.sandbox import SandboxProcess

QUICK: dict[str, Any] = {"quiet_period": timedelta(seconds=3), "reconcile_timeout": timedelta(seconds=9)}
MESSAGE: dict[str, Any] = {"message": "Bonjour", "stop_clause": False}
USERS: dict[str, Any] = {"users": {"desk": {"quota": 5}}}
ORDER: dict[str, Any] = {"threshold": 9000, "quantity": 100, "max_price": 500}

#: For a subclass: it calls nothing by itself.
BASES = {"AccountSensor", "ContactsOperator", "OvhSmsOperator", "SubmittingOperator", "WritingOperator"}

#: They read and write the results or Airflow alone, and make no client of OVH.
CALL_NOTHING = {
    "AnnounceRepliesOperator": "reads the results",
    "ApproveCampaignOperator": "asks a person",
    "ApproveNumberChecksOperator": "asks a person",
    "ApproveOrderOperator": "asks a person",
    "ApproveUsersOperator": "asks a person",
    "BuildReportOperator": "reads the results",
    "CheckCallbackAccountsOperator": "reads the results, and the name of the account in connections",
    "InvalidFileOperator": "shows an error",
    "PendingReportsOperator": "reads the results",
    "PublishOptOutsOperator": "reads the results",
    "PurgePersonalDataOperator": "deletes in the results",
    "SplitIntoBatchesOperator": "splits a prepared list",
}


@dataclass
class Given:
    """The things an operator may need besides the account."""

    folder: Path
    list: dict[str, Any] = field(default_factory=dict)

    @property
    def batch(self) -> dict[str, Any]:
        from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator

        (batch,) = SplitIntoBatchesOperator(task_id="split", prepared=self.list).execute(context(task_id="split"))
        return batch


#: Each gets the other account by its parameter ``account``.
BY_PARAMETER: dict[str, Callable[[Given], dict[str, Any]]] = {
    "ApplyUsersOperator": lambda _: {**USERS, **QUICK},
    "BuildUsageOperator": lambda _: {"month": "2026-01"},
    "CheckCreditsOperator": lambda _: {"threshold": 9000, "sizes": [100], "max_price": 500},
    "CheckNumbersOperator": lambda given: {"prepared": given.list, **QUICK},
    "CollectOptOutsOperator": lambda _: {},
    "CollectRepliesOperator": lambda _: {},
    "CollectRepliesSensor": lambda _: {},
    "CompareUsersOperator": lambda _: USERS,
    "ConfigureCallbacksOperator": lambda _: {"url": "https://airflow.example.com"},
    "CreateUserOperator": lambda _: {"login": "desk", "password_conn_id": "ovh_user_desk", **QUICK},
    "CreditsSensor": lambda _: {"at_least": 10},
    "EstimateCostOperator": lambda given: {"prepared": given.list},
    "FreeReceiversSlotOperator": lambda _: {"receivers": None, "upload_task_id": "upload"},
    "HandleCallbacksOperator": lambda _: {},
    "OrderCreditsOperator": lambda _: {**ORDER, **QUICK},
    "OrderDeliveredSensor": lambda _: {"order": {"ordered": True, "order_id": 7, "account": "", "quantity": 100}},
    "PayOrderOperator": lambda _: {"order": {"ordered": True, "order_id": 7, "account": ""}, **QUICK},
    "PreflightOperator": lambda given: {
        "prepared": given.list,
        "message": "Bonjour",
        "marketing": False,
        "sender": "MYSHOP",
        "budget": 100,
    },
    "PrepareContactsOperator": lambda given: {
        "campaign": "spring",
        "contacts": str(given.folder / "list.csv"),
        **MESSAGE,
    },
    "PreviewContactsOperator": lambda given: {"contacts": str(given.folder / "list.csv"), **MESSAGE},
    "PriceNumberChecksOperator": lambda given: {"prepared": given.list},
    "RequestSenderOperator": lambda _: {"sender": "Shop 2", **QUICK},
    "SendJobOperator": lambda _: {"numbers": people(1), "sender": "MYSHOP", **MESSAGE, **QUICK},
    "SendOutboxOperator": lambda _: {"linger": timedelta(0), **QUICK},
    "SendReplyOperator": lambda _: {"message": "Merci", "event": "confirmed", "campaign": "spring", **QUICK},
    "SendTestsOperator": lambda given: {
        "campaign": "spring",
        "campaigns": str(given.folder),
        "prepared": given.list,
        **QUICK,
    },
    "SetRecreditOperator": lambda _: {"threshold": 100, "quantity": 100},
    "TransferCreditsOperator": lambda _: {"target": "", "credits_wanted": 10, "enough": 9000, **QUICK},
    "UpdateUserOperator": lambda _: {"login": "desk", "quota": 5, **QUICK},
    "UploadReceiversOperator": lambda given: {"prepared": given.batch},
}

#: They take the account from a record: see ``test_records_of_other_account.py``.
BY_RECORD = {"CancelRunOperator", "CollectOutgoingSensor", "PlanTransfersOperator"}


def _is_own(value: object, module: str) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseOperator) and value.__module__ == module


def classes() -> dict[str, type[BaseOperator]]:
    """Every operator and sensor of the package."""
    found = {}
    for room in ("operators", "sensors"):
        package = importlib.import_module(f"ovh_sms.{room}")
        for each in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"ovh_sms.{room}.{each.name}")
            found |= {name: value for name, value in vars(module).items() if _is_own(value, module.__name__)}
    return found


@pytest.fixture
def two(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoAccounts]:
    with two_accounts(sandbox, monkeypatch) as made:
        yield made


@pytest.fixture
def given(two: TwoAccounts, tmp_path: Path) -> Given:
    (tmp_path / "spring.yaml").write_text(
        "kind: transactional\nsender: MYSHOP\nmessage: Bonjour\nbudget: 100\nnight: send\n"
        "contacts: {file: list.csv}\ntest_receivers: ['06 39 98 00 01']\n",
        encoding="utf-8",
    )
    return Given(tmp_path, prepared(tmp_path, people(3)))


def test_each_operator_and_sensor_is_in_one_of_the_tables() -> None:
    tables = [set(BY_PARAMETER), set(CALL_NOTHING), BASES, BY_RECORD]
    assert sorted(name for table in tables for name in table) == sorted(classes())


@pytest.mark.parametrize("name", sorted(CALL_NOTHING))
def test_those_that_call_nothing_make_no_client(name: str) -> None:
    source = inspect.getsource(inspect.getmodule(classes()[name]))  # type: ignore[arg-type]
    assert ".client" not in source
    assert "OvhSmsOperator" not in source


def test_the_key_itself_may_do_everything_on_the_other_account(two: TwoAccounts) -> None:
    with two.as_other():
        assert OvhSmsHook().client.account.get().credits_left == 5000
    assert two.sandbox.calls()["by_account"][two.other] > 0


@pytest.mark.parametrize("name", sorted(BY_PARAMETER))
def test_it_refuses_an_account_that_its_connection_is_not_for(name: str, two: TwoAccounts, given: Given) -> None:
    task: Any = classes()[name](task_id="task", account=two.other, **BY_PARAMETER[name](given))
    with two.untouched(), pytest.raises(OtherAccount, match=f"for the SMS account {two.own}, not for {two.other}"):
        task.execute(context(task_id="task"))
    assert two.sandbox.calls()["total"] == 0
