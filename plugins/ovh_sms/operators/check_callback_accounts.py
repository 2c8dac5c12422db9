"""Fail if OVH calls about an account whose callbacks nothing works off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Context

#: Accounts that an error names at most.
_MOST_NAMED = 10


class CheckCallbackAccountsOperator(BaseOperator):
    """Fail if callbacks wait whose account no campaign and no account file names: nothing else would show it.

    They stay in the queue until the account is named, for 14 days at most. OVH is not called.

    :param accounts: connection and account of each task that works off callbacks; ``None`` for the connection's own.
    :param results_conn_id: Airflow connection of the results.
    :returns: ``dropped``, the number of callbacks that have waited too long.
    :raises ConfigurationError: names the accounts.
    """

    ui_color = "#e3f4ea"

    def __init__(
        self, *, accounts: Sequence[tuple[str, str | None]], results_conn_id: str = "ovh_sms_results", **kwargs: Any
    ) -> None:
        super().__init__(**{**kwargs, "retries": 0})
        self.accounts = accounts
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Compare the queue with the accounts."""
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.inbound.work_off import KEPT

        store = ResultsHook(self.results_conn_id).store
        waiting = store.callbacks.waiting()
        if not waiting or (known := self._known()) is None:
            return {"dropped": 0}
        dropped = 0
        for account in waiting.keys() - known:
            old = store.callbacks.drop(account, before=store.clock.now() - KEPT)
            if old:
                self.log.warning("account=%s callbacks=%d have waited too long and are deleted", account, old)
            waiting[account] -= old
            dropped += old
        others = {account: count for account, count in waiting.items() if account not in known and count > 0}
        if others:
            raise _not_named(others)
        return {"dropped": dropped}

    def _known(self) -> set[str] | None:
        """The names of the accounts; nothing if a connection cannot be read, as it may be that of any account."""
        from ovh_sms.hooks.sms import OvhSmsHook

        try:
            return {account or OvhSmsHook(connection).account for connection, account in self.accounts}
        except Exception as error:  # its own task shows it
            self.log.warning("not known which accounts are worked off: %s", type(error).__name__)
            return None


def _not_named(others: dict[str, int]) -> ConfigurationError:
    named = ", ".join(f"{account} ({count})" for account, count in list(others.items())[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return ConfigurationError(
        f"OVH calls about accounts that no campaign and no account file names: {named}{more}.",
        action="These callbacks are not worked off. Name the account in include/accounts; or end its callbacks: "
        "ovh-sms callbacks ACCOUNT --remove --yes, then ovh-sms callbacks ACCOUNT --forget --yes.",
    )
