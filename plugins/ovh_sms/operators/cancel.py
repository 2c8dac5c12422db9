"""Stop a campaign: take back what of a run still waits at OVH."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.errors import ConfigurationError
from ovh_sms.policy import retry_policy, take_pool

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.campaign import Campaign
    from ovh_sms.results.models import Post
    from ovh_sms.results.store import ResultsStore


class CancelSendingsOperator(BaseOperator):
    """Take back the messages of one run of a campaign that still wait at OVH, and tell how many had left before.

    It looks again until nothing more has come for ``settling``: a task that was sending when its run was stopped ends
    some seconds later, and OVH may list late. What has left cannot be taken back. Running it again is harmless.

    :param sent_by: Airflow's DAG that sent, as ``sms_campaign_spring``.
    :param sent_in: its run.
    :param campaigns: folder of the campaign files: message and sender tell a campaign's messages from others.
    :param settling: for how long nothing more may have come.
    :param results_conn_id: Airflow connection of the results, which know what the run has handed to OVH.
    :returns: ``{"campaign", "dag_id", "run_id", "taken_back", "left"}``, in messages.
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
        settling: timedelta = timedelta(minutes=2),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        take_pool(kwargs)
        super().__init__(**kwargs)
        self.sent_by = sent_by
        self.sent_in = sent_in
        self.campaigns = campaigns
        self.settling = settling
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Take back what waits."""
        from ovh_sms.hooks.results import ResultsHook
        from ovh_sms.hooks.sms import OvhSmsHook
        from ovh_sms.operators.stopping import Stopping

        store = ResultsHook(self.results_conn_id).store
        store.migrate()
        told = {"dag_id": self.sent_by, "run_id": self.sent_in}
        store.stop_run(**told)
        posts = self._sent(store)
        if not posts:
            self.log.info("Run %s of %s has handed nothing to OVH", self.sent_in, self.sent_by)
            return {"campaign": None, **told, "taken_back": 0, "left": 0}
        campaign = self._campaign(posts[0].campaign)
        stopping = Stopping(
            client=OvhSmsHook(campaign.connection, account=posts[0].account).client,
            store=store,
            campaign=campaign,
            tell=self.log.info,
            **told,
        )
        stopping.until_nothing_waits(self.settling)
        left = stopping.left()
        self.log.info("%d messages taken back; %d had left and cannot be", stopping.taken_back, left)
        return {"campaign": campaign.name, **told, "taken_back": stopping.taken_back, "left": left}

    def _sent(self, store: ResultsStore) -> list[Post]:
        """What the run has handed to OVH; a task of its may be about to."""
        ends = time.monotonic() + self.settling.total_seconds()
        while not (posts := store.posts_of_run(self.sent_by, self.sent_in)) and time.monotonic() < ends:
            time.sleep(self.settling.total_seconds() / 6)
        return posts

    def _campaign(self, name: str) -> Campaign:
        from ovh_sms.campaign import Campaign
        from ovh_sms.yaml_files import load_folder

        for found in load_folder(Path(self.campaigns), Campaign):
            if found.name == name:
                if isinstance(found, Campaign):
                    return found
                raise found.error
        raise ConfigurationError(
            f"There is no file of the campaign {name} in {self.campaigns}, so its messages cannot be told.",
            action="Put it back, or cancel in OVH's manager.",
        )
