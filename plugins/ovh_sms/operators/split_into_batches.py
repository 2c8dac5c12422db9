"""One sending for each piece of a prepared list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, task_group

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.errors import ConfigurationError
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.upload_receivers import FreeReceiversSlotOperator, UploadReceiversOperator
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg


class SplitIntoBatchesOperator(BaseOperator):
    """List the pieces of a prepared list, over which upload and sending are expanded: one POST each.

    A list shorter than the campaign's ``batch_size`` is one piece.

    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`.
    :returns: the pieces, each of which stands for ``prepared`` in the operators that upload and send.
    :raises ConfigurationError: there are more pieces than Airflow maps over.
    """

    template_fields: Sequence[str] = ("prepared",)

    def __init__(self, *, prepared: dict[str, Any], **kwargs: Any) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        super().__init__(**kwargs)
        self.prepared = prepared

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """List the pieces."""
        from airflow.sdk import conf

        pieces: list[dict[str, Any]] = self.prepared["batches"]
        most = conf.getint("core", "max_map_length", fallback=1024)
        if len(pieces) > most:
            raise ConfigurationError(
                f"The prepared list is in {len(pieces)} pieces; Airflow maps over {most} at most.",
                action="Raise 'batch_size' in the campaign file, or max_map_length in Airflow. Nothing was sent.",
            )
        for piece in pieces:
            counts = piece["number"], piece["of"], piece["accepted"], piece["credits"]
            self.log.info("Sending %d of %d: %d receivers, %g credits", *counts)
        return pieces


def send_batches(pieces: XComArg, sending: Mapping[str, Any], **ovh: Any) -> None:
    """Plan upload → send → free for each piece of a prepared list; none waits for another.

    Makes the tasks ``upload_receivers``, ``send`` and ``free_receivers``, each mapped over the pieces.

    :param pieces: output of :class:`SplitIntoBatchesOperator`.
    :param sending: parameters of :class:`~ovh_sms.operators.send_job.SendJobOperator` that are the same for all.
    :param ovh: connection and account, for all operators.
    """
    number = "{{ task.prepared['number'] }} of {{ task.prepared['of'] }}"

    @task_group(group_id="pieces", prefix_group_id=False)
    def piece(prepared: Any) -> None:
        label = {"map_index_template": number, **ovh}
        upload = UploadReceiversOperator(task_id="upload_receivers", prepared=prepared, **label)
        receivers: Any = upload.output
        given = {"receivers": receivers, "prepared": prepared, **sending}
        send = SendJobOperator(task_id="send", outlets=[CAMPAIGN_SENT], **given, **label)
        free = FreeReceiversSlotOperator(task_id="free_receivers", receivers=receivers, **ovh)
        upload >> send >> free.as_teardown(setups=upload)

    piece.expand(prepared=pieces)
