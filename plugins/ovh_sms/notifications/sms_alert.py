"""Alerts people of Airflow's own failures by SMS, through the outbox."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

from ovh_sms.errors import ConfigurationError
from ovh_sms.outbox.alert_receivers import alert_receivers, checked_name

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.notifications.alert_text import AlertEvent

#: Alerts of one DAG that one person gets in an hour at most, if a notifier does not say otherwise; and of any notifier.
PER_HOUR, MOST_PER_HOUR = 5, 60


class OvhSmsNotifier(BaseNotifier):
    """Alert people by SMS if a task or a run fails for good, or a run is late. The DAG ``sms_outbox`` sends it.

    The text names DAG, task, state and the run's planned time, and nothing else. A callback that Airflow runs twice
    is one SMS. A task that is tried again alerts nobody.

    :param receivers: name of the file with their numbers: ``on_call`` is ``alerts/on_call.txt`` of the data folder.
    :param sender: a sender of the account.
    :param per_hour: alerts of one DAG that one person gets in an hour at most. One more SMS counts the others.
    :param account: SMS account; by default that of the connection.
    :param ovh_sms_conn_id: Airflow connection of the account.
    :param results_conn_id: Airflow connection of the results.
    :param context: set by Airflow for a deadline.
    :raises ConfigurationError: a parameter cannot be used.
    """

    def __init__(
        self,
        *,
        receivers: str,
        sender: str,
        per_hour: int = PER_HOUR,
        account: str | None = None,
        ovh_sms_conn_id: str = "ovh_sms_default",
        results_conn_id: str = "ovh_sms_results",
        context: Context | None = None,
    ) -> None:
        super().__init__(context)
        if isinstance(per_hour, bool) or not isinstance(per_hour, int) or not 1 <= per_hour <= MOST_PER_HOUR:
            raise ConfigurationError(
                f"per_hour must be a number of alerts from 1 to {MOST_PER_HOUR}.",
                action="Nobody is alerted. Correct it in the DAG.",
            )
        self.receivers = checked_name(receivers)
        self.sender = sender
        self.per_hour = per_hour
        self.account = account
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.results_conn_id = results_conn_id

    def notify(self, context: Context) -> None:
        """Queue the alert: as a callback of a task or of a DAG.

        :raises ConfigurationError: the file of receivers or the connection cannot be used; nobody was alerted.
        """
        event = self._event(context)
        if event is not None:
            from ovh_sms.hooks.sms import OvhSmsHook

            self._queue(event, is_sandbox=OvhSmsHook(self.ovh_sms_conn_id, account=self.account).is_sandbox)

    async def async_notify(self, context: Context) -> None:
        """Queue the alert: in the triggerer, for a deadline. No other trigger waits for it.

        :raises ConfigurationError: the file of receivers or the connection cannot be used; nobody was alerted.
        """
        event = self._event(context)
        if event is not None:
            from ovh_sms.hooks.sms import OvhSmsHook

            settings = await OvhSmsHook(self.ovh_sms_conn_id, account=self.account).asettings()
            await asyncio.to_thread(self._queue, event, is_sandbox=settings.credentials.is_sandbox)

    def _event(self, context: Context) -> AlertEvent | None:
        from ovh_sms.notifications.alert_text import alert_event

        event = alert_event(context)
        return None if event.is_quiet else event

    def _queue(self, event: AlertEvent, *, is_sandbox: bool) -> None:
        from ovh_sms.hooks.store import shared_store
        from ovh_sms.outbox.alerts import queue_alert
        from ovh_sms.store.alerts import Alert

        new = queue_alert(
            shared_store(self.results_conn_id),
            Alert(names=event.names, per_hour=self.per_hour),
            alert_receivers(self.receivers),
            message=event.message,
            more=event.more,
            sender=self.sender,
            label=event.label,
            account=self.account or "",
            allow_fiction=is_sandbox,
        )
        self.log.info("alerts queued in the outbox: %d new", new)
