"""Plan the transfers that level several accounts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.outage_wait import OUTAGE_TIMEOUT, WaitsForOvh
from ovh_sms.retry_policy import RetriedInPool

if TYPE_CHECKING:
    from datetime import timedelta

    from airflow.sdk import Context

    from ovh_sms.credits.balance import UndecidedTransfer
    from ovh_sms.credits.levels import AccountLevel
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.store.store import Store


class PlanTransfersOperator(WaitsForOvh, RetriedInPool, BaseOperator):
    """Plan a transfer for each account that falls short, if its source can spare the credits. Transfers nothing.

    A transfer that may have been made is planned as well, also if the accounts or their files have changed: the
    task that gets it reconciles it. Until then its need gets neither another transfer nor an order.

    Source: GET ``/sms/{serviceName}`` of each account that gets or gives credits.

    :param accounts: by name: ``connection``, ``account``, ``threshold`` or ``cover_days``, and of those that get
        credits ``source``, ``keep`` and ``sizes``. All of them may have an earlier transfer.
    :param campaigns: folder of the campaign files, whose planned runs the forecast counts; ``None`` for none.
    :param results_conn_id: Airflow connection of the results.
    :param deferrable: wait for OVH without a worker.
    :param outage_timeout: how long an OVH that is unavailable is waited for, without spending a try.
    :returns: for each transfer the arguments of :class:`~ovh_sms.operators.transfer_credits.TransferCreditsOperator`.
    """

    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        accounts: Mapping[str, Mapping[str, Any]],
        campaigns: str | None = None,
        results_conn_id: str = "ovh_sms_results",
        deferrable: bool = True,
        outage_timeout: timedelta = OUTAGE_TIMEOUT,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.accounts = accounts
        self.campaigns = campaigns
        self.results_conn_id = results_conn_id
        self.deferrable = deferrable
        self.outage_timeout = outage_timeout

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Read the accounts, and plan."""
        from ovh_sms.credits.balance import ShortAccount, plan_transfers
        from ovh_sms.credits.needs import current_need
        from ovh_sms.hooks.store import ResultsHook

        store = ResultsHook(self.results_conn_id).store
        level_of = lru_cache(None)(lambda name: self._level(name, store))
        short = []
        with self.waiting_for_ovh():
            for name, file in self.accounts.items():
                if file.get("source") is None or not (level := level_of(name)).is_short or level.is_recredited:
                    continue
                short.append(
                    ShortAccount(
                        name=name,
                        source=file["source"],
                        keep=file["keep"],
                        level=level,
                        need=current_need(self._hook(name).client, store, store.clock),
                        sizes=file.get("sizes", ()),
                    )
                )
            sources = {each.source: level_of(each.source) for each in short}
            undecided = self._undecided(store)
        planned = [each.to_xcom() for each in plan_transfers(short, sources, undecided)]
        self.log.info("transfers short=%d undecided=%d planned=%d", len(short), len(undecided), len(planned))
        for each in planned:
            what = "planned" if each["enough"] else "reconciling"
            self.log.info("%s credits=%d from=%s to=%s", what, each["credits"], each["source_account"], each["target"])
        return [self._arguments(each) for each in planned]

    def _level(self, name: str, store: Store) -> AccountLevel:
        from ovh_sms.credits.levels import read_level, rule_of
        from ovh_sms.operators.check_credits import campaigns_of

        file, hook = self.accounts[name], self._hook(name)
        spending = campaigns_of(self.campaigns, file["connection"], hook.account)
        level = read_level(hook.client, store, rule_of(file["threshold"], file["cover_days"]), spending)
        self.log.info("%s", level)
        return level

    def _undecided(self, store: Store) -> list[UndecidedTransfer]:
        """The transfers that may have been made, to accounts of the files."""
        from ovh_sms.credits.balance import UndecidedTransfer
        from ovh_sms.credits.needs import current_need

        attempts = store.deposits.undecided_transfers()
        names = {self._account(name): name for name in self.accounts} if attempts else {}
        found = []
        for attempt in attempts:
            name = names.get(attempt.account)
            if name is None:
                self.log.warning("transfer tag=%s to=%s: no account file names it", attempt.tag, attempt.account)
                continue
            need = current_need(self._hook(name).client, store, store.clock)
            if need.deposit is not None and need.deposit.tag == attempt.tag:
                source = names.get(need.deposit.source, "")
                found.append(UndecidedTransfer(name=name, source=source, need=need))
        return found

    def _account(self, name: str) -> str | None:
        """The SMS account of a file; ``None`` if its connection names none."""
        from ovh_sms.errors import ConfigurationError

        try:
            return self.accounts[name]["account"] or self._hook(name).account
        except ConfigurationError:
            return None

    def _hook(self, name: str) -> OvhSmsHook:
        from ovh_sms.api.turn_queue import CallClass
        from ovh_sms.hooks.sms import OvhSmsHook

        file = self.accounts[name]
        return OvhSmsHook(file["connection"], account=file["account"], call_class=CallClass.WRITE)

    def _arguments(self, planned: Mapping[str, Any]) -> dict[str, Any]:
        """One transfer as the arguments of the operator that makes it."""
        target = self.accounts[planned["target"]]
        source = self.accounts.get(planned["source"], target)  # both belong to one customer
        return {
            "ovh_sms_conn_id": source["connection"],
            "account": planned["source_account"],
            "target_conn_id": target["connection"],
            "target": planned["target_account"],
            "credits_wanted": planned["credits"],
            "keep": planned["keep"],
            "enough": planned["enough"],
            "need": planned["need"],
        }
