"""A record of another SMS account moves nothing: an output of a task, a row of the results, an account file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import OtherAccount, OvhSmsError
from ovh_sms.hooks.outbox import queue_sms
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.apply_users import ApplyUsersOperator
from ovh_sms.operators.approve_number_checks import ApproveNumberChecksOperator
from ovh_sms.operators.cancel_run import CancelRunOperator
from ovh_sms.operators.check_credits import CheckCreditsOperator
from ovh_sms.operators.compare_users import CompareUsersOperator
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.handle_callbacks import HandleCallbacksOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.pay_order import PayOrderOperator
from ovh_sms.operators.plan_transfers import PlanTransfersOperator
from ovh_sms.operators.price_number_checks import PriceNumberChecksOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.send_outbox import SendOutboxOperator
from ovh_sms.operators.send_reply import SendReplyOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.operators.transfer_credits import TransferCreditsOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.sensors.order_delivered import OrderDeliveredSensor
from ovh_sms.store.callback_records import Callback
from ovh_sms.store.inbound_records import InboundMessage
from support.airflow_task import context
from support.number_checks import check, people, prepared
from support.other_account import TwoAccounts, two_accounts
from support.sandbox import SandboxProcess
from support.users import Account

pytestmark = pytest.mark.usefixtures("leaping")
QUICK: dict[str, Any] = {
    "quiet_period": timedelta(seconds=3),
    "reconcile_timeout": timedelta(seconds=9),
    "deferrable": False,
}
USERS: dict[str, Any] = {"desk": {"quota": 5}}
LIMITS: dict[str, Any] = {"threshold": 9000, "max_price": 5000}


@pytest.fixture
def two(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoAccounts]:
    with two_accounts(sandbox, monkeypatch) as made:
        yield made


def run(task: Any, run_id: str = "run_1") -> Any:
    return task.execute(context(task_id=task.task_id, run_id=run_id))


def send(**given: Any) -> Any:
    about: dict[str, Any] = {"message": "Bonjour", "stop_clause": False, "sender": "MYSHOP"}
    return SendJobOperator(task_id="send", **{**about, **QUICK, **given})


def ordered(two: TwoAccounts) -> dict[str, Any]:
    """An order of the other account, which nobody has paid."""
    with two.as_other():
        made: dict[str, Any] = run(OrderCreditsOperator(task_id="order", quantity=1000, **LIMITS, **QUICK))
    assert made["account"] == two.other
    return made


@pytest.fixture
def pays(two: TwoAccounts) -> Iterator[None]:
    """A payment method that pays; the customer has it for all accounts, so that it ends with the test."""
    method = two.sandbox.payment_method(pays="accepted")
    yield
    two.sandbox.change_payment_method(method, listed=False)


@pytest.mark.usefixtures("pays")
@pytest.mark.parametrize("named", ["by nothing", "by the task", "by a changed output"])
@pytest.mark.parametrize("step", ["pay", "wait"])
def test_an_order_of_the_other_account_is_not_paid_and_not_waited_for(two: TwoAccounts, named: str, step: str) -> None:
    order = ordered(two)
    about: dict[str, Any] = {"order": order}
    if named == "by the task":
        about["account"] = two.own
    elif named == "by a changed output":
        about["order"] = {**order, "account": two.own}
    task: Any = (
        PayOrderOperator(task_id="pay", **about, **QUICK)
        if step == "pay"
        else OrderDeliveredSensor(task_id="wait", deferrable=False, **about)
    )
    before = ResultsHook().store.orders.of(order["order_id"])
    two.sandbox.settle_order(order["order_id"])
    with two.untouched(), pytest.raises(OtherAccount):
        run(task)
    assert two.sandbox.calls()["total"] == 0
    assert ResultsHook().store.orders.of(order["order_id"]) == before


def test_a_check_of_the_other_account_orders_nothing(two: TwoAccounts) -> None:
    with two.as_other():
        check = run(CheckCreditsOperator(task_id="check", sizes=[1000], **LIMITS))
    assert (check["decision"], check["level"]["account"]) == ("order", two.other)
    for account in (None, two.own):
        with two.untouched(), pytest.raises(OtherAccount):
            run(OrderCreditsOperator(task_id="order", check=check, account=account, **QUICK))
    assert two.sandbox.truth(account=two.own)["orders"]["by_account"].get(two.own, []) == []


@pytest.mark.parametrize("is_own", [True, False])
def test_an_approval_of_the_other_accounts_users_changes_none(two: TwoAccounts, is_own: bool) -> None:
    """The same change of the same user has the same name on both accounts."""
    Account(two.sandbox).add_user("desk", quota=1)
    compared = run(CompareUsersOperator(task_id="compare", users=USERS))
    approval = {"approved": True, "account": two.own if is_own else two.other, "steps": compared["steps"]}
    task = ApplyUsersOperator(task_id="apply", users=USERS, needs_approval=True, approval=approval, **QUICK)
    if is_own:
        assert run(task)["update"] == 1
        return
    with two.untouched(), pytest.raises(OtherAccount):
        run(task)


def test_an_approval_of_the_other_accounts_number_checks_checks_none(two: TwoAccounts, tmp_path: Path) -> None:
    listed = prepared(tmp_path / "lists", people(3))
    with two.as_other():
        price = run(PriceNumberChecksOperator(task_id="price", prepared=listed))
    passed = run(ApproveNumberChecksOperator(task_id="approve", price=price, free_up_to=10))
    assert passed["account"] == two.other
    with two.untouched(), pytest.raises(OtherAccount):
        check(listed, approved=passed)


def test_a_submission_of_the_other_account_is_not_collected_and_not_cancelled(two: TwoAccounts) -> None:
    with two.as_other():
        sent = run(send(numbers=people(2), delay_minutes=600))
    with two.untouched(), pytest.raises(OtherAccount):
        run(CollectOutgoingSensor(task_id="collect", submission=sent, deferrable=False))
    named = {"cancelled_dag_id": "a_dag", "cancelled_run_id": "run_1"}
    with two.untouched(), pytest.raises(OtherAccount):
        run(CancelRunOperator(task_id="cancel", quiet_period=timedelta(0), **named))
    assert two.sandbox.truth(account=two.other)["pending"] == 2


def test_receivers_in_a_slot_of_the_other_account_are_not_sent_to_and_their_slot_stays(
    two: TwoAccounts, tmp_path: Path
) -> None:
    with two.as_other():
        listed = prepared(tmp_path / "lists", people(3))
        (batch,) = run(SplitIntoBatchesOperator(task_id="split", prepared=listed))
        slot = run(UploadReceiversOperator(task_id="upload", prepared=batch))
    with two.untouched(), pytest.raises(OvhSmsError):
        run(send(receivers=slot, prepared=batch))
    with two.untouched():
        assert run(FreeReceiversSlotOperator(task_id="free", receivers=slot, upload_task_id="upload")) is False
    with two.as_other():
        assert run(FreeReceiversSlotOperator(task_id="free", receivers=slot, upload_task_id="upload")) is True


def test_a_row_of_the_outbox_for_the_other_account_waits(two: TwoAccounts) -> None:
    with two.as_other():
        queue_sms(
            key="order-1",
            receiver=people(1)[0],
            message="Bonjour",
            sender="MYSHOP",
            stop_clause=False,
            account=two.other,
        )
    with two.untouched():
        done = run(
            SendOutboxOperator(
                task_id="send",
                linger=timedelta(0),
                quiet_period=QUICK["quiet_period"],
                reconcile_timeout=QUICK["reconcile_timeout"],
            )
        )
    assert done["rows"] == {}
    assert ResultsHook().store.outbox.counts() == {"pending": 1}


def test_callbacks_about_the_other_account_wait(two: TwoAccounts) -> None:
    store = ResultsHook().store
    store.callbacks.receive(
        [
            Callback(key="r", account=two.other, kind="reply", ovh_id="1"),
            Callback(key="s", account=two.other, kind="stop", number=people(1)[0]),
        ]
    )
    with two.untouched():
        done = run(HandleCallbacksOperator(task_id="handle"))
    assert (done["account"], done["new"], done["opt_outs"]) == (two.own, 0, 0)
    assert store.callbacks.waiting() == {two.other: 2}


def test_a_reply_to_the_other_account_gets_no_answer(two: TwoAccounts) -> None:
    store = ResultsHook().store
    reply = InboundMessage(
        inbound_id=1,
        received_at=store.clock.now(),
        number=people(1)[0],
        text="OUI",
        tag="",
        action="confirmed",
        campaign="spring",
        dag_id="a_dag",
        run_id="run_1",
    )
    store.inbound.save(two.other, [reply])
    with two.untouched():
        done = run(SendReplyOperator(task_id="thank", message="Merci", event="confirmed", campaign="spring", **QUICK))
    assert (done["account"], done["answered"]) == (two.own, 0)


def test_credits_move_only_between_accounts_that_each_have_a_connection(two: TwoAccounts) -> None:
    """A transfer's call is of the account that gives; the target is read, and named in it, through its own."""
    about: dict[str, Any] = {"credits_wanted": 10, "enough": 9000, **QUICK}
    for source, target in ((None, two.other), (two.other, two.own)):
        with two.untouched(), pytest.raises(OtherAccount):
            run(TransferCreditsOperator(task_id="move", account=source, target=target, **about))
    common: dict[str, Any] = {"connection": "ovh_sms_default", "threshold": 9000.0, "cover_days": None}
    files = {
        "central": {**common, "account": two.other},
        "shop": {**common, "account": two.own, "source": "central", "keep": 0, "sizes": [10]},
    }
    with two.untouched(), pytest.raises(OtherAccount):
        run(PlanTransfersOperator(task_id="plan", accounts=files))
