"""Orders beside those of earlier runs and of people: never two for one need, never a stranger's."""

from __future__ import annotations

import pytest

from ovh_sms.api.orders import OrdersClient
from ovh_sms.hooks.sms import OvhSmsHook
from support.airflow_task import context
from support.sandbox import SandboxProcess
from unit.operators.test_order_credits import lost, made, order

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


@pytest.mark.parametrize("status", ["listed", "late"])
def test_an_order_of_an_earlier_run_is_open_until_ovh_says_otherwise(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    # three runs one after the other, while OVH lists the first one's order late
    sandbox.account(creditsLeft=99)
    first = order().execute(context(run_id="run_1"))
    if status == "late":
        monkeypatch.setattr(OrdersClient, "ids", lambda self, *, created_from=None: [])
        sandbox.fault("status", method="GET", path="/me/order/*/status", status=404, times=2)
    for run_id in ("run_2", "run_3"):
        answer = order().execute(context(run_id=run_id))
        assert (answer["ordered"], answer["order_id"]) == (False, first["order_id"])
    assert len(made(sandbox)) == 1


def test_a_strangers_order_is_not_adopted(sandbox: SandboxProcess) -> None:
    # ours never reached OVH, and a person ordered other credits by hand meanwhile
    lost(sandbox)
    OvhSmsHook().client.orders.create(100)
    (theirs,) = made(sandbox)
    sandbox.settle_order(theirs["id"], "delivered")
    sandbox.account(creditsLeft=1)
    answer = order().execute(context())
    assert answer["order_id"] != theirs["id"]
    assert sorted(each["quantity"] for each in made(sandbox)) == [100, 1000]
