"""Send the texts of a run to the test receivers of its campaign file, before anything is uploaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator, WritingOperator
from ovh_sms.operators.links import RunReportLink
from ovh_sms.operators.run_recording import RecordsRun, keeps_problem
from ovh_sms.task_context import run_after, started_by

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.sending.campaign_tests import CampaignToTest
    from ovh_sms.store.campaign_tests import CampaignTest
    from ovh_sms.store.store import Store


class SendTestsOperator(RecordsRun, WritingOperator):
    """Send the first, the shortest and the longest text of the prepared list to the campaign's ``test_receivers``.

    Nobody of the list gets anything. Each person gets a text once in a run, even if the task is killed or cleared; a
    list that is prepared again with other texts is tested again. A person who opted out gets none. The tests are in no
    figure of the run, and keep nobody from getting the message itself.

    The numbers are read from the campaign file when the task runs: Airflow keeps none of them.

    :param campaign: name of the campaign.
    :param campaigns: folder of the campaign files.
    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; at least
        twice the connection's ``timeout_seconds``.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :param deferrable: wait for OVH without a worker; otherwise a worker waits.
    :returns: ``tests``, ``by_state`` (``sent``, ``refused`` by OVH, ``opted_out``, ``before_restore``) and
        ``credits_spent``. No number and no text.
    :raises ConfigurationError: a number of the file cannot be used.
    :raises InsufficientCredits: the account holds too few credits beside those that others have reserved.
    :raises RunCancelled: a person cancelled the run.
    :raises RequestRefused: OVH refused a message.
    :raises OutcomeUnknown: OVH may have accepted a message, and the next try must reconcile.

    Source: POST ``/sms/{serviceName}/jobs``.
    """

    operator_extra_links = (RunReportLink(),)
    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared")
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        campaign: str,
        campaigns: str,
        prepared: dict[str, Any],
        quiet_period: timedelta = timedelta(minutes=2),
        reconcile_timeout: timedelta = timedelta(minutes=20),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, results_conn_id=results_conn_id, **kwargs
        )
        self.campaign = campaign
        self.campaigns = campaigns
        self.prepared = prepared

    @keeps_problem
    def execute(self, context: Context) -> dict[str, Any]:
        """Send the tests, or go on with those that an earlier try left."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.contacts.prepared_list import PreparedList
        from ovh_sms.contacts.preview.list_texts import notable_texts
        from ovh_sms.credits.rates import foreign_rates
        from ovh_sms.sending.campaign_tests import CampaignTestSends

        policy, file = self.policy(), self._file()
        numbers = self._numbers(file)
        if not numbers:
            self.log.info("the campaign file names no test receivers any more")
            return _counts([])
        with self.once() as store:
            prepared = PreparedList.from_xcom(self.prepared)
            campaign = self._campaign(context, store, file, prepared)
            self.send_as(campaign.content.get("user"))
            sends = CampaignTestSends(
                campaign=campaign,
                client=self.hook.client,
                store=store,
                task=self.task_try(context),
                policy=policy,
                clock=SystemClock(),
                rates=partial(foreign_rates, self.hook.client),
            )
            made = sends.run(notable_texts(prepared, campaign.content["message"]), numbers)
        self.record(context, lambda store, place: store.runs.failed(place[0], None))
        return _counts(made)

    def run_place(self, context: Context, store: Store) -> tuple[str | None, int | None]:
        """The run's list; no batch."""
        from ovh_sms.contacts.prepared_list import PreparedList

        ti = context["ti"]
        return store.runs.find_list_tag(ti.dag_id, ti.run_id, PreparedList.from_xcom(self.prepared).digest), None

    def _file(self) -> Campaign:
        """The campaign as its file says it now; its last good version if that is broken."""
        from ovh_sms.campaign.last_good_files import good_version

        todo = "Nothing was sent. Correct the file, then clear this task."
        return good_version(self.campaign, Path(self.campaigns), action=todo)

    def _numbers(self, file: Campaign) -> list[str]:
        from ovh_sms.sending.named_numbers import named_numbers

        options = file.list_options()
        return named_numbers(
            file.test_receivers or (),
            region=options.get("region", "FR"),
            also_accept=options.get("also_accept", ()),
            allow_fiction=self.hook.is_sandbox,
        )

    def _campaign(self, context: Context, store: Store, file: Campaign, prepared: PreparedList) -> CampaignToTest:
        from ovh_sms.messaging.message_check import as_sent
        from ovh_sms.sending.campaign_tests import CampaignToTest

        ti = context["ti"]
        published = store.published_lists.get(ti.dag_id, ti.run_id, prepared.digest)
        own = {
            "message": as_sent(file.message),
            "sender": file.sender,
            "sender_for_response": file.sender_for_response,
            "user": file.user,
            "stop_clause": file.marketing,
        }
        return CampaignToTest(
            name=self.campaign,
            content={**own, **(published.content if published else {})},
            invocation=f"{ti.dag_id}\x1f{ti.run_id}",
            dag_id=ti.dag_id,
            run_id=ti.run_id,
            by=started_by(context),
            begins=run_after(context),
        )


def _counts(made: Sequence[CampaignTest]) -> dict[str, Any]:
    return {
        "tests": len(made),
        "by_state": dict(Counter(each.state for each in made if each.state)),
        "credits_spent": sum(each.credits or 0.0 for each in made),
    }
