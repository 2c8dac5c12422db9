"""The purposes of a key, each with the DAGs and commands that need its rights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ovh_sms.campaign.dag_ids import CANCEL_DAG, REPORT_DAG, campaign_dag_id
from ovh_sms.errors import ConfigurationError

_CAMPAIGN = campaign_dag_id("<name>")


@dataclass(frozen=True)
class Purpose:
    """Something that a person wants to do on an SMS account.

    :param about: in a few words.
    :param used_by: DAGs and commands that fail without its rights.
    :param beside: purposes whose rights it needs too.
    """

    name: str
    about: str
    used_by: tuple[str, ...]
    beside: tuple[str, ...] = ()


#: In the order in which they are shown.
PURPOSES = {
    each.name: each
    for each in (
        Purpose("campaign", "send a campaign", (_CAMPAIGN,)),
        Purpose("report", "collect receipts and opt-outs, report", (REPORT_DAG,)),
        Purpose("cancel", "cancel what waits", (CANCEL_DAG, "ovh-sms cancel")),
        Purpose("test", "test messages to named people", (_CAMPAIGN, "ovh-sms test")),
        Purpose("preview", "a preview that asks OVH", ("ovh-sms preview --ask-ovh",)),
        Purpose("destinations", "receivers outside France", (_CAMPAIGN,), ("campaign",)),
        Purpose("ovh_batches", "send by OVH batches", (_CAMPAIGN,), ("campaign", "report", "cancel")),
        Purpose("as_user", "send as a user of the account", (_CAMPAIGN,), ("campaign", "report", "cancel")),
        Purpose("replies", "collect replies", ("sms_replies", _CAMPAIGN)),
        Purpose("answers", "answer replies", ("SendReplyOperator",)),
        Purpose("opt_outs", "collect opt-outs", ("sms_opt_outs",)),
        Purpose("callbacks", "set callbacks, work them off", ("sms_callbacks", "ovh-sms callbacks")),
        Purpose("outbox", "single SMS", ("sms_outbox", "ovh-sms outbox --watch")),
        Purpose("topup", "order credits, without paying", ("sms_credits_topup",)),
        Purpose("payment", "order credits, and pay", ("sms_credits_topup",)),
        Purpose("transfer", "give credits to another account", ("sms_credits_balance", "sms_credits_topup")),
        Purpose("transfer_target", "get credits from another account", ("sms_credits_balance", "sms_credits_topup")),
        Purpose("recredit", "let OVH buy credits by itself", ("sms_credits_topup",)),
        Purpose("users", "keep the users of an account", ("sms_accounts", "UpdateUserOperator", "CreateUserOperator")),
        Purpose("senders", "list, request and enable senders", ("ovh-sms senders", "RequestSenderOperator")),
        Purpose("number_checks", "have numbers checked", ("CheckNumbersOperator",)),
        Purpose("usage", "compute the usage of a month", ("sms_usage_monthly", "ovh-sms usage")),
        Purpose("restored", "read what was sent, after a restore", ("ovh-sms db restored",)),
        Purpose("rebuild", "read lost results again", ("ovh-sms db rebuild",)),
    )
}

#: Names in the table of rights that are no purpose: calls of tests, and of the connection test.
OTHERS = frozenset({"connection", "inspect"})


def known_purposes(names: Iterable[str]) -> set[str]:
    """Return purposes as a set.

    :raises ovh_sms.errors.ConfigurationError: one does not exist.
    """
    asked = set(names)
    if unknown := sorted(asked - PURPOSES.keys()):
        raise ConfigurationError(
            f"There is no purpose {', '.join(unknown)}. No right was checked.", action=f"Use {', '.join(PURPOSES)}."
        )
    return asked


def with_others(names: Iterable[str]) -> tuple[str, ...]:
    """Return purposes with those that they need beside them, in the order of :data:`PURPOSES`.

    :raises ovh_sms.errors.ConfigurationError: one does not exist.
    """
    asked = known_purposes(names)
    asked |= {beside for name in asked for beside in PURPOSES[name].beside}
    return tuple(name for name in PURPOSES if name in asked)
