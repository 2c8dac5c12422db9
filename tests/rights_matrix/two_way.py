"""Replies, answers to them, opt-outs and callbacks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ovh_sms.errors import OutcomeUnknown
from rights_matrix import campaigns
from rights_matrix.stage import Stage
from support.airflow_task import context
from support.signed import Signed

URL = "https://airflow.example.com"


def replied(stage: Stage, text: str = "OUI") -> None:
    """A campaign that a person has answered."""
    campaigns.send_answerable(stage)
    stage.sandbox.clock(advance=3600)
    sent = stage.sandbox.messages(account=stage.account)
    there = [each["receiver"] for each in sent if each["delivery_receipt"] == 1]
    stage.sandbox.reply(there[0], text, account=stage.account)


def collect(stage: Stage) -> None:
    from ovh_sms.operators.collect_replies import CollectRepliesOperator

    task = CollectRepliesOperator(task_id="main", campaigns=str(stage.folder / "campaigns"))
    task.execute(context(task_id="main"))


def collected(stage: Stage) -> None:
    replied(stage)
    collect(stage)


def answer(stage: Stage) -> None:
    from support.answers import answer as answer_once

    answer_once(campaign="spring", event="", rule="thanks", sender="MYSHOP")


def lose_a_waiting_answer(stage: Stage) -> None:
    """It has not left when it is reconciled."""
    stage.sandbox.clock(speed=0.0)
    lose_an_answer(stage)


def lose_an_answer(stage: Stage) -> None:
    stage.sandbox.fault("lost_answer", **campaigns.SUBMIT)
    with suppress(OutcomeUnknown):
        answer(stage)
    stage.time.sleep(60)
    answer(stage)


def opted_out(stage: Stage) -> None:
    """Somebody answers STOP to a message that is not collected, and somebody says it on the telephone."""
    replied(stage, "STOP")
    stage.sandbox.block("+33639984002")


def collect_opt_outs(stage: Stage) -> None:
    from ovh_sms.operators.collect_opt_outs import CollectOptOutsOperator

    CollectOptOutsOperator(task_id="default").execute(context(task_id="default") | {"dag": None})


def set_callbacks(stage: Stage, **given: Any) -> None:
    from ovh_sms.inbound import configure_callbacks
    from ovh_sms.operators.configure_callbacks import ConfigureCallbacksOperator

    stage.patch.setattr(configure_callbacks, "_KNOWN_AFTER", 0.01)
    ConfigureCallbacksOperator(task_id="set", url=URL, **given).execute(context(task_id="set"))


def a_user(stage: Stage) -> None:
    """A user of the account, whose settings there are too."""
    Signed(stage.sandbox).call("POST", f"/sms/{stage.account}/users", {"login": "shop", "password": "abcd1234"})


def set_callbacks_of_a_user(stage: Stage) -> None:
    set_callbacks(stage, login="shop")


def set_by_command(stage: Stage) -> None:
    from ovh_sms.inbound import configure_callbacks

    stage.patch.setattr(configure_callbacks, "_KNOWN_AFTER", 0.01)
    stage.command("callbacks", "--url", URL, "--yes")


def work_off(stage: Stage) -> None:
    from ovh_sms.hooks.store import ResultsHook
    from ovh_sms.operators.handle_callbacks import HandleCallbacksOperator
    from ovh_sms.store.callback_records import Callback

    calls = [
        Callback(key="r", account=stage.account, kind="reply", ovh_id="1"),
        Callback(key="s", account=stage.account, kind="stop", number="+33639984000"),
    ]
    ResultsHook().store.callbacks.receive(calls)
    HandleCallbacksOperator(task_id="default").execute(context(task_id="default"))
