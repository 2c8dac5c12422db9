"""Queues one SMS from a task or from any program that knows Airflow's connections."""

from __future__ import annotations

from datetime import datetime


def queue_sms(
    *,
    key: str,
    receiver: str,
    message: str,
    sender: str,
    stop_clause: bool,
    priority: str | None = None,
    deferred_until: datetime | None = None,
    validity: int | None = None,
    tag: str | None = None,
    message_class: str | None = None,
    coding: str | None = None,
    account: str | None = None,
    user: str | None = None,
    ovh_sms_conn_id: str = "ovh_sms_default",
    results_conn_id: str = "ovh_sms_results",
) -> bool:
    """Queue one SMS, which the DAG ``sms_outbox`` sends within seconds; repeated with the same key, it is sent once.

    It calls no OVH: the row is in the outbox, on the disk, when this returns.

    :param key: your own name for the SMS, such as ``order-4711-shipped``: at most 200 characters, no number. It is
        kept for good.
    :param receiver: number, E.164 or as written in France.
    :param message: the text as it is read; nothing in it is merged.
    :param sender: a sender of the account.
    :param stop_clause: whether it is advertising. Then OVH adds the way to unsubscribe, and nobody gets it who said
        STOP.
    :param priority: ``high``, ``medium``, ``low`` or ``veryLow``; without one it leaves with the high ones.
    :param deferred_until: it does not leave before this moment; aware.
    :param validity: minutes after which it is not sent, and not delivered, any more.
    :param tag: your own label, by which ``ovh-sms outbox list`` finds it.
    :param message_class: OVH's option ``class``; like ``coding``, ``7bit`` or ``8bit``, OVH has deprecated it.
    :param account: SMS account, by default that of the default connection; ``user``: login of its user who sends.
    :returns: whether it is new; ``False`` if it was queued before.
    :raises ConfigurationError: it is no SMS as it stands, or the key stands for another SMS; nothing was queued.
    """
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.hooks.store import shared_store
    from ovh_sms.outbox.queue import queue_rows
    from ovh_sms.store.outbox_records import QueuedSms

    row = QueuedSms(
        key=key,
        receiver=receiver,
        message=message,
        sender=sender,
        stop_clause=stop_clause,
        message_class=message_class,
        coding=coding,
        priority=priority,
        deferred_until=deferred_until,
        validity=validity,
        tag=tag,
        account=account or "",
        user=user or "",
    )
    is_sandbox = OvhSmsHook(ovh_sms_conn_id, account=account).is_sandbox
    return bool(queue_rows(shared_store(results_conn_id), [row], allow_fiction=is_sandbox))
