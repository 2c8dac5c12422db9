"""Collect the replies of an account, and do what their keywords ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.errors import UnreadableReplies
from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.inbound.pull import Pulled
    from ovh_sms.store.store import Store

#: Ids that an error names at most.
MOST_NAMED = 20


class CollectRepliesOperator(OvhSmsOperator):
    """Store the replies that came since the last time, and do what their keywords ask for.

    A reply is matched to its campaign and run by OVH's tag, else by number and time. A STOP leaves its owner out of
    every list that is prepared afterwards, of any account. The task
    :class:`~ovh_sms.operators.announce_replies.AnnounceRepliesOperator` behind it starts DAGs that wait for replies.

    Source: GET ``/sms/{serviceName}/incoming``, GET ``/sms/{serviceName}/incoming/{id}``.

    :param campaigns: folder of the campaign files, whose ``replies`` are the rules of their replies; ``None`` for none.
    :param keywords: rules for replies that their campaign does not know: ``words``, ``event`` and ``anywhere`` of each.
    :param overlap: so much of what was read before is listed again, as OVH may list a reply late.
    :param first_read: how far back the first pull of the account reads.
    :param results_conn_id: Airflow connection of the results.
    :returns: ``account``, ``new`` (replies), ``by_action`` (of these), ``matched_by`` (of all that were read), and
        ``read_up_to``. No number and no text.
    :raises ovh_sms.errors.UnreadableReplies: some replies cannot be read; the others are stored.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "campaigns")
    ui_color = "#e3f4ea"
    call_class: ClassVar[CallClass] = CallClass.COLLECT

    def __init__(
        self,
        *,
        campaigns: str | None = None,
        keywords: Sequence[dict[str, Any]] = (),
        overlap: timedelta = timedelta(hours=2),
        first_read: timedelta = timedelta(days=7),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.campaigns = campaigns
        self.keywords = keywords
        self.overlap = overlap
        self.first_read = first_read
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Pull once."""
        from ovh_sms.hooks.store import ResultsHook

        store = ResultsHook(self.results_conn_id).store
        with self.waiting_for_ovh():
            pulled = self._pull(store)
        if pulled.unreadable:
            raise _unreadable(self.hook.account, pulled)
        return {
            "account": self.hook.account,
            "new": pulled.new,
            "by_action": dict(sorted(pulled.by_action.items())),
            "matched_by": dict(sorted(pulled.how.items())),
            "read_up_to": pulled.read_up_to.isoformat(),
        }

    def _pull(self, store: Store) -> Pulled:
        from ovh_sms.inbound.pull import PullTimes, pull
        from ovh_sms.inbound.rules import ReplyRules

        folder = Path(self.campaigns) if self.campaigns else None
        times = PullTimes(overlap=self.overlap, first_read=self.first_read)
        return pull(self.hook.client, store, ReplyRules(folder, self.keywords), times)


def _unreadable(account: str, pulled: Pulled) -> UnreadableReplies:
    ids = sorted(pulled.unreadable)
    more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
    return UnreadableReplies(
        f"OVH does not show some replies of {account} as it should: {', '.join(map(str, ids[:MOST_NAMED]))}{more}. "
        "They are not stored. The others are.",
        action="The next run reads them again. If that lasts, give their ids to OVH's support; one that is deleted "
        "at OVH is not read any more.",
    )
