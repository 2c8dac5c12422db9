"""Splits a prepared list into batches, and plans the tasks of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, task_group

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.errors import ConfigurationError
from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg


class SplitIntoBatchesOperator(BaseOperator):
    """List the batches of a prepared list; upload and submission are mapped over them, one POST each.

    A list shorter than the campaign's ``batch_size`` has one batch.

    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`.
    :returns: the batches, each for the parameter ``prepared`` of the operators that upload and send.
    :raises ConfigurationError: there are more batches than Airflow maps over.
    """

    template_fields: Sequence[str] = ("prepared",)

    def __init__(self, *, prepared: dict[str, Any], **kwargs: Any) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        super().__init__(**kwargs)
        self.prepared = prepared

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """List the batches."""
        from airflow.sdk import conf

        from ovh_sms.contacts.prepared import PreparedList

        batches = PreparedList.from_xcom(self.prepared).batches
        most = conf.getint("core", "max_map_length", fallback=1024)
        if len(batches) > most:
            raise ConfigurationError(
                f"The prepared list has {len(batches)} batches; Airflow maps over {most} at most. Nothing was sent.",
                action="Raise 'batch_size' in the campaign file, or max_map_length in Airflow.",
            )
        for each in batches:
            counts = each.batch, each.of, each.accepted, each.credits
            self.log.info("batch number=%d of=%d receivers=%d credits=%g", *counts)
        return [each.to_xcom() for each in batches]


def send_batches(batches: XComArg, send: Mapping[str, Any], **ovh: Any) -> None:
    """Plan upload → send → free for each batch of a prepared list; none waits for another.

    Makes the tasks ``upload_receivers``, ``send`` and ``free_receivers``, each mapped over the batches.

    :param batches: output of :class:`SplitIntoBatchesOperator`.
    :param send: parameters of :class:`~ovh_sms.operators.send_job.SendJobOperator` that all batches share.
    :param ovh: connection and account, for all operators.
    """
    number = "{{ task.prepared['batch'] }} of {{ task.prepared['of'] }}"

    @task_group(group_id="batches", prefix_group_id=False)
    def one_batch(prepared: Any) -> None:
        label = {"map_index_template": number, **ovh}
        upload = UploadReceiversOperator(task_id="upload_receivers", prepared=prepared, **label)
        receivers: Any = upload.output
        given = {"receivers": receivers, "prepared": prepared, **send}
        submission = SendJobOperator(task_id="send", outlets=[CAMPAIGN_SENT], **given, **label)
        free = FreeReceiversSlotOperator(task_id="free_receivers", receivers=receivers, **ovh)
        upload >> submission >> free.as_teardown(setups=upload)

    one_batch.expand(prepared=batches)
