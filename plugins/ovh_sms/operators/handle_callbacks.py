"""Work off what OVH has called about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.collect_replies import CollectRepliesOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context


class HandleCallbacksOperator(CollectRepliesOperator):
    """Store the replies and STOPs that OVH has called about, and do what their keywords ask for.

    What is stored is what OVH's API says of them; so each reply counts once, whether it comes by a callback, by
    :class:`~ovh_sms.operators.collect_replies.CollectRepliesOperator` or by both. Without a callback OVH is not called,
    but once a day, and after a change, to see which secrets its settings hold: the others end.

    Source: GET ``/sms/{serviceName}/incoming/{id}``, GET ``/sms/{serviceName}/blacklists``, GET
    ``/sms/{serviceName}``, GET ``/sms/{serviceName}/users``, GET ``/sms/{serviceName}/users/{login}``.

    :param campaigns: folder of the campaign files, whose ``replies`` are the rules of their replies; ``None`` for none.
    :param keywords: rules for replies that their campaign does not know: ``words``, ``event`` and ``anywhere`` of each.
    :param results_conn_id: Airflow connection of the results.
    :returns: ``account``, ``callbacks`` (by kind), ``new`` (replies), ``by_action`` (of these), ``opt_outs`` and
        ``left`` (read again, as OVH does not list them yet). No number and no text.
    """

    def __init__(
        self,
        *,
        campaigns: str | None = None,
        keywords: Sequence[dict[str, Any]] = (),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(campaigns=campaigns, keywords=keywords, results_conn_id=results_conn_id, **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Work off, then compare the secrets."""
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.inbound.rules import ReplyRules
        from ovh_sms.inbound.shown_secrets import check_secrets
        from ovh_sms.inbound.work_off import work_off

        store = ResultsHook(self.results_conn_id).store
        folder = Path(self.campaigns) if self.campaigns else None
        with self.waiting_for_ovh():
            done = work_off(self.hook.client, store, ReplyRules(folder, self.keywords))
            check_secrets(self.hook.client, store)
        return {
            "account": self.hook.account,
            "callbacks": {"receipt": done.receipts, "reply": done.replies, "stop": done.stop_calls},
            "new": done.new,
            "by_action": dict(sorted(done.by_action.items())),
            "opt_outs": done.opt_outs,
            "left": done.left,
        }
