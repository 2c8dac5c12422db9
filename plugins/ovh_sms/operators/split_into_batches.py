"""One sending for each piece of a prepared list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.errors import ConfigurationError
from ovh_sms.retry_policy import retry_policy

if TYPE_CHECKING:
    from airflow.sdk import Context


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
