"""The scenes of each purpose: its calls to OVH in one process, and what must be there before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rights_matrix import account_things, campaigns, credits_moves, single, two_way
from rights_matrix.stage import Stage


def nothing(_: Stage) -> None:
    """An account that has sent nothing."""


@dataclass(frozen=True)
class Scene:
    """One way through the calls of a purpose.

    :param act: what is tried with the rights of its purposes alone.
    :param before: what must be there; it has all rights.
    :param beside: purposes whose rights it has too; none of those is removed.
    :param of_other: purposes on the second account.
    :param is_lost: whether it is the scene before it with an answer that is lost: what only that needs is removed.
    """

    name: str
    purposes: tuple[str, ...]
    act: Callable[[Stage], Any]
    before: Callable[[Stage], Any] = nothing
    beside: tuple[str, ...] = ()
    of_other: tuple[str, ...] = ()
    is_lost: bool = False

    def is_variant_of(self, other: Scene) -> bool:
        """Whether another scene is the same with an answer that is lost."""
        return other.is_lost and self.purposes == other.purposes


BY_BATCHES = {"message": "Bonjour, a mardi.", "more": "via: ovh_batches"}
batches = partial(campaigns.send, **BY_BATCHES)
batches_waiting = partial(campaigns.send_later, **BY_BATCHES)
BESIDE_BATCHES = ("campaign", "report", "cancel")

SCENES = (
    Scene("campaign", ("campaign",), campaigns.send),
    Scene("campaign whose answer is lost", ("campaign",), campaigns.send_after_a_lost_answer, is_lost=True),
    Scene("campaign that people can answer", ("replies",), campaigns.send_answerable, beside=("campaign",)),
    Scene("campaign to Belgium", ("destinations",), campaigns.send_to_belgium, beside=("campaign",)),
    Scene("campaign by OVH batches", ("ovh_batches",), batches, beside=BESIDE_BATCHES),
    Scene("OVH batch that is cancelled", ("ovh_batches",), campaigns.cancel, batches_waiting, beside=BESIDE_BATCHES),
    Scene(
        "OVH batch whose cancellation gets no answer",
        ("ovh_batches",),
        campaigns.cancel_without_answer,
        batches_waiting,
        beside=BESIDE_BATCHES,
        is_lost=True,
    ),
    Scene("campaign as a user", ("as_user",), campaigns.send_as_a_user, campaigns.a_user, beside=BESIDE_BATCHES),
    Scene("cancellation as a user", ("as_user",), campaigns.cancel, campaigns.waits_as_a_user, beside=BESIDE_BATCHES),
    Scene("report as a user", ("as_user",), campaigns.collect, campaigns.sent_as_a_user, beside=BESIDE_BATCHES),
    Scene("report", ("report",), campaigns.collect, campaigns.sent_long_ago),
    Scene(
        "report without an export", ("report",), campaigns.collect_without_export, campaigns.sent_long_ago, is_lost=True
    ),
    Scene("cancellation", ("cancel",), campaigns.cancel, campaigns.send_later),
    Scene("cancel, the command", ("cancel",), campaigns.cancel_by_command, campaigns.send_later),
    Scene("test messages", ("test",), campaigns.send_tests, campaigns.prepare),
    Scene("test messages whose answer is lost", ("test",), campaigns.lose_a_test, campaigns.prepare, is_lost=True),
    Scene("test, the command", ("test",), campaigns.send_tests_by_command, campaigns.prepare),
    Scene("preview, the task", ("preview",), campaigns.preview, campaigns.prepare),
    Scene("preview, the command", ("preview",), campaigns.preview_by_command, campaigns.prepare),
    Scene("replies", ("replies",), two_way.collect, two_way.replied),
    Scene("answer", ("answers",), two_way.answer, two_way.collected),
    Scene("answer that is lost", ("answers",), two_way.lose_an_answer, two_way.collected, is_lost=True),
    Scene(
        "answer that is lost and waits", ("answers",), two_way.lose_a_waiting_answer, two_way.collected, is_lost=True
    ),
    Scene("opt-outs", ("opt_outs",), two_way.collect_opt_outs, two_way.opted_out),
    Scene("callbacks are set", ("callbacks",), two_way.set_callbacks),
    Scene("callbacks, the command", ("callbacks",), two_way.set_by_command),
    Scene("callbacks of a user", ("callbacks",), two_way.set_callbacks_of_a_user, two_way.a_user),
    Scene("callbacks are worked off", ("callbacks",), two_way.work_off),
    Scene("outbox", ("outbox",), single.send),
    Scene("outbox whose answer is lost", ("outbox",), single.lose_an_answer, is_lost=True),
    Scene("outbox --watch, the command", ("outbox",), single.watch, single.queue),
    Scene("top-up", ("topup",), credits_moves.top_up),
    Scene("order whose answer is lost", ("topup",), credits_moves.lose_an_order, is_lost=True),
    Scene("order that will be paid", ("payment",), credits_moves.order_to_be_paid, credits_moves.a_method),
    Scene(
        "lost order that will be paid",
        ("payment",),
        credits_moves.lose_an_order_to_be_paid,
        credits_moves.a_method,
        is_lost=True,
    ),
    Scene("payment", ("payment",), credits_moves.pay, credits_moves.an_order),
    Scene("transfer", ("transfer_target",), credits_moves.transfer, of_other=("transfer",)),
    Scene(
        "transfer whose answer is lost",
        ("transfer_target",),
        credits_moves.lose_a_transfer,
        of_other=("transfer",),
        is_lost=True,
    ),
    Scene("recredit", ("recredit",), credits_moves.set_recredit),
    Scene("users", ("users",), account_things.apply_users, account_things.a_user_to_delete),
    Scene("new sender", ("senders",), account_things.request_sender),
    Scene("number as a sender, by its code", ("senders",), account_things.validate, account_things.a_number),
    Scene("senders request, the command", ("senders",), account_things.request_by_command),
    Scene("senders list, the command", ("senders",), account_things.list_senders),
    Scene("number checks", ("number_checks",), account_things.check_numbers, account_things.numbers_to_check),
    Scene(
        "number checks whose answer is lost",
        ("number_checks",),
        account_things.lose_number_checks,
        account_things.numbers_to_check,
        is_lost=True,
    ),
    Scene("usage of a month", ("usage",), account_things.build_usage, account_things.sent_by_a_user),
    Scene("usage, the command", ("usage",), account_things.usage_by_command, account_things.sent_by_a_user),
    Scene("db restored, the command", ("restored",), campaigns.read_by_command, campaigns.forget),
    Scene("db rebuild, the command", ("rebuild",), campaigns.rebuild_by_command, campaigns.forget),
)
