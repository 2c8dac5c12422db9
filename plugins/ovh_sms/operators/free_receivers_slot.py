"""Frees the receivers slot of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.task_context import task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context


class FreeReceiversSlotOperator(OvhSmsOperator):
    """Free the receivers slot of a batch once it is submitted.

    Frees every slot of the upload task: a killed upload may have left a second one, and a batch without those who
    opted out since is in a slot of its own. A slot that another campaign has taken since stays.

    Source: GET and DELETE ``/sms/{serviceName}/receivers/{slotId}``.

    :param receivers: output of :class:`~ovh_sms.operators.upload_receivers.UploadReceiversOperator`; ``None`` if it
        left none.
    :param prepared: the batch, which only labels a mapped task.
    :param upload_task_id: the task of the same run that uploaded; its slot is found by it if it left no output.
    :returns: whether a slot was freed.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "receivers", "prepared")

    def __init__(
        self,
        *,
        receivers: dict[str, Any] | None,
        prepared: dict[str, Any] | None = None,
        upload_task_id: str = "upload_receivers",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.receivers = receivers
        self.prepared = prepared
        self.upload_task_id = upload_task_id

    def execute(self, context: Context) -> bool:
        """Free the slot."""
        from ovh_sms.sending.receivers_slots import UploadedReceivers, free_slots, slot_name, upload_tag

        if self.receivers:
            uploaded = UploadedReceivers.from_xcom(self.receivers)
            tag = upload_tag(uploaded.description)
            self.send_as(uploaded.user)
        else:
            tag = task_tag(context, task_id=self.upload_task_id)
        name = slot_name(tag)
        with self.waiting_for_ovh():
            freed = free_slots(self.hook.client, name)
        self.log.info("freed slots=%s", ",".join(map(str, freed)) or "none: already free")
        return bool(freed)
