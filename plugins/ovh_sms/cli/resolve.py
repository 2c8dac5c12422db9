"""``ovh-sms resolve``: record a person's resolution of an unknown outcome."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson, Results
from ovh_sms.cli.completion import complete_code, complete_tag
from ovh_sms.cli.output import show
from ovh_sms.clock import SystemClock

if TYPE_CHECKING:
    from ovh_sms.store.models import Attempt


#: Writes of an account that the next run of any DAG goes on with, by their kind.
_NOUNS = {
    "order": "order",
    "transfer": "transfer",
    "sender": "request of a sender",
    "number_check": "check of numbers",
    "user": "change of a user",
}


class Way(StrEnum):
    """Whether the write is known to be made, or is to be made now."""

    SENT = "sent"
    SEND = "send"


def resolve_outcome(
    tag: Annotated[
        str, typer.Argument(metavar="TAG", help="Tag that the task's error names.", autocompletion=complete_tag)
    ],
    code: Annotated[
        str,
        typer.Argument(
            metavar="CODE",
            help="Code that the task's error names; valid for one unknown outcome only.",
            autocompletion=complete_code,
        ),
    ],
    resolution: Annotated[
        Way,
        typer.Argument(
            metavar="sent|send", help="sent: it was made, do nothing again; send: OVH has nothing of it, make it now."
        ),
    ],
    although_credits_are_gone: Annotated[
        bool,
        typer.Option(
            "--although-credits-are-gone",
            help="Let 'send' make it although credits are missing as if OVH had executed it.",
        ),
    ] = False,
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Resolve a submission, an answer, a group of single SMS, an order, a payment, a transfer, a request of a
    sender or a check of numbers, whose outcome is unknown.

    Check OVH's manager first: 'send' sends, orders, pays or transfers. Records the resolution in the results database
    for the task, whose error names TAG and CODE, with your name and the time. Clear the task in Airflow afterwards.
    """
    from ovh_sms.store.models import Resolution

    made = Resolution(
        way=resolution.value,
        by=getpass.getuser(),
        at=SystemClock().now().isoformat(timespec="seconds"),
        although_credits_are_gone=although_credits_are_gone,
    )
    attempt = results_store(results).attempts.resolve(tag, code, made)
    show(
        f"Recorded: {tag} {code} is resolved as {made.way} by {made.by}. {_next_step(attempt)}",
        {"tag": tag, "code": code, "resolution": made.way, "by": made.by, "at": made.at},
        as_json=as_json,
    )


def _next_step(attempt: Attempt) -> str:
    """Name the task that follows the resolution: that of a run, or of any run for an order, payment or transfer."""
    from ovh_sms.store.models import ANSWER, BATCH, OUTBOX, PAY, TEST

    if attempt.kind == PAY:
        return f"The payment is for {attempt.account}. Now clear the task that failed: it follows the resolution."
    if attempt.kind == ANSWER:
        return (
            f"It is the answer to a reply to {attempt.account}. Now clear the task that failed, or wait for the next "
            "run of its DAG: it follows the resolution."
        )
    if attempt.kind == TEST:
        return (
            f"It is a test message of {attempt.campaign}. Now clear the task *send_tests*, or use 'ovh-sms test' again "
            "with the same number: it follows the resolution."
        )
    if attempt.kind == OUTBOX:
        return "It is a group of the outbox. The next run of sms_outbox follows the resolution: it starts by itself."
    if attempt.kind != BATCH:
        return (
            f"The {_NOUNS[attempt.kind]} is for the account {attempt.account}. Now clear the task that failed, or wait "
            "for the next run of its DAG: it follows the resolution."
        )
    return (
        f"Now clear the task {attempt.task_id} of run {attempt.run_id} of {attempt.dag_id} in Airflow: it follows the "
        "resolution."
    )
