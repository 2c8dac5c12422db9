"""Fails with the error of an invalid file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.errors import CampaignFileError

if TYPE_CHECKING:
    from airflow.sdk import Context


class InvalidFileOperator(BaseOperator):
    """Show the error of an invalid file, so that it hides no other file.

    :param error: names the file and the field.
    :raises CampaignFileError: always.
    """

    ui_color = "#f8d7da"

    def __init__(self, *, error: str, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "retries": 0})
        self.error = error

    def execute(self, context: Context) -> None:
        """Fail with the file's error."""
        raise CampaignFileError(self.error)
