"""Splits a prepared list into batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.errors import ConfigurationError
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context


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

        from ovh_sms.contacts.prepared_list import PreparedList

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
