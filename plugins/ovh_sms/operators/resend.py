"""The run of a resend, as its configuration and the results name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError
from ovh_sms.task_context import is_set

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import Context

    from ovh_sms.sending.failed_list import FailedList
    from ovh_sms.store.resends import Resend
    from ovh_sms.store.store import Store

#: The name in a run's configuration; its value is the id of the resend.
RESEND = "resend"
_ACTION = "Nothing was sent. Start a resend with 'ovh-sms resend' or on the page of the run whose messages failed."


def failed_list(context: Context, store: Store, *, account: str, hours: Mapping[str, Any] | None) -> FailedList | None:
    """Return the list of a run that resends failed messages; ``None`` for a run that is no resend.

    :param account: to which the task sends.
    :param hours: of the campaign, see :func:`~ovh_sms.operators.hours.schedule_of`.
    :raises ConfigurationError: the run names a resend that is not its own, or is forced as well.
    """
    from ovh_sms.sending.failed_list import FailedList

    ti, conf = context["ti"], getattr(context.get("dag_run"), "conf", None) or {}
    resend = store.resends.of_run(ti.dag_id, ti.run_id)
    if resend is None and RESEND not in conf:
        return None
    if resend is None or conf.get(RESEND) != resend.resend:
        raise ConfigurationError(
            "This run and its configuration do not name one resend: a run resends only what a person asked for.",
            action=_ACTION,
        )
    if is_set(context, "force"):
        raise ConfigurationError('A resend cannot be forced: its configuration holds "force", too.', action=_ACTION)
    if account != resend.account:
        raise ConfigurationError(
            f"The messages failed on the account {resend.account}, and the campaign now sends from {account}.",
            action="Nothing was sent. Start a new run for these people.",
        )
    return FailedList(store=store, resend=resend, end=_end(store, resend, hours))


def _end(store: Store, resend: Resend, hours: Mapping[str, Any] | None) -> datetime | None:
    """The end of use of the run whose messages failed: ``18:00`` means that of its own day."""
    from ovh_sms.messaging.valid_until import ValidUntil

    given = (hours or {}).get("valid_until")
    records = [each.record for each in store.run_results.of_run(resend.dag_id, resend.source_run_id)]
    day = next((each.planned_at or each.started_at for each in records), None)
    return ValidUntil.of(given).of_run(day) if given and day else None
