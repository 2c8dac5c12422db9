"""Users, senders, number checks and usage of an account."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from ovh_sms.errors import OutcomeUnknown
from rights_matrix import campaigns
from rights_matrix.stage import Stage
from support import number_checks
from support.airflow_task import context
from support.senders import senders_of
from support.signed import Signed

NUMBER = "+33639980099"


def a_user_to_delete(stage: Stage) -> None:
    """A user that the file takes away, one that it changes, and the password of one that it adds."""
    signed = Signed(stage.sandbox)
    for login in ("old", "shop"):
        signed.call("POST", f"/sms/{stage.account}/users", {"login": login, "password": "abcd1234"})
    secret = json.dumps({"conn_type": "generic", "password": "Secret01"})
    stage.patch.setenv("AIRFLOW_CONN_OVH_USER_DESK", secret)


def apply_users(stage: Stage) -> None:
    from ovh_sms.operators.apply_users import ApplyUsersOperator

    users: dict[str, Any] = {
        "old": {"absent": True},
        "shop": {"quota": 50},
        "desk": {"quota": 20, "password_conn_id": "ovh_user_desk"},
    }
    ApplyUsersOperator(task_id="apply", users=users, **campaigns.QUICK).execute(context(task_id="apply"))


def request_sender(stage: Stage) -> None:
    from ovh_sms.operators.request_sender import RequestSenderOperator

    task = RequestSenderOperator(task_id="request", sender="Shop 2", reason="Our shop", **campaigns.QUICK)
    task.execute(context(task_id="request"))


def request_by_command(stage: Stage) -> None:
    stage.use_variables()
    stage.command("senders", "request", "Shop 3")


def a_number(stage: Stage) -> None:
    """A number that waits for its code."""
    Signed(stage.sandbox).call("POST", f"/sms/{stage.account}/senders", {"sender": NUMBER})


def validate(stage: Stage) -> None:
    (code,) = [each["code"] for each in senders_of(stage.sandbox) if each["code"]]
    stage.command("senders", "validate", NUMBER, code)


def list_senders(stage: Stage) -> None:
    stage.command("senders", "list")


def numbers_to_check(stage: Stage) -> None:
    """A list of three people, beside a message that waits at OVH."""
    another_program(stage, differedPeriod=600)
    stage.kept["list"] = number_checks.prepared(stage.folder / "checks", number_checks.people(3))


def another_program(stage: Stage, **about: Any) -> None:
    """Another program sends a message."""
    body = {"message": "Bonjour", "receivers": [NUMBER], "sender": "MYSHOP", "noStopClause": True, **about}
    Signed(stage.sandbox).call("POST", f"/sms/{stage.account}/jobs", body)
    stage.kept["of_others"] = {"POST /sms/*/jobs"}


def check_numbers(stage: Stage) -> None:
    number_checks.check(stage.kept["list"])


def lose_number_checks(stage: Stage) -> None:
    """OVH takes part of the numbers, its answer is lost, and another program sends: the credits decide."""
    stage.sandbox.fault("partial", count=2, **number_checks.POST)
    with suppress(OutcomeUnknown):
        check_numbers(stage)
    another_program(stage)
    check_numbers(stage)


def sent_by_a_user(stage: Stage) -> None:
    """A user's message to Belgium."""
    campaigns.a_user(stage)
    run = campaigns.a_run(stage, more="user: desk\ndeclared_countries: [BE]")
    run.prepare(["+32470123456;Ann"])
    run.send_all()


def _month(stage: Stage) -> str:
    return f"{stage.time.now():%Y-%m}"


def build_usage(stage: Stage) -> None:
    from ovh_sms.operators.build_usage import BuildUsageOperator

    BuildUsageOperator(task_id="usage", month=_month(stage)).execute(context(task_id="usage"))


def usage_by_command(stage: Stage) -> None:
    stage.use_variables()
    stage.command("usage", "--month", _month(stage), "--include", stage.folder)
