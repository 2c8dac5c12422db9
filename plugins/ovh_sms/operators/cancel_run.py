"""Stop a campaign: take back what of a run still waits at OVH."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.errors import ConfigurationError
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import ResultsStore


class CancelRunOperator(BaseOperator):
    """Take back the messages of one run of a campaign that still wait at OVH, and tell how many had left before.

    It looks again until nothing more has come for ``quiet_period``: a task that was sending when its run was stopped ends
    some seconds later, and OVH may list late. What has left cannot be taken back. Running it again is harmless.

    :param sent_by: Airflow's DAG that sent, as ``sms_campaign_spring``.
    :param sent_in: its run.
    :param campaigns: folder of the campaign files, read where OVH's answer was lost: message and sender tell a
        campaign's messages from others then.
    :param quiet_period: for how long nothing more may have come.
    :param results_conn_id: Airflow connection of the results, which know what the run has handed to OVH.
    :returns: ``{"campaign", "dag_id", "run_id", "withdrawn", "left"}``, in messages.
    :raises ConfigurationError: the campaign's file, message or list are not those that were sent.

    Rests on GET and DELETE /sms/{serviceName}/jobs/{id}, GET /sms/{serviceName}/outgoing.
    """

    template_fields: Sequence[str] = ("sent_by", "sent_in", "campaigns")
    ui_color = "#fce6e6"

    def __init__(
        self,
        *,
        sent_by: str,
        sent_in: str,
        campaigns: str,
        quiet_period: timedelta = timedelta(minutes=2),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        # Not in the pool of the tasks that it stops: they would keep it waiting.
        kwargs.setdefault("retry_policy", retry_policy())
        super().__init__(**kwargs)
        self.sent_by = sent_by
        self.sent_in = sent_in
        self.campaigns = campaigns
        self.quiet_period = quiet_period
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Take back what waits."""
        from ovh_sms.hooks.sms import OvhSmsHook
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.sending.cancel import CancelRun

        if not self.sent_by.strip() or not self.sent_in.strip():
            raise ConfigurationError(
                "The DAG or the run to stop is not named.",
                action='Start this with both, as {"dag_id": "sms_campaign_spring", "run_id": "manual__2026-…"}.',
            )
        store = ResultsHook(self.results_conn_id).store
        store.migrate()
        told = {"dag_id": self.sent_by, "run_id": self.sent_in}
        store.cancel_run(**told)
        posts = self._sent(store)
        if not posts:
            self.log.warning(
                "Run %s of %s has handed nothing to OVH: look whether this is the run that you mean",
                self.sent_in,
                self.sent_by,
            )
        done = 0
        left = 0
        # A run mostly sends from one account; the connection is the one it was sent with.
        for connection, account in sorted({(_connection(post), post.account) for post in posts}):
            cancelling = CancelRun(
                client=OvhSmsHook(connection, account=account).client,
                store=store,
                campaign=lambda: self._campaign(posts[0].campaign),
                tell=self.log.info,
                **told,
            )
            cancelling.until_nothing_waits(self.quiet_period)
            done += cancelling.withdrawn
            left += cancelling.left()
        self.log.info("%d messages taken back; %d had left, and cannot be taken back", done, left)
        name = posts[0].campaign if posts else None
        return {"campaign": name, **told, "withdrawn": done, "left": left}

    def _sent(self, store: ResultsStore) -> list[Attempt]:
        """What the run has handed to OVH; a task of its may be about to."""
        ends = time.monotonic() + self.quiet_period.total_seconds()
        while not (posts := store.attempts_of_run(self.sent_by, self.sent_in)) and time.monotonic() < ends:
            time.sleep(self.quiet_period.total_seconds() / 6)
        return posts

    def _campaign(self, name: str) -> Campaign:
        from ovh_sms.campaign.campaign_file import Campaign
        from ovh_sms.campaign.yaml_files import load_folder

        for found in load_folder(Path(self.campaigns), Campaign):
            if found.name == name:
                if isinstance(found, Campaign):
                    return found
                raise found.error
        raise ConfigurationError(
            f"There is no file of the campaign {name} in {self.campaigns}, so its messages cannot be told.",
            action="Put it back, or cancel in OVH's manager.",
        )


def _connection(post: Attempt) -> str:
    return str((post.facts or {}).get("connection") or "ovh_sms_default")
