"""Set the addresses that OVH calls when a message is final, a person replies, or a STOP comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class ConfigureCallbacksOperator(OvhSmsOperator):
    """Have OVH call Airflow, on the account or on one of its users. What else stands in their settings stays.

    The log has each change before it is made, without any address. The same again changes nothing.

    Source: GET and PUT ``/sms/{serviceName}``, GET ``/sms/{serviceName}/users``, GET and PUT
    ``/sms/{serviceName}/users/{login}``.

    :param url: address of Airflow's API server as OVH reaches it, such as ``https://airflow.example.com``; ``None``
        removes our addresses.
    :param kinds: of ``receipt``, ``reply`` and ``stop``; the others are not touched.
    :param login: of a user, who gets delivery receipts and STOPs alone; the account's own settings without it.
    :param rotate: with a new secret; the old one stays valid for ``keep_old``.
    :param replace: also where another program's address stands, or OVH answers replies by a text.
    :param keep_old: how long a secret stays valid that OVH's settings do not show any more; a week at most.
    :param results_conn_id: Airflow connection of the results, which know the secrets by their digests.
    :returns: ``account``, ``login``, ``changes`` (in words, without addresses), ``ending`` (secrets that end after
        ``keep_old``) and ``still`` (settings that still show a secret that was replaced).
    :raises JournalUnavailable: the results are not those of the other workers.
    :raises ConfigurationError: OVH cannot call the address, or another program's stands there; nothing was changed.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "url", "login")
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        url: str | None,
        kinds: Sequence[str] = ("receipt", "reply", "stop"),
        login: str | None = None,
        rotate: bool = False,
        replace: bool = False,
        keep_old: timedelta = timedelta(days=7),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.url = url
        self.kinds = kinds
        self.login = login
        self.rotate = rotate
        self.replace = replace
        self.keep_old = keep_old
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Plan, log, change, compare."""
        from airflow.sdk.log import mask_secret

        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.hooks.store_identity import check_shared
        from ovh_sms.inbound.callback_plan import WantedCallbacks, plan_callbacks
        from ovh_sms.inbound.configure_callbacks import apply_callbacks

        wanted = WantedCallbacks(
            url=self.url, kinds=self.kinds, login=self.login, rotate=self.rotate, replace=self.replace
        )
        store = ResultsHook(self.results_conn_id).store
        check_shared(store, self.results_conn_id)  # else no API server would know the secret
        with self.waiting_for_ovh():
            plan = plan_callbacks(self.hook.client, store, wanted)
            for private in plan.private:
                mask_secret(private)
            changes = [str(each) for each in plan.changes]
            for line in changes or plan.lines:
                self.log.info("account=%s %s", plan.account, line)
            done = apply_callbacks(self.hook.client, store, plan, keep_old=self.keep_old)
        for place in done.still:
            self.log.warning(
                "account=%s %s still shows a secret that was replaced: it stays valid", plan.account, place
            )
        return {
            "account": plan.account,
            "login": self.login,
            "changes": changes,
            "ending": done.ending,
            "still": list(done.still),
        }
